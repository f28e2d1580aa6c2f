"""Thumbs up and down → a questions file that ``footnote eval`` reads.

    up, answered     the quotes are the evidence: one of them must be cited again
    up, declined     unanswerable: must be declined again
    down             ``answer``, if the user said what a right one holds; unanswerable, if the user said
                     that the sources do not hold it; else ``open``, which eval leaves aside

A line further has ``verdict``, ``reason``, ``said`` (the answer that was given) and ``time``. Rating an
answer again replaces its line.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from embeddings.errors import FootnoteError
from embeddings.private import make_private
from qa.answer import Answer, Json
from web.turn import Turn

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Rating:
    """What a user says of an answer; ``expected`` are words that a right one holds."""

    verdict: str
    reason: str = ""
    expected: str = ""
    unanswerable: bool = False

    def __post_init__(self) -> None:
        if self.verdict not in ("up", "down"):
            raise ValueError("a verdict is up or down")

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "Rating":
        """Return the rating that a browser sent. Raises ValueError where it is none."""
        return cls(
            str(told.get("verdict", "")),
            str(told.get("reason", "")).strip()[:_LONGEST],
            str(told.get("expected", "")).strip()[:_LONGEST],
            told.get("unanswerable") is True,
        )


class Feedback:
    """The questions file. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()

    def write(self, identity: str, turn: Turn, history: Sequence[str], rating: Rating) -> None:
        """Write the line of an answered turn, in the place of an earlier one with the same id.

        Raises FootnoteError where the file cannot be written.
        """
        if turn.answer is None:
            raise ValueError("only an answer can be rated")
        line = json.dumps(_record(identity, turn, turn.answer, history, rating), ensure_ascii=False)
        try:
            with self._lock:
                make_private(self.file.parent)
                lines = self._lines_without(identity)
                new = self.file.with_suffix(".new")
                new.write_text("".join(f"{each}\n" for each in [*lines, line]), encoding="utf-8")
                new.replace(self.file)
        except OSError as error:
            raise FootnoteError(
                f"the feedback cannot be written ({error.strerror or error})",
                place=str(self.file),
                remedy="Make its folder writable.",
            ) from error

    def _lines_without(self, identity: str) -> list[str]:
        if not self.file.exists():
            return []
        lines = self.file.read_text(encoding="utf-8").splitlines()
        mark = f'{{"id": {json.dumps(identity)},'
        return [line for line in lines if line.strip() and not line.startswith(mark)]


def _record(
    identity: str, turn: Turn, answer: Answer, history: Sequence[str], rating: Rating
) -> dict[str, Json]:
    record: dict[str, Json] = {"id": identity, "question": turn.question, "history": list(history)}
    if turn.where:
        record["where"] = {key: list(values) for key, values in turn.where.items()}
    return {
        **record,
        **_expectation(answer, rating),
        "verdict": rating.verdict,
        "reason": rating.reason,
        "said": answer.text,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _expectation(answer: Answer, rating: Rating) -> dict[str, Json]:
    if rating.verdict == "up" and answer.answered:
        return {"kind": "liked", "evidence": list(dict.fromkeys(c.quote for c in answer.citations))}
    if rating.verdict == "up" or rating.unanswerable:
        return {"kind": "unanswerable"}
    if rating.expected:
        return {"kind": "disliked", "answer": [[rating.expected]]}
    return {"kind": "open"}
