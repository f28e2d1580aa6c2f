"""One snapshot as questions read it: searched, repeats folded, passages turned into hits."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from embeddings.corpus import Document, Passage, Span
from embeddings.remembering import remembered
from embeddings.reranker import Reranker
from embeddings.snapshot import Snapshot
from embeddings.splitter import embedded_text
from qa.answer import Citation, Hit
from qa.catalog import Catalog
from qa.chart import Plane
from qa.lexical import analyse
from qa.places import PLACE_KEYS
from qa.retriever import Candidate, HybridRetriever, Question, Where, matching, rerank

_WORD = re.compile(r"[^\W\d_]+")
# Words of questions that are remembered to stand in the sources, or not to.
_REMEMBERED = 8_192


class Reading:
    """A snapshot and what is computed from it once. Never changes; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.retriever = HybridRetriever(snapshot)
        self.knows = remembered(self._knows, most=_REMEMBERED)

    @cached_property
    def plane(self) -> Plane:
        """The passages laid flat, for a map of them."""
        return Plane(self.snapshot)

    @cached_property
    def catalog(self) -> Catalog:
        """What the documents' metadata says."""
        return Catalog(tuple(self.snapshot.documents.values()))

    def document(self, passage: Passage) -> Document:
        """Return the document a passage is a span of."""
        return self.snapshot.documents[passage.document_id]

    def passages_of(self, document: Document) -> Iterator[Passage]:
        """Yield a document's passages in their order."""
        return map(self.snapshot.passages.__getitem__, self.snapshot.rows_of(document.id))

    def text(self, passage: Passage) -> str:
        """Return the passage's text as it stands in its document."""
        return self.document(passage).text[passage.start : passage.end]

    def documents(self, where: Where | None) -> set[str] | None:
        """Return the ids of the documents that a filter lets through, or None without one."""
        return matching(self.snapshot.documents, where) if where else None

    def candidates(
        self,
        question: Question,
        k: int,
        documents: set[str] | None,
        *,
        reranker: Reranker | None = None,
    ) -> list[Candidate]:
        """Return the k best passages, of word-for-word repeats only the one whose path comes first.

        A question that names a place keeps to documents that are not elsewhere.
        """
        if self._has_places and (elsewhere := self.catalog.elsewhere(question.text)):
            documents = (self.snapshot.documents.keys() if documents is None else documents) - elsewhere
        many = k if reranker is None else 3 * k
        found = self.retriever.retrieve(question, many, documents=documents, repeats=False)
        if reranker is not None:
            texts = [embedded_text(self.document(c.passage), c.passage)[0] for c in found]
            found = rerank(question.text, found, texts, reranker)
        return found[:k]

    def also_in(self, row: int) -> tuple[str, ...]:
        """Return the other sources that hold a passage word for word."""
        rows = self.snapshot.repeats(row)
        if len(rows) < 2:
            return ()
        sources = {self._document_at(each).source for each in rows}
        return tuple(sorted(sources - {self._document_at(row).source}))

    @cached_property
    def _has_places(self) -> bool:
        return not self.snapshot.metadata_keys.isdisjoint(PLACE_KEYS)

    @cached_property
    def alphabetic_terms(self) -> list[str]:
        """The terms of the sources that are words of a few letters."""
        return [term for term in self.retriever.lexical.vocabulary if len(term) > 3 and term.isalpha()]

    def _knows(self, word: str) -> bool:
        """Tell whether the sources hold a word, or it is none."""
        terms = analyse(word)
        return not terms or any(term in self.retriever.lexical.vocabulary for term in terms)

    def spelt(self, term: str) -> str:
        """Return a word of the sources that the analyser makes this term of."""
        row = int(self.retriever.lexical.score([term]).argmax())
        passage = self.snapshot.passages[row]
        words = _WORD.findall(embedded_text(self.document(passage), passage)[0])
        return next((word for word in words if analyse(word) == [term]), term)

    def hits(self, candidates: Sequence[Candidate]) -> list[Hit]:
        """Return the candidates as hits, ranked from 1 in their order."""
        return [self._hit(candidate, rank) for rank, candidate in enumerate(candidates, start=1)]

    def citation(self, number: int, passage: Passage, span: Span) -> Citation:
        """Return the footnote to a span of a passage."""
        document = self.document(passage)
        return Citation(
            number=number,
            quote=document.text[span.start : span.end],
            document_id=document.id,
            title=document.title,
            source=document.source,
            start=span.start,
            end=span.end,
            also_in=self.also_in(self.snapshot.row_of(document.id, passage.id)),
            passage_id=passage.id,
            stale=document.stale,
        )

    def _document_at(self, row: int) -> Document:
        """Return the document that the passage of a row stands in."""
        return self.snapshot.documents.at(self.snapshot.document_of(row))

    def _hit(self, candidate: Candidate, rank: int) -> Hit:
        passage, document = candidate.passage, self._document_at(candidate.row)
        return Hit(
            passage_id=passage.id,
            text=document.text[passage.start : passage.end],
            score=candidate.score,
            rank=rank,
            document_id=document.id,
            title=document.title,
            source=document.source,
            start=passage.start,
            end=passage.end,
            headings=passage.headings,
            metadata=document.metadata,
            also_in=self.also_in(candidate.row),
            parts=candidate.parts,
            stale=document.stale,
        )
