"""Short forms that the sources themselves explain: "generative adversarial networks (GANs)".

Whoever asks for the one must find the other. A short form is taken only where its letters are the
first letters of the words before it, in order, with or without the little words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set

from embeddings.analyser import STOPWORDS, analyse

# Words that begin with the same so many letters are taken for forms of one word.
_PREFIX = 5

_SHORT = re.compile(r"(?<=[ -])\(([A-Z][A-Za-z]{1,8}?)s?\)")
# Words before it, read backwards from its bracket: each is parted from the next by a space or hyphens.
_WORDS_BEFORE = re.compile(r"(?:(?: |-++)[\w'’]*[^\W_]){2,16}")
_LOOKED_AT = 300  # characters
_WORD = re.compile(r"[^\W_]+")


def find_abbreviations(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the terms of the long form by the term of the short one, the first explanation first."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for match in _SHORT.finditer(text):
            long, short = _long_form(_before(text, match.start()), match[1]), analyse(match[1])
            if long and len(short) == 1:
                found.setdefault(short[0], tuple(analyse(long)))
    return found


def spell_out(terms: Sequence[str], abbreviations: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the terms, and after them what their short forms stand for, or the short forms they spell."""
    held = set(terms)
    more = [
        term
        for short, long in abbreviations.items()
        for term in ((short,) if held.issuperset(long) else long if short in held else ())
    ]
    return [*terms, *(term for term in dict.fromkeys(more) if term not in held)]


class Abbreviations:
    """Many short forms, of which few concern a text or a question."""

    def __init__(self, known: Mapping[str, tuple[str, ...]]) -> None:
        self._known = known
        self._order = {short: n for n, short in enumerate(known)}
        self._shorts: dict[str, list[str]] = {}
        self._beginnings: dict[str, list[str]] = {}
        for short, long in known.items():
            for term in {short, *long}:
                self._shorts.setdefault(term, []).append(short)
                self._beginnings.setdefault(term[:_PREFIX], []).append(short)

    def concerning(self, terms: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return those whose short form, or a word of whose long form, is among the terms."""
        return self._chosen({short for term in terms for short in self._shorts.get(term, ())})

    def alike(self, terms: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return those that concern the terms, or words that begin alike (5 letters)."""
        return self._chosen({short for term in terms for short in self._beginnings.get(term[:_PREFIX], ())})

    def _chosen(self, shorts: Set[str]) -> dict[str, tuple[str, ...]]:
        return {short: self._known[short] for short in sorted(shorts, key=self._order.__getitem__)}


def _before(text: str, end: int) -> str:
    """Return the words that stand right before a place."""
    found = _WORDS_BEFORE.match(text[max(end - _LOOKED_AT, 0) : end][::-1])
    return found[0][::-1] if found else ""


def _long_form(before: str, short: str) -> str:
    """Return the words before a short form whose initials it is, or nothing."""
    words = _WORD.findall(before)
    letters = short.casefold()
    for start in range(len(words) - 1, -1, -1):
        meant = [word for word in words[start:] if word.casefold() not in STOPWORDS]
        if letters in ("".join(word[0] for word in some).casefold() for some in (meant, words[start:])):
            return " ".join(words[start:])
    return ""


def explanation(text: str, short: str) -> int | None:
    """Return where in a text a short form is explained, or None."""
    for match in _SHORT.finditer(text):
        before = _before(text, match.start())
        if match[1].casefold() == short.casefold() and _long_form(before, match[1]):
            return match.start(1)
    return None
