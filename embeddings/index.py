"""Vectors → nearest neighbours. The only door to FAISS.

    up to 20,000 rows    every row is compared in 8 bits of one scale, and the nearest get their cosine: so
                         many that none nearer is left out, by seven standard deviations
    more                 every row's one-bit code is compared (Hamming distance), and the nearest some
                         hundreds get their cosine

Neither is trained, so an incremental refresh and a clean build are the same index; codes take 48
bytes a row at 384 dimensions, and a scan of a million of them takes about 4 ms. How many get their
cosine is chosen when the snapshot is built, so that recall@10 against the exact search is high enough.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embeddings.columns import Array, let_go
from embeddings.encoder import Vectors
from embeddings.quantised import QuantisedRows, Rows

if TYPE_CHECKING:
    import faiss

# One question, one core, 384 dimensions: at 12,800 rows 8 bits take .23 ms (float32 .58) and codes .19, at
# 50,000 rows .74 (2.8) and .32.
EXACT_ROWS = 20_000
# The product of two unit vectors, one of them in 8 bits, is off by .29 steps (standard deviation) whatever
# the dimension. A row that was left out may be nearer than one that was found only within so many steps.
_MARGIN = 2.0
# How many times the rows that are wanted are looked at first, and each time that margin is not kept.
_WIDER = 2
# Rows that get their cosine: at least so many, and so many times those that are wanted.
SHORTLIST = 400
_TIMES = 8
_LONGEST_SHORTLIST = 6_400
# What the shortlist is made long enough for, measured with so many queries: rows mixed with another row,
# so that their cosine with their own is about .8.
WANTED_RECALL = 0.98
_QUERIES = 50
_SHARE = 0.75
_TOP = 10
# It takes a second for a million rows, more than all else at a small change.
_ALIKE = 0.1


class IndexBackend(Protocol):
    """What a search asks of an index whose rows are numbered as they were built."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def search(self, query: Vectors, k: int, *, within: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return up to k rows and their cosines, best first, equal ones by row."""

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How much of the exact ten nearest an approximate search found, and with how long a shortlist."""

    rows: int
    shortlist: int
    recall: float
    queries: int


def open_index(rows: QuantisedRows, *, shortlist: int = SHORTLIST, exact: int = EXACT_ROWS) -> "IndexBackend":
    """Return the index that suits so many rows."""
    return FlatIndex(rows) if len(rows) <= exact else CodeIndex(rows, shortlist=shortlist)


def measure_recall(rows: QuantisedRows, *, before: Recall | None = None) -> Recall:
    """Return the shortlist that finds enough of the exact ten nearest, and how much it finds.

    What was measured ``before`` holds until there are a tenth more rows, or less.
    """
    if before is not None and abs(len(rows) - before.rows) <= before.rows * _ALIKE:
        return before
    queries = _queries(rows)
    exact = _exact(rows, queries)
    codes = CodeIndex(rows, shortlist=SHORTLIST)
    shortlist = SHORTLIST
    while True:
        found = [codes.search(query, _TOP, shortlist=shortlist)[0] for query in queries]
        shares = [
            len(set(mine.tolist()) & set(best.tolist())) / len(best)
            for mine, best in zip(found, exact, strict=True)
        ]
        recall = float(np.mean(shares))
        if recall >= WANTED_RECALL or shortlist >= _LONGEST_SHORTLIST:
            return Recall(len(rows), shortlist, round(recall, 4), len(queries))
        shortlist *= 2


class FlatIndex:
    """Exact search: every row is looked at."""

    def __init__(self, rows: QuantisedRows) -> None:
        import faiss

        self.rows = rows
        self._step = max((float(scales.max(initial=0)) for _, scales, _ in rows.blocks), default=0) or 1.0
        self._index: faiss.Index = faiss.IndexScalarQuantizer(
            rows.dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        for levels, scales, _ in rows.blocks:
            self._index.add(np.rint(levels * (scales / self._step)[:, None]))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def search(self, query: Vectors, k: int, *, within: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return up to k rows and their cosines, best first, equal ones by row.

        ``within`` limits the search to these rows before it begins, so that k of them are found.
        """
        most = len(self) if within is None else len(within)
        if min(k, most) <= 0:
            return _none()
        wanted = k
        while True:
            wanted = min(_WIDER * wanted, most)
            near, last, step = self._nearest(query, wanted, within)
            found, cosines = _best(near, self.rows.cosines(query, near), k)
            if wanted == most or cosines[-1] - last > _MARGIN * hypot(step, self._step):
                return found, cosines

    def _nearest(self, query: Vectors, count: int, within: Rows | None) -> tuple[Rows, float, float]:
        """Return so many rows by their 8 bits, in order, their least product, and the query's step."""
        import faiss

        parameters = None
        if within is not None:
            selector = faiss.IDSelectorBatch(within)  # FAISS holds no reference to it: it must live here
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        step = float(np.abs(query).max()) / 127 or 1.0
        levels = np.rint(query / step).reshape(1, -1)
        with _in_own_thread():
            products, rows = self._index.search(levels, count, params=parameters)
        near: Rows = np.sort(rows[0])
        return near, float(products[0, -1]) * step * self._step, step

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows with the query."""
        return self.rows.cosines(query, rows)


class CodeIndex:
    """Approximate search: one-bit codes choose a shortlist, whose cosines are calculated."""

    def __init__(self, rows: QuantisedRows, *, shortlist: int) -> None:

        self.rows = rows
        self.shortlist = shortlist
        self._index = self._of_codes([codes for _, _, codes in rows.blocks])

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def search(
        self, query: Vectors, k: int, *, within: Rows | None = None, shortlist: int = 0
    ) -> tuple[Rows, Vectors]:
        """Return up to k rows and their cosines, best first, equal ones by row.

        ``within`` limits the search to these rows before it begins, so that k of them are found.
        """
        wanted = max(shortlist or self.shortlist, _TIMES * k)
        if within is None:
            near = self._nearest(self._index, query, wanted)
        elif len(within) <= wanted:
            near = within
        else:
            near = within[self._nearest(self._of_codes([self.rows.codes(within)]), query, wanted)]
        if not len(near):
            return _none()
        return _best(near, self.rows.cosines(query, near), k)

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of each of the rows with the query."""
        return self.rows.cosines(query, rows)

    def _of_codes(self, blocks: "list[Array]") -> "faiss.IndexBinary":
        import faiss

        index = faiss.IndexBinaryFlat(8 * -(-self.rows.dimension // 8))
        # Counting by distance is sooner done for hundreds of rows: .25 ms, not .34. The stub lacks it.
        index.use_heap = False  # type: ignore[attr-defined]
        for codes in blocks:
            index.add(np.ascontiguousarray(codes))
            let_go(codes)  # FAISS has its own copy
        return index

    def _nearest(self, index: "faiss.IndexBinary", query: Vectors, count: int) -> Rows:
        code = np.packbits(query > 0).reshape(1, -1)
        with _in_own_thread():
            _, rows = index.search(code, min(count, index.ntotal))
        found: Rows = np.sort(rows[0])
        return found


@contextmanager
def _in_own_thread() -> Iterator[None]:
    """Let a search run in the caller's thread alone; OpenMP keeps the number for each thread.

    A second core brings nothing (two cores, 600,000 codes: 2.2 ms with either, four million 14 alone and 16
    to 45 together), and where it is busy, waiting for it takes 25 to 40 ms.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _best(rows: Rows, scores: Vectors, k: int) -> tuple[Rows, Vectors]:
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def _none() -> tuple[Rows, Vectors]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)


def _queries(rows: QuantisedRows) -> list[Vectors]:
    """Return rows, each mixed with another: the same ones for the same rows."""
    chosen = np.linspace(0, len(rows) - 1, 2 * _QUERIES).astype(np.int64)
    vectors = rows.vectors(chosen)
    near, other = vectors[::2], vectors[1::2]
    mixed = near + _SHARE * other
    return list((mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32))


def _exact(rows: QuantisedRows, queries: list[Vectors]) -> list[Rows]:
    """Return each query's ten nearest rows, by every row's cosine."""
    matrix = np.stack(queries)
    found: list[tuple[Rows, Vectors]] = [_none()] * len(queries)
    for (levels, scales, _), start in zip(rows.blocks, rows.starts, strict=False):
        scores = matrix @ (levels * scales[:, None]).T
        for n, own in enumerate(scores):
            top = np.argpartition(-own, min(_TOP, len(own)) - 1)[:_TOP] if len(own) else _none()[0]
            held, best = found[n]
            found[n] = _best(np.concatenate([held, top + start]), np.concatenate([best, own[top]]), _TOP)
    return [held for held, _ in found]
