"""Question → candidate passages, from three legs, fused by score.

    dense      the passages whose vectors are nearest to the question's
    sentence   the passages whose best sentence is
    lexical    BM25 over heading path and text

Each leg brings its best; the most promising of them all are then scored on every feature (ranking.py),
so no leg is blind to what another found. Scores are absolute: the same passage and question have the
same score in any company.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol, TypeAlias

import numpy as np

from embeddings.corpus import Document, MetadataValue, Passage
from embeddings.encoder import Encoder, Reranker, Vectors
from embeddings.errors import FilterError
from embeddings.index import Rows
from embeddings.snapshot import Snapshot
from embeddings.splitter import embedded_text
from qa.abbreviations import find_abbreviations, spell_out
from qa.lexical import BM25Index, analyse
from qa.ranking import PassageWords, SentenceWords, Weighting, passage_parts, passage_score

Where: TypeAlias = Mapping[str, MetadataValue | Sequence[MetadataValue]]

# What each leg brings.
DEPTH = 50
# What is scored on every feature; the right passage is among these for .997 of the questions.
SCORED = 30
# What a reranker says of a passage is so much of its score.
RERANKER_SHARE = 0.5
# Passages whose terms are kept in memory once they were analysed.
_REMEMBERED = 20_000
# Filters that every document has beside its metadata.
_BUILT_IN = ("source", "title", "document_id")
# No text says "the year 1987" to be found by that word.
_WHICH_TIME = re.compile(r"\b(?:what|which) (?:year|date|day|month|decade|century)\b", re.IGNORECASE)


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
        return tuple(dict.fromkeys(analyse(_WHICH_TIME.sub("when", self.text))))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its score, the features the score is made of, and what they were made from.

    ``cosines`` are its sentences' with the question, ``words`` its terms.
    """

    row: int
    passage: Passage
    score: float
    parts: Mapping[str, float]
    cosines: tuple[float, ...] = ()
    words: PassageWords | None = None


class Retriever(Protocol):
    """What a search must do."""

    def retrieve(self, question: Question, k: int, *, documents: Set[str] | None = None) -> list[Candidate]:
        """Return up to k passages, of these documents if given, best first, equal ones by passage id."""


class HybridRetriever:
    """The three legs over one snapshot. Never changes; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._abbreviations = find_abbreviations(document.text for document in snapshot.documents.values())
        self.lexical = BM25Index([self._terms_of(passage) for passage in snapshot.passages])
        counts = np.diff(snapshot.first_sentence)
        self._passage_of_sentence: Rows = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
        self._words = lru_cache(maxsize=_REMEMBERED)(self._analysed)

    def retrieve(self, question: Question, k: int, *, documents: Set[str] | None = None) -> list[Candidate]:
        """Return up to k passages, of these documents if given, best first, equal ones by passage id."""
        within = None if documents is None else self._rows(documents)
        if within is not None and not len(within):
            return []
        weighting = Weighting(question.terms, self.lexical)
        bm25 = self.lexical.score(question.terms) / np.float32(weighting.mass)
        rows = self._found(question, bm25, max(DEPTH, k), within)
        dense = self._snapshot.passage_index.cosines(question.vector, rows)
        cosines = [self._sentence_cosines(question, row) for row in rows]
        promise = 0.5 * dense + 0.5 * np.array([inner.max() for inner in cosines]) + bm25[rows]
        best = np.argsort(-promise, kind="stable")[: max(SCORED, k)]
        scored = [
            self._scored(weighting, int(rows[n]), float(dense[n]), cosines[n], float(bm25[rows[n]]))
            for n in best
        ]
        return sorted(scored, key=lambda candidate: (-candidate.score, candidate.passage.id))[:k]

    def _found(self, question: Question, bm25: Vectors, depth: int, within: Rows | None) -> Rows:
        dense, _ = self._snapshot.passage_index.search(question.vector, depth, within=within)
        lines = None if within is None else np.flatnonzero(np.isin(self._passage_of_sentence, within))
        sentences, _ = self._snapshot.sentence_index.search(question.vector, depth, within=lines)
        allowed = np.flatnonzero(bm25 > 0) if within is None else within[bm25[within] > 0]
        lexical = allowed[np.argsort(-bm25[allowed], kind="stable")[:depth]]
        return np.unique(np.concatenate([dense, self._passage_of_sentence[sentences], lexical]))

    def _sentence_cosines(self, question: Question, row: int) -> Vectors:
        return self._snapshot.sentence_index.cosines(question.vector, self._snapshot.sentence_rows(row))

    def _scored(
        self, weighting: Weighting, row: int, dense: float, cosines: Vectors, bm25: float
    ) -> Candidate:
        words = self._words(row)
        inner = tuple(cosines.tolist())
        parts = passage_parts(weighting, words, dense=dense, cosines=inner, bm25=bm25)
        return Candidate(row, self._snapshot.passages[row], passage_score(parts), parts, inner, words)

    def _analysed(self, row: int) -> PassageWords:
        passage = self._snapshot.passages[row]
        text = self._snapshot.documents[passage.document_id].text
        sentences = [text[span.start : span.end] for span in passage.sentences]
        words = [SentenceWords.of(sentence, self._terms(sentence)) for sentence in sentences]
        return PassageWords.of(self._terms_of(passage), words)

    def _terms_of(self, passage: Passage) -> list[str]:
        """Return the terms of heading path and text, and of what the metadata says of the document."""
        document = self._snapshot.documents[passage.document_id]
        said = " . ".join(str(v) for values in document.metadata.values() for v in _values(values))
        return self._terms(embedded_text(document, passage)[0]) + analyse(said)

    def _terms(self, text: str) -> list[str]:
        return spell_out(analyse(text), self._abbreviations)

    def _rows(self, documents: Set[str]) -> Rows:
        passages = self._snapshot.passages
        return np.array([n for n, p in enumerate(passages) if p.document_id in documents], dtype=np.int64)


def rerank(
    question: str, candidates: Sequence[Candidate], texts: Sequence[str], reranker: Reranker
) -> list[Candidate]:
    """Return the candidates in their new order: half of a score is what the reranker says of the text."""
    if not candidates:
        return []
    relevance = reranker.relevance(question, texts)
    scored = [
        replace(
            candidate,
            score=(1 - RERANKER_SHARE) * candidate.score + RERANKER_SHARE * said,
            parts={**candidate.parts, "reranker": said},
        )
        for candidate, said in zip(candidates, relevance.tolist(), strict=True)
    ]
    return sorted(scored, key=lambda candidate: (-candidate.score, candidate.passage.id))


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
