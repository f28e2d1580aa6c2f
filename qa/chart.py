"""A map of the corpus: passages as points in the two directions in which their vectors differ most.

The directions are the first two principal components, computed once a generation of the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Vectors
from embeddings.quantised import QuantisedRows
from embeddings.snapshot import Snapshot
from qa.answer import Hit

# More points than this cover each other on a screen, and a browser takes a second to draw them.
MOST: Final = 2_000
_GLIMPSE: Final = 160

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """A passage on the map: where, which document's, and how its text begins. ``rank`` is a hit's."""

    x: float
    y: float
    document_id: str
    title: str
    text: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """The map: points evenly taken from ``total`` passages, and a question among them with its hits."""

    points: tuple[Point, ...]
    total: int
    question: tuple[float, float] | None = None
    hits: tuple[Point, ...] = ()


class Plane:
    """A snapshot's vectors laid flat. Never changes; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._vectors = QuantisedRows.of(
            [part.vectors for part in snapshot.parts], dimension=snapshot.card.dimension
        )
        self.total = len(self._vectors)
        rows = np.linspace(0, self.total - 1, min(MOST, self.total)).round().astype(np.int64)
        found = self._vectors.vectors(rows).astype(np.float64)
        self._mean = found.mean(axis=0)
        self._axes = principal_axes(found - self._mean)
        self.points = self._points(rows)

    def chart(self, question: Vectors | None, hits: Sequence[Hit]) -> Chart:
        """Return the map, with a question's unit vector and what was found for it."""
        if question is None:
            return Chart(self.points, self.total)
        x, y = self._place(question[None].astype(np.float64))[0].tolist()
        ranks = [(row, hit.rank) for hit in hits if (row := self._row(hit)) is not None]
        found = self._points(np.array([row for row, _ in ranks], dtype=np.int64), [rank for _, rank in ranks])
        return Chart(self.points, self.total, (x, y), found)

    def _points(self, rows: npt.NDArray[np.int64], ranks: Sequence[int] = ()) -> tuple[Point, ...]:
        if not len(rows):
            return ()
        places = self._place(self._vectors.vectors(rows).astype(np.float64)).tolist()
        return tuple(
            self._point(row, x, y, ranks[number] if ranks else 0)
            for number, (row, (x, y)) in enumerate(zip(rows.tolist(), places, strict=True))
        )

    def _point(self, row: int, x: float, y: float, rank: int) -> Point:
        passage = self._snapshot.passages[row]
        document = self._snapshot.documents[passage.document_id]
        text = " ".join(document.text[passage.start : passage.start + 2 * _GLIMPSE].split())
        end = min(passage.end - passage.start, _GLIMPSE)
        return Point(x, y, document.id, document.title, text[:end], rank)

    def _row(self, hit: Hit) -> int | None:
        rows = self._snapshot.rows_of(hit.document_id)
        return next((row for row in rows if self._snapshot.passage_id(row) == hit.passage_id), None)

    def _place(self, vectors: Numbers) -> Numbers:
        # A matrix product rounds a row by how many there are, and a hit would stand beside its own point.
        placed: Numbers = ((vectors - self._mean)[:, None, :] * self._axes.T).sum(axis=-1)
        return placed


def principal_axes(centred: Numbers) -> Numbers:
    """Return the two directions in which the rows differ most: shape (dimension, 2).

    A direction's largest component is positive, so that the same rows give the same picture.
    """
    _, found = np.linalg.eigh(centred.T @ centred)
    axes: Numbers = found[:, [-1, -2]]
    largest = np.abs(axes).argmax(axis=0)
    return axes * np.sign(axes[largest, [0, 1]])
