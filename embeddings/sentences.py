"""Where sentences begin and end, in any language, as spans.

Segmentation is sentencex (Wikimedia's, for some 250 languages). It takes every ``.`` before a capital
for an end, so what it cuts inside a word (``.NET``) is put together again, and the Chinese ``；``,
which it does not know as an end, is added.
"""

import re
from collections.abc import Iterator

from embeddings.corpus import Span

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
    import sentencex  # costs a start what only splitting needs

    for segment in sentencex.segment("en", text):
        yield from (piece for piece in _MORE_ENDS.split(segment) if piece)


def _joined(segments: Iterator[str]) -> list[str]:
    """Put together what was cut inside a word, or is too little to be a sentence ("1.", "”)")."""
    joined: list[str] = []
    for segment in segments:
        if joined and (
            _cut_inside_word(joined[-1], segment)
            or _cut_inside_date(joined[-1], segment)
            or _is_scrap(joined[-1])
        ):
            joined[-1] += segment
        else:
            joined.append(segment)
    if len(joined) > 1 and _is_scrap(joined[-1]):
        joined[-2:] = [joined[-2] + joined[-1]]
    return joined


def _cut_inside_date(before: str, after: str) -> bool:
    return _DAY.search(before) is not None and _MONTH.match(after) is not None


def _cut_inside_word(before: str, after: str) -> bool:
    return before[-1] in ".!?" and after[0].isascii() and after[0].isalnum()


def _is_scrap(segment: str) -> bool:
    return sum(character.isalnum() for character in segment) < 2
