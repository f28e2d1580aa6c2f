"""Cases: questions and what is known of their answers, read from a questions file or a BEIR folder.

questions file   one JSON object a line: ``question``, and any of ``id``, ``history``, ``evidence``
(strings, one of which a citation must hold), ``answer`` (groups, from each of which
one must be said), ``count`` (must be said), ``kind`` (unanswerable: to be declined;
open: not asked, for nothing is known), ``where`` (filters, as for ``QA.ask``)
BEIR folder      corpus.jsonl, queries.jsonl and qrels/test.tsv; a query's ``metadata`` may hold
``answers`` (strings, one of which must be said) and ``answerable``, false where it
must be declined. A query with neither a relevant document nor that is left aside.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from embeddings.errors import InputError

_Record: TypeAlias = Mapping[str, Any]

ANSWERABLE: Final = "answerable"
UNANSWERABLE: Final = "unanswerable"
_OPEN: Final = "open"


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
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_beir(folder: Path) -> list[Case]:
    """Return a BEIR folder's test queries. Raises InputError for a file or a line that cannot be used."""
    qrels: dict[str, dict[str, int]] = {}
    file = folder / "qrels" / "test.tsv"
    for number, line in lines_of(file)[1:]:
        match line.split("\t"):
            case [query, record, grade] if grade.strip().isdecimal():
                qrels.setdefault(query, {}).update({record: int(grade)} if int(grade) else {})
            case _:
                raise wrong("the line is not query, document and grade, set apart by tabs", file, number)
    cases = _read_records(folder / "queries.jsonl", lambda record, name: _query_case(record, name, qrels))
    return [case for case in cases if case.relevant or not case.answerable]


def read_questions(file: Path) -> list[Case]:
    """Return a file's questions. Raises InputError for a file or a line that cannot be used."""
    cases = [case for case in _read_records(file, _question_case) if case.kind != _OPEN]
    if not cases:
        raise wrong("the file holds no question whose answer is known", file)
    return cases


def _query_case(record: _Record, name: str, qrels: Mapping[str, Mapping[str, int]]) -> Case:
    metadata = record.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a JSON object")
    answerable = metadata.get("answerable") is not False
    answers = _strings(metadata, "answers") if answerable else ()
    return Case(
        id=name,
        question=_text(record, "text"),
        kind=ANSWERABLE if answerable else UNANSWERABLE,
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
        answerable=kind != UNANSWERABLE,
        history=_strings(record, "history"),
        answer=tuple(_strings({"answer": group}, "answer") for group in record.get("answer", [])),
        evidence=_strings(record, "evidence"),
        count=count,
        where=_filters(record),
    )


def _filters(record: _Record) -> dict[str, tuple[str, ...]]:
    where = record.get("where", {})
    if not isinstance(where, dict):
        raise ValueError("its where is not a JSON object")
    return {key: (value,) if isinstance(value, str) else _strings(where, key) for key, value in where.items()}


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
    for number, line in lines_of(file):
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("it is not a JSON object")
            parsed.append(parse(record, str(record.get("_id", record.get("id", number)))))
        except (ValueError, TypeError) as error:
            raise wrong(f"the line cannot be used: {error}", file, number) from error
    if parsed:
        return parsed
    raise wrong("the file holds no question", file)


def lines_of(file: Path) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(f"the file cannot be read ({type(error).__name__})", file) from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def wrong(fact: str, file: Path, line: int | None = None) -> InputError:
    """Return the error of a file, or of a line of it."""
    place = str(file) if line is None else f"{file}, line {line}"
    return InputError(fact, place=place, remedy='README shows the form, under "From the shell".')
