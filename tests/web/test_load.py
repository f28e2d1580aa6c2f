"""Many users at once: each gets an answer, and his own; past capacity the page says no, in words."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]

from load import load, make_corpus
from qa import QA
from qa.answer import Answer
from tests.hashing_encoder import HashingEncoder
from tests.web.asking import STEPS
from tests.web.conftest import free_port, run_apart
from web.server import Server

USERS = 100
SECONDS = 5.0


def test_a_hundred_users_at_once_each_get_their_own_answer(tmp_path: Path) -> None:
    asked = make_corpus(tmp_path / "data", documents=50)
    bot = QA.open(tmp_path / "data", tmp_path / "index", encoder=HashingEncoder())
    known = {question: code for question, code in asked.items() if code in bot.ask(question).text}
    server = Server(bot, port=free_port())

    outcome = run_apart(load(server.port, known, users=USERS, seconds=SECONDS))
    page = server._page
    server.close()

    assert len(known) > 40
    assert dict(outcome.wrong) == {}
    assert len(outcome.times) >= USERS
    assert page is not None
    assert page.waiting == 0
    assert len(page.blocks._queue.pending_event_ids_session) == 0
    assert len(page.blocks._queue.event_ids_to_events) == 0


class Held:
    """A bot's ``ask`` that waits until it is let go."""

    def __init__(self, bot: QA) -> None:
        self.ask, self.go = bot.ask, threading.Event()

    def __call__(self, question: str, *_: object, **__: object) -> Answer:
        assert self.go.wait(30)
        return self.ask(question)


@pytest.fixture
def full(bot: QA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A page that answers one question, keeps one waiting, and takes no more."""
    held = Held(bot)
    monkeypatch.setattr(bot, "ask", held)
    monkeypatch.setattr("web.mounted.AT_ONCE", 1)
    server = Server(bot, port=free_port())
    posts = [post(server) for _ in range(2)]
    while server._page is not None and server._page.waiting != 1:
        time.sleep(0.01)
    monkeypatch.setattr("web.door.MOST_WAITING", 1)
    yield server
    monkeypatch.setattr("web.door.MOST_WAITING", 256)
    held.go.set()
    for answer in posts:
        event = answer.json()["event_id"]
        assert "212" in httpx.get(f"{server.url}gradio_api/call/ask/{event}", timeout=30).text
    server.close()


def post(server: Server, **headers: str) -> httpx.Response:
    body = {"data": [STEPS, None, None]}
    return httpx.post(f"{server.url}gradio_api/call/ask", json=body, headers=headers)


def test_past_capacity_a_program_is_told_so_and_those_who_wait_are_answered(full: Server) -> None:
    english, chinese = post(full), post(full, **{"accept-language": "zh-CN"})

    assert (english.status_code, english.headers["retry-after"]) == (503, "2")
    assert english.json() == {"detail": "Too many questions are waiting already. Ask again in a few seconds."}
    assert chinese.json() == {"detail": "正在等待的问题过多，请过几秒再提问。"}
    with pytest.raises(Exception, match="Queue is full"):
        Client(full.url, verbose=False).predict(STEPS, api_name="/ask")
