"""Question → candidate passages, from three legs, fused by score.

    dense      the passages whose vectors are nearest to the question's
    sentence   the passages whose best sentence is
    lexical    BM25 over heading path and text

Each leg brings its best; the most promising of them all are then scored on every feature (ranking.py),
so no leg is blind to what another found. Scores are absolute: the same passage and question have the
same score in any company.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np

from embeddings.corpus import Document, MetadataValue, Passage
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import FilterError
from embeddings.quantised import Rows
from embeddings.reranker import Reranker
from embeddings.snapshot import Snapshot
from qa.lexical import BM25Index, analyse
from qa.ranking import PassageWords, Weighting, passage_parts, passage_score
from qa.terms import PassageTerms

Where: TypeAlias = Mapping[str, MetadataValue | Sequence[MetadataValue]]

# What each leg brings.
DEPTH = 50
# What is scored on every feature: recall@1 on SQuAD's 2,910 questions is .902 with 12, 16, 20 and 30 of
# them, .901 with 10.
SCORED = 12
# Where repeats are left out, so many times what is wanted is looked at.
_REPEATS = 3
# What a reranker says of a passage is so much of its score.
RERANKER_SHARE = 0.5
# Filter keys that an error names.
_NAMED = 30
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

    ``cosines`` are its sentences' with the question; ``read`` returns its words.
    """

    row: int
    passage: Passage
    score: float
    parts: Mapping[str, float]
    cosines: tuple[float, ...] = ()
    read: Callable[[int], PassageWords] | None = None

    @property
    def words(self) -> PassageWords | None:
        """The passage's words; none where it was not found by them."""
        return self.read(self.row) if self.read else None


class Retriever(Protocol):
    """What a search must do."""

    def retrieve(
        self, question: Question, k: int, *, documents: Set[str] | None = None, repeats: bool = True
    ) -> list[Candidate]:
        """Return up to k passages, of these documents if given, best first, equal ones by passage id.

        Without ``repeats``, of those that repeat each other word for word only the first in the order of
        documents is returned, in the place of the best.
        """


class HybridRetriever:
    """The three legs over one snapshot. Never changes; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._terms = PassageTerms(snapshot)
        self.lexical = BM25Index.over(snapshot.lexicon)

    def retrieve(
        self, question: Question, k: int, *, documents: Set[str] | None = None, repeats: bool = True
    ) -> list[Candidate]:
        """Return up to k passages, of these documents if given, best first, equal ones by passage id.

        Without ``repeats``, of those that repeat each other word for word only the first in the order of
        documents is returned, in the place of the best.
        """
        within = None if documents is None else self._rows(documents)
        if within is not None and not len(within):
            return []
        weighting = Weighting(question.terms, self.lexical)
        scores = self.lexical.score(question.terms)
        rows = self._found(question, scores, max(DEPTH, k if repeats else _REPEATS * k), within)
        bm25 = scores[rows] / np.float32(weighting.mass)
        dense = self._snapshot.passage_index.cosines(question.vector, rows)
        lines, counts = self._snapshot.sentences_of(rows)
        cosines = self._snapshot.sentence_index.cosines(question.vector, lines)
        firsts = np.cumsum(counts) - counts
        promise = 0.5 * dense + 0.5 * np.maximum.reduceat(cosines, firsts) + bm25
        ranked = np.argsort(-promise, kind="stable").tolist()
        best = (ranked if repeats else self._without_repeats(rows, ranked))[: max(SCORED, k)]
        met = self._terms.meeting(question.terms, rows[best].tolist())
        scored = []
        for n, words in zip(best, met, strict=True):
            inner = tuple(cosines[firsts[n] :][: counts[n]].tolist())
            parts = passage_parts(weighting, words, dense=float(dense[n]), cosines=inner, bm25=float(bm25[n]))
            scored.append((int(rows[n]), passage_score(parts), parts, inner))
        scored.sort(key=lambda each: (-each[1], self._snapshot.passage_id(each[0])))
        passages = self._snapshot.passages
        return [
            Candidate(row, passages[row], score, parts, inner, self._terms.whole)
            for row, score, parts, inner in scored[:k]
        ]

    def _without_repeats(self, rows: Rows, ranked: Sequence[int]) -> list[int]:
        """Return the places without those whose row repeats another's; the first row stands for all."""
        first: dict[int, int] = {}
        wordings = self._snapshot.wordings(rows).tolist()
        for n in ranked:
            first[wordings[n]] = min(first.get(wordings[n], n), n)  # rows ascend
        return list(first.values())

    def _found(self, question: Question, bm25: Vectors, depth: int, within: Rows | None) -> Rows:
        dense, _ = self._snapshot.passage_index.search(question.vector, depth, within=within)
        lines = None if within is None else self._snapshot.sentences_of(within)[0]
        sentences, _ = self._snapshot.sentence_index.search(question.vector, depth, within=lines)
        if within is None:
            lexical = self.lexical.best(bm25, depth)
        else:
            allowed = within[bm25[within] > 0]
            lexical = allowed[np.argsort(-bm25[allowed], kind="stable")[:depth]]
        return np.unique(np.concatenate([dense, self._snapshot.passages_of_sentences(sentences), lexical]))

    def _rows(self, documents: Set[str]) -> Rows:
        rows = sorted(row for document in documents for row in self._snapshot.rows_of(document))
        return np.array(rows, dtype=np.int64)


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
                "no document has this filter key",
                place=key,
                remedy=f"Known are: {', '.join(sorted(known)[:_NAMED])}.",
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
