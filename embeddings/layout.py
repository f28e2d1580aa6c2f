"""Documents in their order → parts: those of the snapshot before where nothing changed, and new ones.

A part begins at a document that says so by itself (``begins_part``), so an edit moves no border but
its own, and an incremental refresh and a clean build make the same parts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from embeddings.assembly import Piece, cut, joined, piece_of
from embeddings.columns import Columns
from embeddings.contents import Contents
from embeddings.corpus import Document, Passage
from embeddings.encoder import Vectors
from embeddings.part import Part, begins_part, digest64


@dataclass(frozen=True, slots=True)
class Split:
    """A new document, and its passages."""

    document: Document
    passages: tuple[Passage, ...]


# Documents in order: numbers of the snapshot before, or new ones.
Stretch: TypeAlias = "range | Sequence[Split]"
# Returns each passage's vectors: its own in row 0, and then its sentences'.
Encode: TypeAlias = Callable[[Sequence[Split]], list[Vectors]]


@dataclass(slots=True)
class _Draft:
    """A part in the making: documents ``first`` to ``last`` of an older part, or new ones."""

    stretches: list[tuple[Part, int, int] | list[Split]] = field(default_factory=list)

    def finished(self, encode: Encode, dimension: int) -> Part | Columns:
        only = self.stretches[0] if len(self.stretches) == 1 else None
        if isinstance(only, tuple) and only[1:] == (0, only[0].documents):
            return only[0]
        return joined([self._piece(stretch, encode, dimension) for stretch in self.stretches])

    def _piece(self, stretch: tuple[Part, int, int] | list[Split], encode: Encode, dimension: int) -> Piece:
        if isinstance(stretch, tuple):
            return cut(*stretch)
        documents = [each.document for each in stretch]
        passages = [each.passages for each in stretch]
        return piece_of(documents, passages, encode(stretch), dimension=dimension)


def layout(
    stretches: Sequence[Stretch], before: Contents | None, *, encode: Encode, dimension: int
) -> Iterator[Part | Columns]:
    """Yield the parts of some documents in order; a part that was there before is the same object."""
    draft = _Draft()
    for stretch in stretches:
        for begins, piece in _pieces(stretch, before):
            if begins and draft.stretches:
                yield draft.finished(encode, dimension)
                draft = _Draft()
            last = draft.stretches[-1] if draft.stretches else None
            if isinstance(piece, list) and isinstance(last, list):
                last += piece
            elif (
                isinstance(piece, tuple)
                and isinstance(last, tuple)
                and (last[0], last[2]) == (piece[0], piece[1])
            ):
                draft.stretches[-1] = (last[0], last[1], piece[2])
            else:
                draft.stretches.append(piece)
    if draft.stretches:
        yield draft.finished(encode, dimension)


def _pieces(
    stretch: Stretch, before: Contents | None
) -> Iterator[tuple[bool, tuple[Part, int, int] | list[Split]]]:
    """Yield a stretch cut where parts begin, and whether each piece begins one."""
    if not isinstance(stretch, range):
        identities = np.array([digest64(each.document.id) for each in stretch], dtype=np.uint64)
        begins = begins_part(identities, np.array([len(each.passages) for each in stretch]))
        yield from ((bool(begins[n]), [each]) for n, each in enumerate(stretch))
        return
    if before is None:
        raise ValueError("documents of a snapshot that is not there")
    for number in range(len(before.parts)):
        first, last = before.first_document[number : number + 2].tolist()
        a, b = max(stretch.start, first) - first, min(stretch.stop, last) - first
        if a >= b:
            continue
        part = before.parts[number]
        columns = part.columns
        begins = begins_part(columns["identities"][a:b], np.diff(columns["passage_edges"][a : b + 1]))
        cuts = sorted({a, *(a + np.flatnonzero(begins)).tolist()})
        for start, end in zip(cuts, [*cuts[1:], b], strict=True):
            yield bool(begins[start - a]), (part, start, end)
