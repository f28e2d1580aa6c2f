"""Short forms that the sources themselves explain: "generative adversarial networks (GANs)".

Whoever asks for the one must find the other. A short form is taken only where its letters are the
first letters of the words before it, in order, with or without the little words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from qa.lexical import STOPWORDS, analyse

_EXPLAINED = re.compile(r"((?:[^\W_][\w'’-]*[ -]){2,8})\(([A-Z][A-Za-z]{1,8}?)s?\)")
_WORD = re.compile(r"[^\W_]+")


def find_abbreviations(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the terms of the long form by the term of the short one, the first explanation first."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for match in _EXPLAINED.finditer(text):
            long, short = _long_form(match[1], match[2]), analyse(match[2])
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
    for match in _EXPLAINED.finditer(text):
        if match[2].casefold() == short.casefold() and _long_form(match[1], match[2]):
            return match.start(2)
    return None
