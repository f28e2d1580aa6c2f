"""Words as they are counted: the analyser, and BM25 over its terms.

    "The C++ teams of Amazon’s time-series group won 5%"
    → c++ · team · amazon · time · seri · timeseri · group · won · 5 · percent

A term is an English stem, a number, a name with its signs (``c++``, ``.net``, ``4-5``), or one or two
neighbouring characters of a script written without spaces. A compound gives its parts and its whole,
so "GPT-4" finds both "GPT4" and "GPT 4". Passages and questions go through the same analyser.
"""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log1p
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Recall@1 / recall@5 / MRR@10 of BM25 alone on the 2,910 answerable questions of SQuAD 2.0 dev (its 646
# paragraphs with their titles), by k1 and b:
#         b .45               b .60               b .70               b .75
#    .7   .830 .951 .883      .832 .950 .884      .832 .951 .884      .833 .952 .885
#    .9   .830 .953 .884      .831 .953 .884      .832 .954 .884      .832 .954 .884
#   1.2   .827 .955 .882      .829 .953 .883      .829 .953 .883      .829 .953 .883
#   1.5   .821 .954 .879      .824 .953 .880      .825 .953 .880      .825 .952 .880
# Without stemming .812, without stopwords .822, compounds by their parts alone .827, without titles .829.
K1: Final = 0.9
B: Final = 0.7

# Function words of English, and the question words that say what is asked and never what about.
_FUNCTION_WORDS = """
    a about above after again against ain all also am an and any are aren as at be because been
    before being below between both but by can could couldn d did didn do does doesn doing don down
    during each either few for from further had hadn has hasn have haven having he her here hers
    herself him himself his how i if in into is isn it its itself just ll m many me might mightn
    more most much must mustn my myself needn neither no nor not now of off on once only or other
    our ours ourselves out over own re s same shall shan she should shouldn so some such t than that
    the their theirs them themselves then there these they this those through to too under until up
    upon ve very was wasn we were weren what whatever when where whether which while who whom whose
    why will with would wouldn y yet you your yours yourself yourselves
"""
STOPWORDS: Final = frozenset(_FUNCTION_WORDS.split())

# Scripts written without spaces: Han, kana, Hangul; Thai, Lao, Tibetan, Burmese, Khmer.
_UNSPACED = (
    "\u2e80-\u2fd5\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff\u0e00-\u0e4e\u0e80-\u0ecd\u0f40-\u0fbc\u1000-\u1049\u1780-\u17d3"
)
# Vowel signs and the like, which Python does not count as word characters.
_MARKS = "".join(chr(n) for n in range(0x300, 0xE00) if unicodedata.category(chr(n)) in {"Mn", "Mc"})
_WORD = rf"[^\W_{_UNSPACED}{_MARKS}]+(?:[{_MARKS}]+[^\W_{_UNSPACED}{_MARKS}]*)*"
# No two neighbouring parts of the pattern can match the same character, so it takes linear time.
_TOKEN = re.compile(
    rf"(?P<run>[{_UNSPACED}]+)"
    rf"|(?P<compound>(?:(?<![\w.])\.(?=[A-Za-z]))?{_WORD}(?:[-'./&_]{_WORD})*)(?P<sign>\+\+|\#(?!\w))?"
    r"|(?P<unit>[%$€£¥])"
)
_UNITS = {"%": "percent", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_SEPARATOR = re.compile(r"[-'/&_]|(?<!\d)\.|\.(?!\d)")  # the point of 3.5 parts nothing
_POSSESSIVE = re.compile(r"'s(?![^\W_])")
_INITIALS = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_])+")  # U.S, Ph.D; the last full stop is never matched
_CAPITALS = re.compile("[A-Z]{2,}")
_RANGE = re.compile(r"\d[-'/&_]\d")
_HYPHEN = re.compile("[-']")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECADE = re.compile(r"(?<=\d)s$")
# Chinese particles and question words: they say what is asked, and part the words around them.
_PARTICLE = re.compile(
    r"什么时候|什么地方|什么|甚麼|怎么|怎样|哪里|哪儿|哪些|哪个|多少|多久|为什么|为何|如何|是否|请问|[的了吗呢吧哪谁是在]"
)
_LONGEST_COMPOUND = 4  # parts; a web address is found by its parts alone
_ACCENT = re.compile("[\u0300-\u036f]+")
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ′`´＇", "'"),
        **dict.fromkeys("‐‑‒–—−－", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff™℠", ""),
        "⁄": "/",
    }
)


def analyse(text: str) -> list[str]:
    """Return the terms of a text in their order, repeats included."""
    import Stemmer

    words = list(_words(_plain(text)))
    # A stemmer is not safe to share between threads; a fresh one without a cache costs 0.2 µs.
    stems: list[str] = Stemmer.Stemmer("english", 0).stemWords(words)
    return stems


class BM25Index:
    """BM25 scores of a fixed list of passages, each given by its terms.

    The variant is Lucene's: idf is ``ln(1 + (N - n + 0.5) / (n + 0.5))``, never negative, and a term adds
    less than its idf, so a score divided by the idf of the question's terms is a share from 0 to 1.
    """

    def __init__(self, passages: Sequence[Sequence[str]], *, k1: float = K1, b: float = B) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells every handler of each build
        self._size = len(passages)
        # bm25s numbers terms by the order of a set, which changes with the process; sorted terms do not.
        self._numbers = {term: n for n, term in enumerate(sorted({t for terms in passages for t in terms}))}
        numbered = [[self._numbers[term] for term in terms] for terms in passages]
        counts = Counter(term for terms in passages for term in set(terms))
        self._vocabulary = MappingProxyType({term: counts[term] for term in self._numbers})
        self._bm25 = bm25s.BM25(k1=k1, b=b, method="lucene")
        if self._numbers:  # bm25s cannot index a corpus without a term
            self._bm25.index((numbered, self._numbers), create_empty_token=False, show_progress=False)

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """Return each term of the corpus with the number of passages that hold it."""
        return self._vocabulary

    def idf(self, term: str) -> float:
        """Return the weight of a term; one that no passage holds weighs most."""
        held = self._vocabulary.get(term, 0)
        return log1p((self._size - held + 0.5) / (held + 0.5))

    def score(self, terms: Sequence[str], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Score every passage, or those of ``rows``, in their order; one that shares no term scores 0.

        A term counts once, however often the question says it.
        """
        known = sorted({self._numbers[term] for term in terms if term in self._numbers})
        if known:
            scores: NDArray[np.float32] = self._bm25.get_scores_from_ids(known)
        else:
            scores = np.zeros(self._size, dtype=np.float32)
        return scores if rows is None else scores[rows]


def _plain(text: str) -> str:
    """Return a text with one form of each letter, quote and dash, without accents and thousands' commas."""
    text = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY)).translate(_TYPOGRAPHY)
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", _ACCENT.sub("", text)))


def _words(text: str) -> Iterator[str]:
    shouted = text == text.upper()
    for match in _TOKEN.finditer(text):
        if run := match["run"]:
            for piece in _PARTICLE.split(run):
                yield from piece
                yield from (piece[i : i + 2] for i in range(len(piece) - 1))
        elif unit := match["unit"]:
            yield _UNITS[unit]
        elif not shouted and _CAPITALS.fullmatch(match[0]):
            yield match[0].casefold()  # IT, US, WHO are names even where it, us, who are not
        else:
            yield from _compound(match["compound"].casefold(), sign=match["sign"] or "")


def _compound(compound: str, *, sign: str) -> Iterator[str]:
    """Yield the parts of a compound that mean something alone, then the whole."""
    compound = _POSSESSIVE.sub("", compound)
    parts = [_DECADE.sub("", part) for part in _SEPARATOR.split(compound) if part]
    parts[-1] += sign
    if _INITIALS.fullmatch(compound):
        yield compound.replace(".", "")
        return
    meaningful = [part for part in parts if part not in STOPWORDS]
    yield from meaningful
    if "'" in compound and len(meaningful) < len(parts):
        return  # don't, we'll
    if compound.startswith("."):
        yield compound + sign
    elif 1 < len(parts) <= _LONGEST_COMPOUND:
        yield (compound if _RANGE.search(compound) else _HYPHEN.sub("", compound)) + sign
