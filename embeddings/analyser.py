"""Words as they are counted: the terms of a text.

    "The C++ teams of Amazon’s time-series group won 5%"
    → c++ · team · amazon · time · seri · timeseri · group · won · 5 · percent

A term is an English stem, a number, a name with its signs (``c++``, ``.net``, ``4-5``), or one or two
neighbouring characters of a script written without spaces. A compound gives its parts and its whole,
so "GPT-4" finds both "GPT4" and "GPT 4". Passages and questions go through the same analyser.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# Part of the manifest: raise it when the same text would give other terms.
ANALYSER_VERSION: Final = 1

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
_WORD = rf"[^\W_{_UNSPACED}{_MARKS}]++(?:[{_MARKS}]++[^\W_{_UNSPACED}{_MARKS}]*+)*+"
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
