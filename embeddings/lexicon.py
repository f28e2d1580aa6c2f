"""The words of all passages: which passages hold a term, and what that is worth (BM25).

    vocabulary   every term, sorted: UTF-8, one a line
    rows         for each term the passages that hold it, in order
    scores       what the term adds to the score of each of them
    numbers      for each part, its own numbers of terms → places in the vocabulary

The variant is Lucene's: idf is ``ln(1 + (N - n + 0.5) / (n + 0.5))``, never negative, and a term adds
``idf × tf / (tf + k1 × (1 - b + b × length / average length))``, less than its idf. So a score divided
by the idf of the question's terms is a share from 0 to 1. A passage that holds a short form which some
document explains also holds, once, what it stands for, and the other way round.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log1p
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.columns import Array, Columns, blob, edges_of, ranges
from embeddings.part import Part, starts_of
from embeddings.remembering import remembered

# Recall@1 / recall@5 / MRR@10 of BM25 alone on the 2,910 answerable questions of SQuAD 2.0 dev (its 646
# paragraphs with their titles), by k1 and b:
#         b .45               b .60               b .70               b .75
#    .7   .830 .951 .883      .832 .950 .884      .832 .951 .884      .833 .952 .885
#    .9   .830 .953 .884      .831 .953 .884      .832 .954 .884      .832 .954 .884
#   1.2   .827 .955 .882      .829 .953 .883      .829 .953 .883      .829 .953 .883
#   1.5   .821 .954 .879      .824 .953 .880      .825 .953 .880      .825 .952 .880
# Without stemming .812, without stopwords .822, compounds by their parts alone .827, without titles .829.
K1: Final = 0.9
B: Final = 0.7

Abbreviations = Mapping[str, tuple[str, ...]]
# Terms whose places are remembered.
_REMEMBERED = 65_536
# One term in so many is held in memory; a search then reads one stretch between two of them.
_STRETCH = 64


@dataclass(frozen=True)
class Postings:
    """For each term of a sorted vocabulary the passages that hold it and how often, as runs between edges."""

    vocabulary: Sequence[str]
    edges: Array
    rows: Array
    counts: Array
    lengths: Array

    @classmethod
    def of(cls, passages: Sequence[Sequence[str]]) -> "Postings":
        """Count the terms of passages."""
        pairs = Counter((term, row) for row, terms in enumerate(passages) for term in terms)
        ordered = sorted(pairs)
        held = Counter(term for term, _ in ordered)
        return cls(
            vocabulary=sorted(held),
            edges=edges_of(held[term] for term in sorted(held)),
            rows=np.array([row for _, row in ordered], dtype=np.int32),
            counts=np.array([pairs[pair] for pair in ordered], dtype=np.uint16),
            lengths=np.array([len(terms) for terms in passages], dtype=np.int32),
        )

    @classmethod
    def in_part(cls, part: Part) -> "Postings":
        """Return those that a part holds."""
        columns = part.columns
        names = ("posting_edges", "posting_rows", "posting_counts", "lengths")
        return cls(part.vocabulary, *(columns[name] for name in names))


class Lexicon(Mapping[str, int]):
    """Each term of the corpus with the number of passages that hold it, read where it is asked for."""

    def __init__(self, columns: Columns, *, passages: int) -> None:
        self.passages = passages
        self.columns = columns
        self.rows: Array = columns["rows"]
        self.scores: Array = columns["scores"]
        self.numbers: Array = columns["numbers"]
        self._edges: Array = columns["edges"]
        self._blob: Array = columns["vocabulary"]
        self._ends: Array = columns["vocabulary_edges"]
        self.place = remembered(self._place, most=_REMEMBERED)
        self.term = remembered(self._term, most=_REMEMBERED)
        self.beginning = remembered(self._beginning, most=_REMEMBERED)

    def _place(self, term: str) -> int:
        """Return a term's place in the vocabulary, or -1."""
        key = term.encode()
        found = self._first_from(key)
        return found if found < len(self) and self._bytes(found) == key else -1

    def _beginning(self, prefix: str) -> range:
        """Return the places of the terms that begin so."""
        key = prefix.encode()
        return range(self._first_from(key), self._first_from(key + b"\xff"))

    def _first_from(self, key: bytes) -> int:
        """Return the place of the first term that does not come before a key."""
        stretch = bisect_right(self._landmarks, key) - 1
        if stretch < 0:
            return 0
        first = stretch * _STRETCH
        last = min(first + _STRETCH, len(self))
        start, end = int(self._ends[first]), int(self._ends[last])
        return first + bisect_left(bytes(self._blob[start : end - 1]).split(b"\n"), key)

    @cached_property
    def _landmarks(self) -> list[bytes]:
        return [self._bytes(place) for place in range(0, len(self), _STRETCH)]

    def postings(self, term: str) -> tuple[Array, Array]:
        """Return the passages that hold a term, in order, and what it adds to the score of each."""
        place = self.place(term)
        start, end = self._edges[place : place + 2].tolist() if place >= 0 else (0, 0)
        return self.rows[start:end], self.scores[start:end]

    def _term(self, place: int) -> str:
        """Return the term at a place of the vocabulary."""
        return self._bytes(place).decode()

    def idf(self, term: str) -> float:
        """Return the weight of a term; one that no passage holds weighs most."""
        return _idf(self.get(term, 0), self.passages)

    def __getitem__(self, term: str) -> int:
        """Return how many passages hold a term."""
        place = self.place(term)
        if place < 0:
            raise KeyError(term)
        return int(self._edges[place + 1] - self._edges[place])

    def __iter__(self) -> Iterator[str]:
        """Yield the terms in order."""
        return iter(self._terms)

    def __len__(self) -> int:
        """Return how many terms there are."""
        return len(self._edges) - 1

    @cached_property
    def _terms(self) -> list[str]:
        return bytes(self._blob).decode().split("\n")[:-1]

    def _bytes(self, place: int) -> bytes:
        start, end = self._ends[place : place + 2].tolist()
        return bytes(self._blob[start : end - 1])


