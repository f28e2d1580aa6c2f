"""Misspelt words of a question, put right by the words of the sources.

A word is misspelt if neither the sources nor an English dictionary know it; then it becomes the
nearest word of the sources, if one is near enough. So a word that is spelt correctly is never touched:
"painted" stays, even where the sources only say "printed".
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from qa.lexical import analyse
from qa.reading import Reading

if TYPE_CHECKING:
    from spellchecker import SpellChecker

# Shorter words have too many neighbours; in longer ones two slips still tell which word was meant.
_SHORTEST = 5
_TWO_SLIPS = 8
# Each word that nobody knows is compared with all of the sources: a text of more words stays as it is.
_MOST_WORDS = 100
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z\u00c0-\u024f]+", re.IGNORECASE)


def corrected(question: str, reading: Reading) -> str:
    """Return the question with its misspelt words replaced; unchanged where nothing is near."""
    if len(_WORD.findall(question)) > _MOST_WORDS:
        return question
    return _WORD.sub(lambda match: _corrected_word(match.group(), reading), question)


def _corrected_word(word: str, reading: Reading) -> str:
    if len(word) < _SHORTEST or not _LATIN.fullmatch(word):
        return word
    if reading.knows(word) or word.casefold() in _dictionary():
        return word
    nearest = _nearest(analyse(word)[0], reading, slips=2 if len(word) >= _TWO_SLIPS else 1)
    return reading.spelt(nearest) if nearest else word


def _nearest(term: str, reading: Reading, *, slips: int) -> str:
    """Return the term of the sources that is fewest slips away, the most frequent of equals; or none."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    vocabulary = reading.retriever.lexical.vocabulary
    near = process.extract(
        term, reading.alphabetic_terms, scorer=OSA.distance, score_cutoff=slips, limit=None
    )
    alike = [(slip, -vocabulary[found], found) for found, slip, _ in near if found[0] == term[0]]
    return min(alike)[2] if alike else ""


@lru_cache(maxsize=1)
def _dictionary() -> "SpellChecker":
    from spellchecker import SpellChecker  # its word list costs a start what only an unknown word needs

    return SpellChecker(language="en")
