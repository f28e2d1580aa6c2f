"""What the page writes about its work: a line a question, as text or as JSON, and what went wrong.

    {"time": "…", "level": "INFO", "message": "question", "via": "page", "status": "answered",
     "ms": 21, "generation": 3, "hits": 10, "citations": 2}

``via`` is page, api or mcp; ``status`` is answered, not_in_sources, found (of a search), refused (what was
asked cannot be, with its ``reason``) or failed. What people ask is theirs: no line holds words of a
question, a traceback's message included, unless that is asked for; then ``question`` is there too.
"""

import json
import logging
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum

from embeddings.errors import FootnoteError
from qa.answer import Answer, Hit

_LOG = logging.getLogger("footnote.page")
_FIELDS = "footnote_fields"


class LogForm(StrEnum):
    """How logs are written."""

    text = "text"
    json = "json"


class Journal:
    """Writes down what was asked, by its outcome; with ``questions``, also by its words."""

    def __init__(self, *, questions: bool = False) -> None:
        self._questions = questions

    @contextmanager
    def entry(self, question: object, *, via: str) -> Iterator["Entry"]:
        """Write a line for what is done within, whatever comes of it."""
        entry = Entry(via)
        started = time.monotonic()
        try:
            yield entry
        except FootnoteError as error:
            entry.note(status="refused", reason=type(error).__name__)
            raise
        except Exception as error:
            entry.note(status="failed", reason=type(error).__name__, where=frames(error))
            raise
        finally:
            entry.note(ms=round(1_000 * (time.monotonic() - started)))
            if self._questions:
                entry.note(question=str(question))
            failed = entry.fields["status"] == "failed"
            _LOG.log(
                logging.ERROR if failed else logging.INFO, "question", extra={_FIELDS: dict(entry.fields)}
            )


class Entry:
    """A line that is being written."""

    def __init__(self, via: str) -> None:
        self.fields: dict[str, str | int] = {"via": via, "status": "failed"}

    def note(self, **fields: str | int) -> None:
        """Add fields, or replace them."""
        self.fields |= fields

    def answered(self, answer: Answer, generation: int) -> None:
        """Note an answer."""
        counts = {"hits": len(answer.hits), "citations": len(answer.citations)}
        self.note(status=answer.status, generation=generation, **counts)

    def found(self, hits: Sequence[Hit], generation: int) -> None:
        """Note what a search found."""
        self.note(status="found", generation=generation, hits=len(hits))


def write(message: str, *, level: int = logging.INFO, **fields: str | int) -> None:
    """Write a line about the server itself."""
    _LOG.log(level, message, extra={_FIELDS: fields})


def frames(error: BaseException) -> str:
    """Return where an exception came from, without its message: that may quote what was asked."""
    stack = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(stack))


def keep_logs(form: LogForm) -> None:
    """Write all logs to stderr in this form, those of questions included."""
    formatter = _Json() if form is LogForm.json else _Text("%(name)s: %(message)s")
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(formatter)
    _LOG.setLevel(logging.INFO)


class _Text(logging.Formatter):
    """A line for people: the message, then what was noted."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, _FIELDS, {})
        record.exc_text = None  # another's rendering, with the message
        said = ", ".join(f"{name} {_plain(value)}" for name, value in fields.items())
        return f"{super().format(record)}{': ' if said else ''}{said}"

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        return _without_message(ei)


class _Json(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["where"] = _without_message(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _without_message(told: object) -> str:
    error = told[1] if isinstance(told, tuple) else None
    return f"{type(error).__name__} at {frames(error)}" if isinstance(error, BaseException) else ""


def _plain(value: str | int) -> str:
    return " ".join(value.split()) if isinstance(value, str) else str(value)
