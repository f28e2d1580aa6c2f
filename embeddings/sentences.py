"""Where sentences begin and end, in any language, as spans.

Segmentation is sentencex (Wikimedia's, for some 250 languages). It takes every ``.`` before a capital
for an end, so what it cuts inside a word (``.NET``) is put together again, and the Chinese ``；``,
which it does not know as an end, is added.
"""

import re
from collections.abc import Iterator

from embeddings.corpus import Span

# A paragraph is read in stretches of so many characters: on some signs ("``", "<?", an open “) sentencex
# takes time that grows with the square of their number.
_STRETCH = 8_000
# Letters and digits of a sentence, at least.
_LEAST = 2
# How much of what stands before decides whether a sentence ends there.
_TAIL = 16
_MORE_ENDS = re.compile(r"(?<=；)")
# "4. Juli": a day of the month is written so in German, and in its neighbours' languages.
_DAY = re.compile(r"\b\d{1,2}\.\s*$")
_MONTH = re.compile(
    r"(?:jan|feb|mär|mar|apr|mai|maj|jun|jul|aug|sep|okt|nov|dez|des|dec)[^\W\d]*\b", re.IGNORECASE
)


def sentence_spans(text: str, within: Span, *, lines: bool = False) -> list[Span]:
    """Return the sentences of ``text[within.start:within.end]``, in order, without their edge spaces.

    With ``lines``, each line is one: rows of a table, lines of code.
    """
    part = text[within.start : within.end]
    pieces = part.splitlines(keepends=True) if lines else _joined(_segments(part))
    spans = []
    offset = within.start
    for piece in pieces:
        start = offset + len(piece) - len(piece.lstrip())
        end = offset + len(piece.rstrip())
        offset += len(piece)
        if any(character.isalnum() for character in text[start:end]):
            spans.append(Span(start, end))
    return spans


def _segments(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        found = _segmented(text[start : start + _STRETCH])
        if start + _STRETCH < len(text) and len(found) > 1:
            found.pop()  # it goes on in the next stretch
        for segment in found:
            yield from (piece for piece in _MORE_ENDS.split(segment) if piece)
            start += len(segment)


def _segmented(text: str) -> list[str]:
    import sentencex  # costs a start what only splitting needs

    found = [segment for segment in sentencex.segment("en", text) if segment]
    return found if sum(map(len, found)) == len(text) else [text]


def _joined(segments: Iterator[str]) -> list[str]:
    """Put together what was cut inside a word, or is too little to be a sentence ("1.", "”)")."""
    joined: list[list[str]] = []
    before, signs = "", 0
    for segment in segments:
        if joined and (
            signs < _LEAST or _cut_inside_word(before, segment) or _cut_inside_date(before, segment)
        ):
            joined[-1].append(segment)
            before, signs = (before + segment)[-_TAIL:], signs + _signs(segment)
        else:
            joined.append([segment])
            before, signs = segment[-_TAIL:], _signs(segment)
    if len(joined) > 1 and signs < _LEAST:
        last = joined.pop()
        joined[-1] += last
    return ["".join(pieces) for pieces in joined]


def _cut_inside_date(before: str, after: str) -> bool:
    return _DAY.search(before) is not None and _MONTH.match(after) is not None


def _cut_inside_word(before: str, after: str) -> bool:
    return before[-1] in ".!?" and after[0].isascii() and after[0].isalnum()


def _signs(segment: str) -> int:
    return sum(character.isalnum() for character in segment)
