"""Measuring: questions whose answers are known → how often they are found, said, cited, or declined.

    questions file   one JSON object a line: ``question``, and any of ``id``, ``history``, ``evidence``
                     (strings, one of which a citation must hold), ``answer`` (groups, from each of which
                     one must be said), ``count`` (must be said), ``kind`` (unanswerable: to be declined)
    BEIR folder      corpus.jsonl, queries.jsonl and qrels/test.tsv; a query's ``metadata`` may hold
                     ``answers`` (strings, one of which must be said) and ``answerable``, false where it
                     must be declined. A query with neither a relevant document nor that is left aside.
Texts are compared in any case, and without regard to white space and to the marks of an answer.
"""

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

from embeddings.cache import OnProgress
from embeddings.corpus import Document
from embeddings.encoder import Encoder
from embeddings.errors import CorpusError, InputError
from qa.answer import Answer, Hit
from qa.engine import QA
from qa.metrics import CUTOFF, Evaluation, Outcome, evaluation

_Record: TypeAlias = Mapping[str, Any]

_ANSWERABLE: Final = "answerable"
_UNANSWERABLE: Final = "unanswerable"
_CORPUS: Final = "corpus.jsonl"
_MARK: Final = re.compile(r" ?\[(\d+)\]")
_EVIDENCE: Final = "evidence"  # the name of a passage that holds it, among those found


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known of its answer; what is empty, or None, is not measured."""

    id: str
    question: str
    kind: str
    answerable: bool
    history: tuple[str, ...] = ()
    answer: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    count: int | None = None
    relevant: Mapping[str, int] = field(default_factory=dict)


def evaluate_questions(bot: QA, file: Path, *, on_progress: OnProgress | None = None) -> Evaluation:
    """Ask the questions of a file. Raises InputError for a file or a line that cannot be used."""
    outcomes = _ask_all(bot, _read_records(file, _question_case), on_progress)
    return evaluation(file.name, _by_kind(outcomes), apart=[(_ANSWERABLE, _UNANSWERABLE)])


def evaluate_beir(
    folder: Path, index: Path, *, encoder: Encoder, on_progress: OnProgress | None = None
) -> Evaluation:
    """Ask a BEIR folder's test queries of its corpus; documents are ranked by their best passages.

    ``index`` is brought up to the corpus. Raises InputError for a file or a line that cannot be used.
    """
    cases = read_beir(folder)
    with _opened(folder, index, encoder) as bot:
        outcomes = _ask_all(bot, cases, on_progress)
    return evaluation(folder.name, _by_kind(outcomes), apart=[(_ANSWERABLE, _UNANSWERABLE)])


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


def read_beir(folder: Path) -> list[Case]:
    """Return a BEIR folder's test queries. Raises InputError for a file or a line that cannot be used."""
    qrels: dict[str, dict[str, int]] = {}
    file = folder / "qrels" / "test.tsv"
    for number, line in _lines(file)[1:]:
        match line.split("\t"):
            case [query, record, grade] if grade.strip().isdecimal():
                qrels.setdefault(query, {}).update({record: int(grade)} if int(grade) else {})
            case _:
                raise _wrong("the line is not query, document and grade, set apart by tabs", file, number)
    cases = _read_records(folder / "queries.jsonl", lambda record, name: _query_case(record, name, qrels))
    return [case for case in cases if case.relevant or not case.answerable]


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
    return {_ANSWERABLE: [outcome for outcome in outcomes if outcome.answerable]} | groups


def _ask_all(bot: QA, cases: Sequence[Case], on_progress: OnProgress | None) -> list[Outcome]:
    outcomes = []
    for done, case in enumerate(cases, start=1):
        outcomes.append(_ask(bot, case))
        if on_progress:
            on_progress(done, len(cases))
    return outcomes


def _ask(bot: QA, case: Case) -> Outcome:
    started = time.perf_counter()
    answer = bot.ask(case.question, case.history)
    asked = time.perf_counter()
    measured = case.answerable and bool(case.relevant or case.evidence)
    hits = bot.retrieve(answer.query, k=CUTOFF) if measured else []
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
    corpus = [line for _, line in _lines(folder / _CORPUS)]
    with TemporaryDirectory(prefix="footnote-eval-") as data:
        (Path(data) / _CORPUS).write_text("\n".join(corpus), encoding="utf-8")
        try:
            yield QA(Path(data), index, encoder=encoder, follow=False)
        except CorpusError as error:
            raise _wrong(error.fact, folder / _CORPUS) from error


def _parted(cases: Sequence[Case], held: set[str]) -> list[Case]:
    """Return the cases as held or not held; a search over half a corpus is no ranking to report."""
    return [
        replace(case, kind="held", relevant={})
        if held & case.relevant.keys()
        else replace(case, kind="not held", answerable=False, relevant={}, answer=())
        for case in cases
    ]


def _query_case(record: _Record, name: str, qrels: Mapping[str, Mapping[str, int]]) -> Case:
    metadata = record.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a JSON object")
    answerable = metadata.get("answerable") is not False
    answers = _strings(metadata, "answers") if answerable else ()
    return Case(
        id=name,
        question=_text(record, "text"),
        kind=_ANSWERABLE if answerable else _UNANSWERABLE,
        answerable=answerable,
        answer=(answers,) if answers else (),
        relevant=qrels.get(name, {}) if answerable else {},
    )


def _question_case(record: _Record, name: str) -> Case:
    kind = str(record.get("kind", "question"))
    count = record.get("count")
    if count is not None and type(count) is not int:
        raise ValueError("its count is not a whole number")
    return Case(
        id=name,
        question=_text(record, "question"),
        kind=kind,
        answerable=kind != _UNANSWERABLE,
        history=_strings(record, "history"),
        answer=tuple(_strings({"answer": group}, "answer") for group in record.get("answer", [])),
        evidence=_strings(record, "evidence"),
        count=count,
    )


def _text(record: _Record, key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"it has no {key}" if value is None else f"its {key} is no text")
    return value


def _strings(record: _Record, key: str) -> tuple[str, ...]:
    value = record.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"its {key} is not a list of strings")
    return tuple(value)


def _read_records(file: Path, parse: Callable[[_Record, str], Case]) -> list[Case]:
    """Parse each line's object, given with its id, which is the line's number where it has none."""
    parsed = []
    for number, line in _lines(file):
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("it is not a JSON object")
            parsed.append(parse(record, str(record.get("_id", record.get("id", number)))))
        except (ValueError, TypeError) as error:
            raise _wrong(f"the line cannot be used: {error}", file, number) from error
    if parsed:
        return parsed
    raise _wrong("the file holds no question", file)


def _lines(file: Path) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"the file cannot be read ({type(error).__name__})", file) from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _wrong(fact: str, file: Path, line: int | None = None) -> InputError:
    place = str(file) if line is None else f"{file}, line {line}"
    return InputError(fact, place=place, remedy="The forms are told at the top of qa/evaluate.py.")