def abbreviations_of(parts: Iterable[Part]) -> dict[str, tuple[str, ...]]:
    """Return the terms of the long form by the term of the short one, the first explanation first."""
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for short, long in part.abbreviations():
            found.setdefault(short, long)
    return found


def lexicon_columns(
    parts: Sequence[Postings], abbreviations: Abbreviations, *, k1: float = K1, b: float = B
) -> dict[str, Array]:
    """Return the columns of the lexicon of some parts."""
    vocabulary = sorted(set().union(*(part.vocabulary for part in parts)))
    places = {term: place for place, term in enumerate(vocabulary)}
    numbers = [
        np.fromiter((places[t] for t in part.vocabulary), np.int32, len(part.vocabulary)) for part in parts
    ]
    edges, rows, counts = _merged(parts, numbers, len(vocabulary))
    lengths = np.concatenate([np.empty(0, np.int32), *(part.lengths for part in parts)])
    more = _spelt_out(abbreviations, places, edges, rows)
    if len(more[0]):
        terms = np.repeat(np.arange(len(vocabulary)), np.diff(edges))
        size = max(len(lengths), 1)
        at = np.searchsorted(terms * size + rows, more[0] * size + more[1])
        rows, counts = np.insert(rows, at, more[1]), np.insert(counts, at, 1)
        edges = edges + np.concatenate([[0], np.cumsum(np.bincount(more[0], minlength=len(vocabulary)))])
        lengths = lengths + np.bincount(more[1], minlength=len(lengths))
    text, ends = blob(f"{term}\n".encode() for term in vocabulary)
    return {
        "vocabulary": text,
        "vocabulary_edges": ends,
        "edges": edges,
        "rows": rows.astype(np.int32),
        "scores": _scores(edges, rows, counts, lengths, k1=k1, b=b),
        "numbers": np.concatenate([np.empty(0, np.int32), *numbers]),
    }


def _scores(
    edges: Array, rows: Array, counts: Array, lengths: Array, *, k1: float, b: float
) -> NDArray[np.float32]:
    held = np.diff(edges)
    idf = np.log1p((len(lengths) - held + 0.5) / (held + 0.5))
    average = max(float(lengths.mean()) if len(lengths) else 0.0, 1e-9)
    damping = (k1 * (1 - b + b * lengths / average)).astype(np.float32)
    often = counts.astype(np.float32)
    scores: NDArray[np.float32] = often / (often + damping[rows])
    scores *= np.repeat(idf.astype(np.float32), held)
    return scores


def _merged(parts: Sequence[Postings], numbers: Sequence[Array], terms: int) -> tuple[Array, Array, Array]:
    """Return the postings of all parts as one: edges, rows, counts."""
    held = np.zeros(terms, dtype=np.int64)
    for part, own in zip(parts, numbers, strict=True):
        held[own] += np.diff(part.edges)
    edges = edges_of(held.tolist())
    rows = np.empty(int(edges[-1]), dtype=np.int32)
    counts = np.empty(int(edges[-1]), dtype=np.uint16)
    free = edges[:-1].copy()
    starts = starts_of([len(part.lengths) for part in parts])
    for part, own, start in zip(parts, numbers, starts.tolist(), strict=False):
        several = np.diff(part.edges)
        at = ranges(free[own], several)
        rows[at] = part.rows + start
        counts[at] = part.counts
        free[own] += several
    return edges, rows, counts


def _spelt_out(
    abbreviations: Abbreviations, places: Mapping[str, int], edges: Array, rows: Array
) -> tuple[Array, Array]:
    """Return the (term, passage) pairs that abbreviations add, sorted."""

    def holders(term: str) -> Array:
        place = places.get(term, -1)
        return rows[edges[place] : edges[place + 1]] if place >= 0 else rows[:0]

    pairs: list[NDArray[np.int64]] = []
    for short, long in abbreviations.items():
        brief = holders(short)
        whole = holders(long[0])
        for term in long[1:]:
            whole = np.intersect1d(whole, holders(term), assume_unique=True)
        for term, found in ((short, whole), *((term, brief) for term in long)):
            if term in places:
                more = np.setdiff1d(found, holders(term), assume_unique=True)
                pairs.append(np.stack([np.full(len(more), places[term]), more]))
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return found[0], found[1]


def _idf(held: int, passages: int) -> float:
    return log1p((passages - held + 0.5) / (held + 0.5))
