"""QA: one engine behind the page, the command line and Python.

Opening brings the index up to the data folder. After that every question first looks whether the
folder or the index changed, so that an edit is in the next answer; a question is served from one
snapshot from beginning to end, whatever is published meanwhile.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from embeddings.cache import OnProgress
from embeddings.corpus import Document
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import DocumentError, FootnoteError, visible
from embeddings.metadata import encodable
from embeddings.refresh import RefreshReport, refresh
from embeddings.reranker import CrossReranker, Reranker
from qa.answer import Answer, Hit
from qa.catalog import Selection
from qa.chart import Chart
from qa.composer import compose
from qa.conversation import leans, standalone
from qa.folders import default_data, default_index
from qa.following import Following
from qa.given import LONGEST_QUESTION, as_typed, count_of, filter_of, history_of, question_of
from qa.listing import list_documents
from qa.opening import refresh_or_open
from qa.reading import Reading
from qa.retriever import Candidate, Question, Where
from qa.spelling import corrected
from qa.wording import whole_question

_LOG = logging.getLogger("footnote")

# Hits that come with an answer.
SHOWN = 10


class QA:
    """Answers from one data folder. Safe to share between threads."""

    def __init__(
        self,
        data: Path,
        index: Path,
        *,
        encoder: Encoder,
        uploads: Path | None = None,
        reranker: Reranker | None = None,
        follow: bool = True,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Bring the index up to the data folder; ``QA.open`` does the same with every default."""
        self.data = data
        self.index = index
        self.uploads = uploads
        self._encoder = encoder
        self._reranker = reranker
        self._follow = follow
        self._refreshing = threading.Lock()
        self._following = Following([data] if uploads is None else [data, uploads], index, self.refresh)
        report, snapshot = refresh_or_open(
            data, index, encoder=encoder, uploads=uploads, on_progress=on_progress
        )
        self._reading = Reading(snapshot)
        self._take(report)

    @classmethod
    def open(
        cls,
        data: str | Path | None = None,
        index: str | Path | None = None,
        *,
        model: str | None = None,
        backend: str = "auto",
        uploads: str | Path | None = None,
        encoder: Encoder | None = None,
        reranker: str | Reranker | None = None,
        follow: bool = True,
        on_progress: OnProgress | None = None,
    ) -> "QA":
        """Build what is missing, re-embed what changed, and return a QA that serves.

        ``data`` defaults to the shipped corpus, ``index`` to a folder of the user's cache that belongs
        to that data and encoder. ``model`` is a sentence-transformers name or folder, ``backend`` what
        runs it (auto, openvino or torch), ``uploads`` a second folder whose files are served as
        ``uploads/NAME``, ``reranker`` a CrossEncoder's name or folder, or none. With ``follow``, each
        question first looks for changes. A damaged index is mended; one that cannot be written serves as
        it is, with a warning where something changed. Raises CorpusError, ModelError, SnapshotMismatch,
        and, where there is nothing to serve, IndexLocationError, StorageError or SnapshotDamaged.
        """
        folder = Path(data) if data is not None else default_data()
        encoder = encoder or load_encoder(model, backend)
        where = Path(index) if index is not None else default_index(folder, encoder.card)
        if isinstance(reranker, str):
            reranker = CrossReranker(reranker)
        return cls(
            folder,
            where,
            encoder=encoder,
            uploads=None if uploads is None else Path(uploads),
            reranker=reranker,
            follow=follow,
            on_progress=on_progress,
        )

    def refresh(self, *, on_progress: OnProgress | None = None) -> RefreshReport:
        """Take in what changed in the data folder and return what was done."""
        with self._refreshing:
            self._following.begin()
            try:
                report, snapshot = refresh(
                    self.data,
                    self.index,
                    encoder=self._encoder,
                    uploads=self.uploads,
                    served=self._reading.snapshot,
                    on_progress=on_progress,
                )
            except FootnoteError as error:
                self._following.fail(error)
                raise
            if self._reading.snapshot.named != snapshot.named:
                self._reading = Reading(snapshot)
            self._take(report)
        return report

    def retrieve(self, question: str, k: int = 10, where: Where | None = None) -> list[Hit]:
        """Return the k passages that fit the question best, best first; repeats of a passage are one hit.

        ``where`` keeps to documents whose metadata has, for each key, the value or one of the values.
        Raises QuestionError or FilterError.
        """
        text, count, chosen = question_of(question), count_of(k), filter_of(where)
        reading = self._current()
        documents, most = reading.documents(chosen), min(count, len(reading.snapshot.passages))
        query = Question(corrected(text, reading), self._encoder)
        return reading.hits(self._candidates(reading, query, most, documents))

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        where: Where | None = None,
        *,
        literal: bool = False,
    ) -> Answer:
        """Answer from the sources, or say that they do not hold it.

        ``history`` holds the user's earlier questions, oldest first; a question that leans on them is
        made whole, misspelt words are put right, and ``Answer.query`` is what was searched. A ``literal``
        question is searched as it was typed. Raises QuestionError or FilterError.
        """
        return self._ask(self._current(), question, history, where, literal=literal)

    def _ask(
        self,
        reading: Reading,
        question: str,
        history: Sequence[str],
        where: Where | None,
        *,
        literal: bool = False,
    ) -> Answer:
        """Answer from one snapshot; what was asked before is asked of the same one."""
        text, earlier, chosen = question_of(question), history_of(history), filter_of(where)
        asked, documents = as_typed(question), reading.documents(chosen)
        if not literal:
            if found := self._of_it(corrected(text, reading), earlier, chosen, reading):
                return list_documents(asked, whole_question(found), found, reading)
            whole = standalone(text, earlier)
            text = corrected(whole if len(whole) <= LONGEST_QUESTION else text, reading)
        if selection := reading.catalog.select(text, within=documents):
            return list_documents(asked, text, selection, reading)
        query = Question(text, self._encoder)
        candidates = self._candidates(reading, query, SHOWN, documents)
        return compose(asked, query, candidates, reading, within=documents)

    def chart(self, question: str = "", hits: Sequence[Hit] = ()) -> Chart:
        """Return a map of the passages, with a question on it and what was found for it."""
        plane = self._current().plane
        return plane.chart(self._encoder.encode_query(question_of(question)) if question else None, hits)

    @property
    def passages(self) -> int:
        """How many passages are served."""
        return len(self._current().snapshot.passages)

    def document(self, document_id: str) -> Document:
        """Return a document with its text. Raises DocumentError where there is none of that id."""
        known = self._current().snapshot.documents
        found = known.get(document_id) if encodable(document_id) == document_id else None
        if found is None:
            raise DocumentError("there is no such document", place=document_id, remedy="See QA.documents().")
        return found

    def documents(self) -> tuple[Document, ...]:
        """Return all documents, in the order of their ids."""
        return tuple(self._current().snapshot.documents.values())

    def _of_it(
        self, question: str, history: Sequence[str], where: Where | None, reading: Reading
    ) -> Selection | None:
        """Return what the metadata says to "What is its team?", of what answered before."""
        if not history or not leans(question) or not reading.catalog.asks_of_one(question):
            return None
        before = self._ask(reading, history[-1], history[:-1], where)
        cited = dict.fromkeys(citation.document_id for citation in before.citations)
        listed = before.hits and "metadata" in before.hits[0].parts
        spoken_of = list(cited) if listed else list(cited)[:1]
        known = reading.snapshot.documents
        return reading.catalog.of_it(question, [known[one] for one in spoken_of if one in known])

    def _candidates(
        self, reading: Reading, query: Question, k: int, documents: set[str] | None
    ) -> list[Candidate]:
        return reading.candidates(query, k, documents, reranker=self._reranker)

    def _current(self) -> Reading:
        """Return what is served, with what changed since the last look where that is quickly taken in."""
        if self._follow:
            self._following.catch_up()
        return self._reading

    def _take(self, report: RefreshReport) -> None:
        """Note what was done, and name the files that failed: loudly when something changed, else softly."""
        self.report = report
        level = logging.WARNING if self._following.end() else logging.INFO
        for failure in report.failed:
            _LOG.log(level, "not read: %s: %s", visible(failure.source), failure.reason)
