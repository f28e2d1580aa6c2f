"""Vectors → nearest neighbours. The only door to FAISS.

Flat inner product over unit rows: exact cosine. It is rebuilt whole for each generation (100,000 rows
of 384 take about 0.1 s), so that an incremental refresh and a clean build are the same index.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Vectors

if TYPE_CHECKING:
    import faiss

Rows = npt.NDArray[np.int64]


class IndexBackend(Protocol):
    """What a search asks of an index whose rows are numbered as they were built."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def search(self, query: Vectors, k: int, *, within: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return up to k rows and their cosines, best first, equal ones by row."""

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows."""


class FlatIndex:
    """An exact FAISS index. Rows are unit float32 vectors, numbered from 0."""

    def __init__(self, index: "faiss.Index") -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "FlatIndex":
        """Return an index of the rows, in order: shape (rows, dimension)."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def read(cls, file: Path) -> "FlatIndex":
        """Return the index that was written to a file, whose digest the caller has checked."""
        import faiss

        return cls(faiss.read_index(str(file)))

    def write(self, file: Path) -> None:
        """Write the index to a file."""
        import faiss

        faiss.write_index(self._index, str(file))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of a row."""
        return int(self._index.d)

    def search(self, query: Vectors, k: int, *, within: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return up to k rows and their cosines, best first, equal ones by row.

        ``within`` limits the search to these rows before it begins, so that k of them are found.
        """
        import faiss

        parameters = None
        if within is not None:
            selector = faiss.IDSelectorBatch(within)  # FAISS holds no reference to it: it must live here
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        count = min(k, len(self) if within is None else len(within))
        if count <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        scores, rows = self._index.search(query.reshape(1, -1), count, params=parameters)
        found = rows[0] >= 0
        order = np.lexsort((rows[0][found], -scores[0][found]))
        return rows[0][found][order], scores[0][found][order]

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows with the query."""
        return self.vectors(rows) @ query

    def vectors(self, rows: Rows | Sequence[int]) -> Vectors:
        """Return the vectors of the rows: shape (rows, dimension)."""
        wanted = np.asarray(rows, dtype=np.int64)
        if not len(wanted):
            return np.empty((0, self.dimension), dtype=np.float32)
        found: Vectors = self._index.reconstruct_batch(wanted)
        return found
