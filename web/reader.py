"""A whole document as it can be read, opened at a place: the marked span and the text around it, as HTML.

Every character of the text stands where it stood, escaped, so the mark is exact: it is drawn by offsets,
and only where the text there is still what was quoted.
"""

import hashlib
import re
from html import escape

from embeddings.corpus import Document
from web.english import ENGLISH
from web.words import Words

# Of a longer document, so many characters are drawn, around the place: a browser takes a second for more.
_LONGEST = 200_000
_HEADING = re.compile(r"(#{1,6} +)(\S.*)")
_QUOTATION = re.compile(r"(?:> ?)+")


def digest_of(text: str) -> str:
    """Return a short digest, by which the reader knows the quoted words again."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def reader(
    document: Document, words: Words = ENGLISH, *, start: int = 0, end: int = 0, digest: str = ""
) -> str:
    """Return the document, with its characters ``start`` to ``end`` marked if they have that digest."""
    held = 0 <= start < end <= len(document.text) and digest_of(document.text[start:end]) == digest
    notes = []
    if held:
        notes.append(words.place.format(f"{start:,}", f"{end:,}"))
    elif end:
        notes.append(words.edited)
    if document.stale:
        notes.append(words.stale)
    middle = (start + end) // 2 if held else 0
    first = max(0, min(middle - _LONGEST // 2, len(document.text) - _LONGEST))
    last = first + _LONGEST
    if len(document.text) > _LONGEST:
        notes.append(words.cut)
    body = _lines(document.text, first, last, (start, end) if held else (-1, -1))
    said = "".join(f'<p class="fn-small">{escape(note)}</p>' for note in notes)
    return dialog(
        document.title, document.source, f'{said}<div class="fn-text" dir="auto">{body}</div>', words
    )


def removed(document_id: str, words: Words = ENGLISH) -> str:
    """Return what is shown of a document that is no longer there."""
    return dialog(document_id, "", f'<p class="fn-small">{escape(words.removed)}</p>', words)


def dialog(title: str, source: str, body: str, words: Words) -> str:
    """Return a dialog that ``page.js`` shows; ``body`` is HTML."""
    file = f'<p class="fn-source"><bdi>{escape(source)}</bdi></p>' if source else ""
    return (
        f'<dialog class="fn-reader" aria-labelledby="fn-reading"><header><div>'
        f'<h2 id="fn-reading" dir="auto">{escape(title)}</h2>{file}</div>'
        f'<button type="button" class="fn-close" data-close>{escape(words.close)}</button></header>'
        f'<div class="fn-page" tabindex="0" role="region" aria-label="{escape(words.document)}">'
        f"{body}</div></dialog>"
    )


def _lines(text: str, first: int, last: int, place: tuple[int, int]) -> str:
    pieces = []
    position = first
    for line in text[first:last].splitlines(keepends=True):
        pieces.append(_line(line, place[0] - position, place[1] - position))
        position += len(line)
    return "".join(pieces)


def _line(line: str, start: int, end: int) -> str:
    """Return a line with its characters ``start`` to ``end`` marked, as far as it has them."""
    if heading := _HEADING.match(line):
        sign = len(heading[1])
        level = min(6, len(heading[1].strip()) + 2)
        words = line[sign:].rstrip("\n")
        return (
            f'<span class="fn-sign">{_marked(line[:sign], start, end)}</span>'
            f'<span class="fn-heading" role="heading" aria-level="{level}">'
            f"{_marked(words, start - sign, end - sign)}</span>{line[sign + len(words) :]}"
        )
    sign = found.end() if (found := _QUOTATION.match(line)) else 0
    before = f'<span class="fn-sign">{_marked(line[:sign], start, end)}</span>' if sign else ""
    return f"{before}{_marked(line[sign:], start - sign, end - sign)}"


def _marked(text: str, start: int, end: int) -> str:
    start, end = max(0, start), min(len(text), end)
    if start >= end:
        return escape(text)
    return f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"
