"""Vectors in a quarter of their size, and in a thirty-second of it.

    levels   int8, -127 to 127: a row's components over its largest one
    scales   float32: what a row's levels are multiplied by
    codes    one bit a component: whether it is above zero

A cosine from levels is off by some .0004 at 384 dimensions. Codes only tell which rows are worth a cosine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from embeddings.columns import Array
from embeddings.encoder import Vectors

Rows = npt.NDArray[np.int64]


def quantise(vectors: Vectors) -> tuple[Array, Array, Array]:
    """Return the levels, scales and codes of some rows: shapes (rows, d), (rows,), (rows, ⌈d / 8⌉)."""
    largest = np.abs(vectors).max(axis=1, initial=1e-12)
    scales = (largest / 127).astype(np.float32)
    levels = np.rint(vectors / scales[:, None]).astype(np.int8)
    return levels, scales, np.packbits(levels > 0, axis=1)


@dataclass(frozen=True)
class QuantisedRows:
    """Rows that lie in several blocks, numbered through. Each block is (levels, scales, codes)."""

    blocks: Sequence[tuple[Array, Array, Array]]
    starts: Rows
    dimension: int

    @classmethod
    def of(cls, blocks: Sequence[tuple[Array, Array, Array]], *, dimension: int) -> "QuantisedRows":
        """Return the rows of all blocks."""
        starts = np.concatenate([[0], np.cumsum([len(block[1]) for block in blocks])]).astype(np.int64)
        return cls(blocks, starts, dimension)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return int(self.starts[-1])

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows with the query."""
        levels = np.empty((len(rows), self.dimension), dtype=np.int8)
        scales = np.empty(len(rows), dtype=np.float32)
        order = np.argsort(rows, kind="stable")
        start = 0
        for (own, own_scales, _), here in self._in_blocks(rows[order]):
            end = start + len(here)
            own.take(here, axis=0, out=levels[start:end], mode="clip")  # other modes buffer
            own_scales.take(here, out=scales[start:end], mode="clip")
            start = end
        found = np.empty(len(rows), dtype=np.float32)
        # Row by row: a product of matrices wakes other cores, and a row's last bits depend on the others.
        found[order] = np.vecdot(levels.astype(np.float32), query) * scales
        return found

    def vectors(self, rows: Rows) -> Vectors:
        """Return the rows as float32: shape (rows, dimension)."""
        found = np.empty((len(rows), self.dimension), dtype=np.float32)
        order = np.argsort(rows, kind="stable")
        pieces = [
            levels[here] * scales[here, None] for (levels, scales, _), here in self._in_blocks(rows[order])
        ]
        found[order] = np.concatenate(pieces) if pieces else found
        return found

    def codes(self, rows: Rows) -> Array:
        """Return the codes of the rows: shape (rows, ⌈dimension / 8⌉)."""
        found = np.empty((len(rows), -(-self.dimension // 8)), dtype=np.uint8)
        order = np.argsort(rows, kind="stable")
        pieces = [codes[here] for (_, _, codes), here in self._in_blocks(rows[order])]
        found[order] = np.concatenate(pieces) if pieces else found
        return found

    def _in_blocks(self, ordered: Rows) -> Iterator[tuple[tuple[Array, Array, Array], Rows]]:
        """Yield each block that holds some of the ordered rows, and their numbers in it."""
        cuts = ordered.searchsorted(self.starts).tolist()
        for number, (start, end) in enumerate(pairwise(cuts)):
            if start < end:
                yield self.blocks[number], ordered[start:end] - self.starts[number]
