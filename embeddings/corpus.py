r"""The nouns of a corpus: spans, documents, passages.

Text is never copied, only pointed at: a document's text is normalised once (NFC, ``\n`` line ends),
and passages, sentences and citations are character offsets into it.

    Document   one record of a source file: its text and what its front matter says of it
    Passage    a span of a document that is embedded and found as one; it holds its sentences' spans
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

MetadataValue: TypeAlias = str | int | float | bool | tuple[str, ...]
Metadata: TypeAlias = Mapping[str, MetadataValue]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``start`` to ``end`` (excluded) of a document's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span is never empty or negative: {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Document:
    """One record of a source file.

    ``id`` is the file's POSIX path below the data folder; where a file holds many records it is
    ``path#record``. ``sections`` are the headings that run inside the text's own lines.
    ``stale`` marks the last good version of a file that can no longer be read.
    """

    id: str
    source: str
    title: str
    text: str
    metadata: Metadata = field(default_factory=dict)
    sections: tuple[str, ...] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document that is found as one.

    ``headings`` is the path from the outermost heading down. ``sentences`` are in text order, lie
    within the span and do not overlap.
    """

    id: int
    document_id: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    sentences: tuple[Span, ...] = ()


def heading_path(title: str, headings: tuple[str, ...]) -> str:
    """Return title and headings as one line, a heading that repeats its forerunner left out."""
    path: list[str] = []
    for heading in (title, *headings):
        if heading and (not path or heading != path[-1]):
            path.append(heading)
    return " > ".join(path)


def normalise(text: str) -> str:
    r"""Return the one form of a text that every offset counts in: NFC, ``\n``, no byte-order mark."""
    return unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
