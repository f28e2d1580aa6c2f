"""A real process, told to stop while a hundred users ask it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from load import ask_http, make_corpus, wait_until_ready
from tests.web.conftest import free_port, run_apart

ROOT = Path(__file__).parent.parent.parent
SERVE = """
import sys, time
from pathlib import Path
from qa import QA
from tests.hashing_encoder import HashingEncoder
from ui import serve
from web.access import Access
folder, port, pause, takes = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
def opened():
    time.sleep(pause)
    bot = QA.open(folder / "data", folder / "index", encoder=HashingEncoder())
    ask = bot.ask
    def slow(*given, **named):
        time.sleep(takes)
        return ask(*given, **named)
    bot.ask = slow
    return bot
serve(opened, access=Access(port=port))
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the page in a process of its own, whose opening and answers take so many seconds."""
    started: list[subprocess.Popen[str]] = []

    def begin(port: int, *, pause: float = 0, takes: float = 0.3) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", SERVE, str(tmp_path), str(port), str(pause), str(takes)]
        path = os.pathsep.join((str(ROOT), str(ROOT / "benchmarks")))
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_answers_in_flight_are_finished_and_new_questions_refused(start: Start, tmp_path: Path) -> None:
    asked = list(make_corpus(tmp_path / "data", documents=40).items())
    port = free_port()
    process = start(port)
    wait_until_ready(port)

    async def ask_and_stop() -> tuple[list[str], list[object]]:
        in_flight = [asyncio.create_task(ask_http(port, question)) for question, _ in asked]
        await asyncio.sleep(1)
        process.terminate()
        await asyncio.sleep(0.3)
        late = await asyncio.gather(*(ask_http(port, "Where?") for _ in range(3)), return_exceptions=True)
        return await asyncio.gather(*in_flight), list(late)

    answers, late = run_apart(ask_and_stop())

    assert all(code in answer for answer, (_, code) in zip(answers, asked, strict=True))
    assert all("503" in str(each) and "being stopped" in str(each) for each in late)
    assert process.wait(timeout=15) == 0
    assert "Traceback" not in process.communicate()[1]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_while_the_index_is_being_made_it_ends_at_once(
    told: signal.Signals, start: Start, tmp_path: Path
) -> None:
    make_corpus(tmp_path / "data", documents=40)
    port = free_port()
    process = start(port, pause=60)
    answers = first_answers(port)

    process.send_signal(told)

    assert process.wait(timeout=10) == 0
    assert [answer.status_code for answer in answers] == [200, 503]
    assert "Traceback" not in process.communicate()[1]


def test_an_answer_that_takes_too_long_does_not_keep_it(start: Start, tmp_path: Path) -> None:
    (question, *_) = make_corpus(tmp_path / "data", documents=1)
    port = free_port()
    process = start(port, takes=30)
    wait_until_ready(port)
    httpx.post(f"http://127.0.0.1:{port}/gradio_api/call/ask", json={"data": [question, None, None]})

    process.send_signal(signal.SIGINT)
    began = time.monotonic()

    assert process.wait(timeout=20) == 0
    assert 7 < time.monotonic() - began < 14


def first_answers(port: int) -> list[httpx.Response]:
    """Return what ``/health`` and ``/ready`` answer as soon as the port is open."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            return [httpx.get(f"http://127.0.0.1:{port}/{path}") for path in ("health", "ready")]
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the port was never opened")


DEAF = """
import signal, time
from web.server import end_when_told
class Deaf:
    def __del__(self):
        print("tidying", flush=True)
        time.sleep(1)
end_when_told()
Deaf()
print("serving", flush=True)
time.sleep(30)
"""


def test_told_while_an_object_is_tidied_up_it_ends_all_the_same() -> None:
    process = subprocess.Popen([sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "tidying\n"
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert process.stdout.read() == "serving\n"  # the first word was lost
