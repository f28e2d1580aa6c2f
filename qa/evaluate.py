"""Measuring: questions whose answers are known → how often they are found, said, cited, or declined.

``qa.cases`` tells the forms in which they are known.
Texts are compared in any case, and without regard to white space and to the marks of an answer.
"""

import json
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from embeddings.cache import OnProgress
from embeddings.corpus import Document
from embeddings.encoder import Encoder
from embeddings.errors import CorpusError
from qa.answer import Answer, Hit
from qa.cases import ANSWERABLE, UNANSWERABLE, Case, lines_of, read_beir, read_questions, wrong
from qa.engine import QA
from qa.metrics import CUTOFF, Evaluation, Outcome, evaluation

_CORPUS: Final = "corpus.jsonl"
_MARK: Final = re.compile(r" ?\[(\d+)\]")
_EVIDENCE: Final = "evidence"  # the name of a passage that holds it, among those found


def evaluate_questions(bot: QA, file: Path, *, on_progress: OnProgress | None = None) -> Evaluation:
    """Ask the questions of a file. Raises InputError for a file or a line that cannot be used."""
    outcomes = _ask_all(bot, read_questions(file), on_progress)
    return evaluation(file.name, _by_kind(outcomes), apart=[(ANSWERABLE, UNANSWERABLE)])


def evaluate_beir(
    folder: Path, index: Path, *, encoder: Encoder, on_progress: OnProgress | None = None
) -> Evaluation:
    """Ask a BEIR folder's test queries of its corpus; documents are ranked by their best passages.

    ``index`` is brought up to the corpus. Raises InputError for a file or a line that cannot be used.
    """
    cases = read_beir(folder)
    with _opened(folder, index, encoder) as bot:
        outcomes = _ask_all(bot, cases, on_progress)
    return evaluation(folder.name, _by_kind(outcomes), apart=[(ANSWERABLE, UNANSWERABLE)])


def evaluate_hold_out(
    folder: Path, index: Path, *, encoder: Encoder, on_progress: OnProgress | None = None
) -> Evaluation:
    """Ask a BEIR folder's answerable queries of half its corpus, then of the other half.

    A half is every other title, sorted: each query is asked once where its answer is held, once where not.
    """
    cases = [case for case in read_beir(folder) if case.answerable]
    groups: dict[str, list[Outcome]] = {"held": [], "not held": []}
    with _opened(folder, index, encoder) as bot:
        documents = bot.documents()
        titles = sorted({document.title for document in documents})
        for half in (0, 1):
            kept = [document for document in documents if document.title in titles[half::2]]
            write_corpus(bot.data, kept)
            bot.refresh()
            for outcome in _ask_all(bot, _parted(cases, {_record_of(d.id) for d in kept}), on_progress):
                groups[outcome.kind].append(outcome)
                groups.setdefault(f"{outcome.kind}, half {half + 1}", []).append(outcome)
    pairs = [(f"held{half}", f"not held{half}") for half in ("", ", half 1", ", half 2")]
    return evaluation(f"{folder.name}, every other title left out", groups, apart=pairs)


def write_corpus(data: Path, documents: Sequence[Document]) -> None:
    """Make a data folder's BEIR corpus hold these of its documents."""
    records = [
        {"_id": _record_of(document.id), "title": document.title, "text": document.text, **document.metadata}
        for document in documents
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (data / _CORPUS).write_text("\n".join(lines), encoding="utf-8")


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    kinds = dict.fromkeys(outcome.kind for outcome in outcomes)
    groups = {kind: [outcome for outcome in outcomes if outcome.kind == kind] for kind in kinds}
    return {ANSWERABLE: [outcome for outcome in outcomes if outcome.answerable]} | groups


def _ask_all(bot: QA, cases: Sequence[Case], on_progress: OnProgress | None) -> list[Outcome]:
    outcomes = []
    for done, case in enumerate(cases, start=1):
        outcomes.append(_ask(bot, case))
        if on_progress:
            on_progress(done, len(cases))
    return outcomes


def _ask(bot: QA, case: Case) -> Outcome:
    started = time.perf_counter()
    answer = bot.ask(case.question, case.history, case.where or None)
    asked = time.perf_counter()
    measured = case.answerable and bool(case.relevant or case.evidence)
    hits = bot.retrieve(answer.query, CUTOFF, case.where or None) if measured else []
    retrieved = time.perf_counter()
    quotes = [citation.quote for citation in answer.citations]
    return Outcome(
        id=case.id,
        kind=case.kind,
        question=case.question,
        query=answer.query,
        answerable=case.answerable,
        answered=answer.answered,
        confidence=answer.confidence,
        said=_said(case, answer.text if answer.answered else ""),
        first=_said(case, "\n".join(quotes[:1])),
        three=_said(case, "\n".join(quotes[:3])),
        cited=_cited(case, answer),
        citations=len(answer.citations),
        inexact=_inexact(bot, answer),
        relevant=case.relevant or ({_EVIDENCE: 1} if measured else {}),
        found=tuple(_found(case, hit) for hit in hits),
        ask_ms=1000 * (asked - started),
        retrieve_ms=1000 * (retrieved - asked) if measured else None,
    )


def _said(case: Case, text: str) -> bool | None:
    if not case.answerable or not (case.answer or case.count is not None):
        return None
    plain = _plain(_MARK.sub("", text))
    counted = case.count is None or re.search(rf"(?<![\d.,]){case.count}(?![\d]|[.,]\d)", plain) is not None
    return counted and all(any(_plain(string) in plain for string in group) for group in case.answer)


def _cited(case: Case, answer: Answer) -> bool | None:
    known = case.answerable and (case.relevant or case.evidence)
    return any(_supports(case, c.document_id, c.quote) for c in answer.citations) if known else None


def _supports(case: Case, document_id: str, text: str) -> bool:
    if case.relevant:
        return _record_of(document_id) in case.relevant
    return any(_plain(evidence) in _plain(text) for evidence in case.evidence)


def _found(case: Case, hit: Hit) -> str:
    if case.relevant:
        return _record_of(hit.document_id)
    return _EVIDENCE if _supports(case, hit.document_id, hit.text) else str(hit.passage_id)


def _inexact(bot: QA, answer: Answer) -> int:
    unpaired = {int(n) for n in _MARK.findall(answer.text)} ^ {c.number for c in answer.citations}
    false = [c for c in answer.citations if bot.document(c.document_id).text[c.start : c.end] != c.quote]
    return len(false) + len(unpaired)


def _record_of(document_id: str) -> str:
    return document_id.partition("#")[2]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@contextmanager
def _opened(folder: Path, index: Path, encoder: Encoder) -> Iterator[QA]:
    """Yield a QA over a copy of the corpus, alone in a folder that may be written to."""
    corpus = [line for _, line in lines_of(folder / _CORPUS)]
    with TemporaryDirectory(prefix="footnote-eval-") as data:
        (Path(data) / _CORPUS).write_text("\n".join(corpus), encoding="utf-8")
        try:
            yield QA(Path(data), index, encoder=encoder, follow=False)
        except CorpusError as error:
            raise wrong(error.fact, folder / _CORPUS) from error


def _parted(cases: Sequence[Case], held: set[str]) -> list[Case]:
    """Return the cases as held or not held; a search over half a corpus is no ranking to report."""
    return [
        replace(case, kind="held", relevant={})
        if held & case.relevant.keys()
        else replace(case, kind="not held", answerable=False, relevant={}, answer=())
        for case in cases
    ]
