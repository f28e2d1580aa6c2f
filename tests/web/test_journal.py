"""What is logged of a question: its outcome, and not a word of it."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AppError  # type: ignore[import-untyped]

from qa import QA
from tests.web.conftest import free_port
from web.journal import LogForm, keep_logs
from web.server import Server

ABOUT_HER = "How many steps does Mira Holm climb every evening?"


Told = Callable[[], tuple[str, list[dict[str, object]]]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Iterator[Told]:
    """Return all that was written, to stdout, stderr and the logs, and of it the lines of questions."""
    root, page, log = logging.getLogger(), logging.getLogger("footnote.page"), io.StringIO()
    handlers, level = root.handlers, page.level
    root.handlers = [logging.StreamHandler(log)]
    keep_logs(LogForm.json)
    root.handlers = [*root.handlers, *handlers]

    def read() -> tuple[str, list[dict[str, object]]]:
        found = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
        said = "".join((log.getvalue(), *capfd.readouterr()))
        return said, [line for line in found if line["message"] == "question"]

    yield read
    root.handlers = handlers
    page.setLevel(level)


def test_a_question_is_a_line_of_counts(bot: QA, told: Told) -> None:
    server = Server(bot, port=free_port())
    client = Client(server.url, verbose=False)
    client.predict(ABOUT_HER, api_name="/ask")
    client.predict("Who painted the Mona Lisa?", api_name="/ask")
    client.predict("Mira Holm", 2, api_name="/retrieve")
    with pytest.raises(AppError, match="blank"):
        client.predict(" ", api_name="/ask")
    server.close()

    said, lines = told()
    assert [(line["via"], line["status"]) for line in lines] == [
        ("api", "answered"), ("api", "not_in_sources"), ("api", "found"), ("api", "refused")
    ]  # fmt: skip
    assert (lines[0]["generation"], lines[0]["citations"], lines[2]["hits"]) == (1, 1, 2)
    assert lines[3]["reason"] == "QuestionError"
    assert all(isinstance(line["ms"], int) and line["level"] == "INFO" for line in lines)
    assert not {"Mira", "Mona", "painted"} & set(said.split())


def test_with_leave_the_question_is_there(bot: QA, told: Told) -> None:
    server = Server(bot, port=free_port(), log_questions=True)
    Client(server.url, verbose=False).predict(ABOUT_HER, api_name="/ask")
    server.close()

    assert told()[1][0]["question"] == ABOUT_HER


def test_what_breaks_is_told_by_place_and_quotes_nothing(
    bot: QA, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(question: str, *_: object, **__: object) -> None:
        raise KeyError(question)

    monkeypatch.setattr(bot, "ask", broken)
    server = Server(bot, port=free_port())
    with pytest.raises(AppError, match="details are in the log"):
        Client(server.url, verbose=False).predict(ABOUT_HER, api_name="/ask")
    httpx.get(f"{server.url}?q=Mira+Holm")
    server.close()

    said, lines = told()
    assert (lines[0]["status"], lines[0]["reason"], lines[0]["level"]) == ("failed", "KeyError", "ERROR")
    assert "test_journal.py" in str(lines[0]["where"])
    assert "Mira" not in said


@pytest.mark.parametrize("form", list(LogForm))
def test_a_traceback_of_anything_is_written_without_its_message(form: LogForm) -> None:
    root, log = logging.getLogger(), io.StringIO()
    handlers, root.handlers = root.handlers, [logging.StreamHandler(log)]
    keep_logs(form)
    try:
        raise ValueError(ABOUT_HER)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    logging.getLogger("footnote").warning("a line")
    root.handlers = handlers

    assert "ValueError at" in log.getvalue()
    assert "test_journal.py" in log.getvalue()
    assert "Mira" not in log.getvalue()
    assert "a line" in log.getvalue()
