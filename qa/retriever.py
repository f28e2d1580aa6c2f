"""Question → candidate passages, from three legs, fused by score.

    dense      the passages whose vectors are nearest to the question's
    sentence   the passages whose best sentence is
    lexical    BM25 over heading path, metadata and text

Each leg brings its best; every candidate is then scored on all of them, so no leg is blind to what
another found. Scores are absolute (cosines, and shares of the question's own weight), never scaled
by the best of a list: the same passage and question have the same score in any company.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np

from embeddings.corpus import Document, MetadataValue, Passage
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import FilterError
from embeddings.index import Rows
from embeddings.snapshot import Snapshot
from embeddings.splitter import embedded_text
from qa.lexical import BM25Index, analyse

Where: TypeAlias = Mapping[str, MetadataValue | Sequence[MetadataValue]]

# What each leg brings before fusion, and at least three for each hit that is asked for.
DEPTH = 50
# Filters that every document has beside its metadata.
_BUILT_IN = ("source", "title", "document_id")


class Question:
    """A question as it is searched: its text, its vector, its terms, each encoded or counted once."""

    def __init__(self, text: str, encoder: Encoder) -> None:
        self.text = text
        self._encoder = encoder

    @cached_property
    def vector(self) -> Vectors:
        """Unit vector: shape (dimension,)."""
        return self._encoder.encode_query(self.text)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The question's terms in order, each once."""
        return tuple(dict.fromkeys(analyse(self.text)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its score and the parts of it."""

    row: int
    passage: Passage
    score: float
    parts: Mapping[str, float]
    sentence_cosines: Vectors

    @classmethod
    def known(cls, row: int, snapshot: Snapshot) -> "Candidate":
        """Return a passage that was not searched but known from its document's metadata."""
        return cls(row, snapshot.passages[row], 1.0, {"metadata": 1.0}, np.empty(0, dtype=np.float32))


class Retriever(Protocol):
    """What a search must do."""

    def retrieve(self, question: Question, k: int, *, where: Where | None = None) -> list[Candidate]:
        """Return up to k passages, best first, equal ones by passage id."""


class HybridRetriever:
    """The three legs over one snapshot. Holds the passages' terms; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        terms = [_terms(snapshot.documents[p.document_id], p) for p in snapshot.passages]
        self.lexical = BM25Index(terms)
        owner = np.repeat(np.arange(len(snapshot.passages)), np.diff(snapshot.first_sentence))
        self._passage_of_sentence: Rows = owner.astype(np.int64)

    def retrieve(self, question: Question, k: int, *, where: Where | None = None) -> list[Candidate]:
        """Return up to k passages, best first, equal ones by passage id."""
        within = self._rows(where) if where else None
        if within is not None and not len(within):
            return []
        depth = max(DEPTH, 3 * k)
        bm25 = self._lexical_shares(question)
        rows = self._candidates(question, bm25, depth, within)
        dense = self._snapshot.passage_index.cosines(question.vector, rows)
        sentences = [
            self._snapshot.sentence_index.cosines(question.vector, self._snapshot.sentence_rows(row))
            for row in rows
        ]
        candidates = []
        for row, cosine, inner in zip(rows.tolist(), dense.tolist(), sentences, strict=True):
            parts = {"dense": cosine, "sentence": float(inner.max()), "bm25": float(bm25[row])}
            score = 0.5 * parts["dense"] + 0.5 * parts["sentence"] + parts["bm25"]
            candidates.append(Candidate(row, self._snapshot.passages[row], score, parts, inner))
        return sorted(candidates, key=lambda c: (-c.score, c.passage.id))[:k]

    def _candidates(self, question: Question, bm25: Vectors, depth: int, within: Rows | None) -> Rows:
        dense, _ = self._snapshot.passage_index.search(question.vector, depth, within=within)
        sentence_rows = None if within is None else np.flatnonzero(np.isin(self._passage_of_sentence, within))
        sentences, _ = self._snapshot.sentence_index.search(question.vector, depth, within=sentence_rows)
        allowed = np.flatnonzero(bm25 > 0) if within is None else within[bm25[within] > 0]
        lexical = allowed[np.argsort(-bm25[allowed], kind="stable")[:depth]]
        return np.unique(np.concatenate([dense, self._passage_of_sentence[sentences], lexical]))

    def _lexical_shares(self, question: Question) -> Vectors:
        mass = sum(self.lexical.idf(term) for term in question.terms)
        return self.lexical.score(question.terms) / np.float32(mass or 1)

    def _rows(self, where: Where) -> Rows:
        documents = matching(self._snapshot.documents, where)
        passages = self._snapshot.passages
        return np.array([n for n, p in enumerate(passages) if p.document_id in documents], dtype=np.int64)


def matching(documents: Mapping[str, Document], where: Where) -> set[str]:
    """Return the ids of the documents whose metadata has, for each key, one of the values asked for.

    Values are compared as text, in any case. Raises FilterError for a key that no document has.
    """
    known = {key for document in documents.values() for key in document.metadata} | set(_BUILT_IN)
    for key in where:
        if key not in known:
            raise FilterError(
                "no document has this filter key", place=key, remedy=f"Known are: {', '.join(sorted(known))}."
            )
    wanted = {key: {_folded(value) for value in _values(values)} for key, values in where.items()}
    return {
        document.id
        for document in documents.values()
        if all(wanted[key] & {_folded(value) for value in _values(_field(document, key))} for key in wanted)
    }


def _field(document: Document, key: str) -> MetadataValue:
    built_in = {"source": document.source, "title": document.title, "document_id": document.id}
    return document.metadata.get(key, built_in.get(key, ()))


def _values(value: MetadataValue | Sequence[MetadataValue]) -> Sequence[MetadataValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def _folded(value: MetadataValue) -> str:
    return str(value).casefold().strip()


def _terms(document: Document, passage: Passage) -> list[str]:
    return analyse(embedded_text(document, passage))
