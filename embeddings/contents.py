"""The parts of a generation numbered through: its documents and passages, each made when it is looked at."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt

from embeddings.columns import Columns, ranges
from embeddings.corpus import Document, Passage
from embeddings.part import Part, digest64, starts_of
from embeddings.quantised import Rows
from embeddings.remembering import remembered

Wordings: TypeAlias = npt.NDArray[np.uint64]

# Documents kept as objects once they were looked at.
_REMEMBERED = 1024


@dataclass(frozen=True)
class Contents:
    """Documents, passages and sentences of all parts, each counted from 0.

    ``directory`` holds the documents' and the passages' digests, sorted, with their numbers.
    """

    parts: tuple[Part, ...]
    directory: Columns

    @cached_property
    def first_document(self) -> Rows:
        """Number of each part's first document, and, last, the count of all: shape (parts + 1,)."""
        return starts_of([part.documents for part in self.parts])

    @cached_property
    def first_passage(self) -> Rows:
        """Row of each part's first passage, and, last, the count of all: shape (parts + 1,)."""
        return starts_of([part.passages for part in self.parts])

    @cached_property
    def first_sentence(self) -> Rows:
        """Row of each part's first sentence, and, last, the count of all: shape (parts + 1,)."""
        return starts_of([part.sentences for part in self.parts])

    @cached_property
    def documents(self) -> "Documents":
        """The documents by their ids, in order."""
        return Documents(self.parts, self.directory, self.first_document)

    @cached_property
    def passages(self) -> "Passages":
        """All passages, in the order of their documents."""
        return Passages(self.parts, self.first_passage, self.documents)

    @cached_property
    def metadata_keys(self) -> frozenset[str]:
        """The metadata keys that any document has."""
        keys = (bytes(part.columns["key"]).decode().split("\n")[:-1] for part in self.parts)
        return frozenset().union(*keys)

    @cached_property
    def _first_passages(self) -> list[int]:
        rows: list[int] = self.first_passage.tolist()
        return rows

    def part_of(self, row: int) -> tuple[int, int]:
        """Return the number of the part that holds a passage, and the passage's row there."""
        number = bisect_right(self._first_passages, row) - 1
        return number, row - self._first_passages[number]

    def passage_id(self, row: int) -> int:
        """Return a passage's id, without making the passage."""
        number, own = self.part_of(row)
        return int(self.parts[number].columns["ids"][own])

    def wordings(self, rows: Rows) -> Wordings:
        """Return for each passage 64 bits that are the same for those that repeat it word for word."""
        found: Wordings = self._wordings[rows]
        return found

    def document_of(self, row: int) -> int:
        """Return the number of the document that a passage stands in."""
        part, own = self.part_of(row)
        return int(self.first_document[part]) + self.parts[part].document_of(own)

    def sentences_of(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the rows of these passages' sentences, passage by passage, and how many each has."""
        starts = self._sentence_edges[rows]
        counts = self._sentence_edges[rows + 1] - starts
        return ranges(starts, counts), counts

    def passages_of_sentences(self, rows: Rows) -> Rows:
        """Return the row of the passage that each of the sentences stands in."""
        return self._sentence_edges.searchsorted(rows, side="right") - 1

    @cached_property
    def _wordings(self) -> Wordings:
        return np.concatenate([np.empty(0, np.uint64), *(part.columns["wordings"] for part in self.parts)])

    @cached_property
    def _sentence_edges(self) -> Rows:
        edges = [part.columns["sentence_edges"] for part in self.parts]
        shifted = [own[1:] + first for own, first in zip(edges, self.first_sentence.tolist(), strict=False)]
        return np.concatenate([np.zeros(1, np.int64), *shifted])

    def rows_of(self, document_id: str) -> range:
        """Return the rows of a document's passages; none where there is no such document."""
        number = self.documents.number(document_id)
        if number < 0:
            return range(0)
        part = int(self.first_document.searchsorted(number, side="right")) - 1
        own = self.parts[part].passages_of(number - int(self.first_document[part]))
        first = int(self.first_passage[part])
        return range(first + own.start, first + own.stop)

    def row_of(self, document_id: str, passage_id: int) -> int:
        """Return the row of a document's passage, or -1."""
        rows = self.rows_of(document_id)
        return next((row for row in rows if self.passage_id(row) == passage_id), -1)

    def repeats(self, row: int) -> list[int]:
        """Return the rows of the passages that repeat this one word for word, its own among them."""
        number, own = self.part_of(row)
        digest = self.parts[number].columns["wordings"][own]
        wordings = self.directory["wordings"]
        first, last = (int(wordings.searchsorted(digest, side=side)) for side in ("left", "right"))
        rows: list[int] = self.directory["wording_rows"][first:last].tolist()
        return rows


class Documents(Mapping[str, Document]):
    """The documents by their ids, each made when it is looked at."""

    def __init__(self, parts: Sequence[Part], directory: Columns, firsts: Rows) -> None:
        self._parts = parts
        self._directory = directory
        self._firsts = firsts
        self._made = remembered(self._make, most=_REMEMBERED)

    def number(self, document_id: str) -> int:
        """Return a document's place in the order of all, or -1."""
        digest = np.uint64(digest64(document_id))
        first = int(np.searchsorted(self._directory["identities"], digest))
        if first == len(self) or self._directory["identities"][first] != digest:
            return -1
        return int(self._directory["identity_rows"][first])

    def at(self, number: int) -> Document:
        """Return the document at a place in the order of all."""
        return self._made(number)

    def __getitem__(self, document_id: str) -> Document:
        """Return the document of an id."""
        number = self.number(document_id)
        if number < 0:
            raise KeyError(document_id)
        return self._made(number)

    def __iter__(self) -> Iterator[str]:
        """Yield the ids in order."""
        return (part.identity(n) for part in self._parts for n in range(part.documents))

    def __len__(self) -> int:
        """Return how many documents there are."""
        return int(self._firsts[-1])

    def values(self) -> ValuesView[Document]:
        """Return the documents in order."""
        return _InOrder(self)

    def _make(self, number: int) -> Document:
        part = int(self._firsts.searchsorted(number, side="right")) - 1
        return self._parts[part].document(number - int(self._firsts[part]))

    def of(self, part: int, number: int) -> Document:
        """Return a part's own document."""
        return self._made(int(self._firsts[part]) + number)


class _InOrder(ValuesView[Document]):
    """Documents by their numbers, which no id has to be looked up for."""

    _mapping: Documents

    def __iter__(self) -> Iterator[Document]:
        return map(self._mapping.at, range(len(self._mapping)))


class Passages(Sequence[Passage]):
    """The passages, each made when it is looked at."""

    def __init__(self, parts: Sequence[Part], firsts: Rows, documents: Documents) -> None:
        self._parts = parts
        self._firsts: list[int] = firsts.tolist()
        self._documents = documents

    @overload
    def __getitem__(self, row: int) -> Passage: ...
    @overload
    def __getitem__(self, row: slice) -> "tuple[Passage, ...]": ...
    def __getitem__(self, row: int | slice) -> "Passage | tuple[Passage, ...]":
        """Return the passage of a row."""
        if isinstance(row, slice):
            return tuple(self[n] for n in range(*row.indices(len(self))))
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        number = bisect_right(self._firsts, row) - 1
        part, own = self._parts[number], row - self._firsts[number]
        return part.passage(own, document_id=self._documents.of(number, part.document_of(own)).id)

    def __len__(self) -> int:
        """Return how many passages there are."""
        return self._firsts[-1]

    def __eq__(self, other: object) -> bool:
        """Tell whether the same passages stand in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]
