"""A hundred users at once through HTTP, each asking, waiting for the answer, and asking again.

    python benchmarks/load.py [--users 100] [--seconds 120]

The server is a process of its own over a made corpus, each of whose documents holds a number that no other
does; each answer is checked for the number asked for. Prints questions a second with p50 and p95, errors,
answers that were lost or another's, and what the server's memory did; beside it the engine called directly
by as many threads, and what encoding together brings. The users share the machine with the server.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from embeddings.encoder import load_encoder
from qa import QA
from running import machine

DOCUMENTS = 200
_NAMES = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Ironwood",
    "Juniper",
    "Larch",
)
_KINDS = (
    "ferry",
    "bakery",
    "library",
    "museum",
    "harbour",
    "orchard",
    "theatre",
    "mill",
    "school",
    "station",
)
_SERVE = "import ui; ui.main()"


@dataclass
class Outcome:
    """What became of the questions. ``times`` are seconds, of those answered rightly."""

    times: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    def line(self, seconds: float) -> str:
        """Return the figures in words."""
        ordered = sorted(self.times) or [float("nan")]
        p50, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
        wrong = dict(self.wrong) or "none"
        return (
            f"{len(self.times)} answers, {len(self.times) / seconds:.1f} a second, p50 {1e3 * p50:.0f} ms, "
            f"p95 {1e3 * p95:.0f} ms; wrong, lost or refused: {wrong}"
        )


def make_corpus(folder: Path, *, documents: int = DOCUMENTS) -> dict[str, str]:
    """Write so many documents, and return question → the number that its answer must hold."""
    folder.mkdir(parents=True)
    asked = {}
    for number in range(documents):
        name = f"{_NAMES[number % len(_NAMES)]}{number} {_KINDS[number % len(_KINDS)]}"
        code = str(100_000 + 977 * number)
        year, people = 1700 + number, 3 + 7 * number
        (folder / f"{number}.md").write_text(
            f"# The {name}\n\nThe {name} was opened in {year}. "
            f"The registration number of the {name} is {code}. "
            f"It has {people} visitors a day.\n",
            encoding="utf-8",
        )
        asked[f"What is the registration number of the {name}?"] = code
    return asked


def _in_turn(asked: dict[str, str], user: int) -> Iterator[str]:
    """Yield the questions for ever, each user in an order of his own."""
    questions = list(asked)
    for turn in count():
        yield questions[(37 * user + (13 + 2 * user) * turn) % len(questions)]


async def ask_http(port: int, question: str) -> str:
    """Ask as ``curl`` does: join the queue, then read the answer's stream to its end; return its text."""
    status, body = await _request(
        port, "POST", "/gradio_api/call/ask", json.dumps({"data": [question, None, None]}).encode()
    )
    if status != 200:
        raise ConnectionError(f"{status} {body[:100]!r}")
    event = json.loads(body)["event_id"]
    status, body = await _request(port, "GET", f"/gradio_api/call/ask/{event}", b"")
    blocks = body.decode().split("\n\n")
    said = next((block for block in blocks if block.startswith("event: complete")), None)
    if said is None:
        raise ConnectionError(f"no answer: {body[-200:]!r}")
    return str(json.loads(said.partition("data: ")[2])[0]["text"])


async def _request(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.read()
    finally:
        writer.close()
    start, _, rest = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in start.lower():
        rest = _unchunked(rest)
    return int(start.split(b" ", 2)[1]), rest


def _unchunked(raw: bytes) -> bytes:
    pieces = []
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        pieces.append(raw[:length])
        raw = raw[length + 2 :]
    return b"".join(pieces)


async def load(port: int, asked: dict[str, str], *, users: int, seconds: float) -> Outcome:
    """Let as many users ask one question after another, and check each answer."""
    outcome = Outcome()
    until = time.monotonic() + seconds

    async def user(number: int) -> None:
        questions = _in_turn(asked, number)
        while time.monotonic() < until:
            question = next(questions)
            started = time.monotonic()
            try:
                text = await asyncio.wait_for(ask_http(port, question), 60)
            except (OSError, TimeoutError, ValueError) as error:
                outcome.wrong[f"{type(error).__name__}: {str(error)[:80]}"] += 1
                continue
            if asked[question] in text:
                outcome.times.append(time.monotonic() - started)
            else:
                outcome.wrong["another's answer" if any(map(str.isdigit, text)) else "no answer"] += 1

    await asyncio.gather(*map(user, range(users)))
    return outcome


def direct(ask: Callable[[str], str], asked: dict[str, str], *, threads: int, seconds: float) -> Outcome:
    """Call the engine by as many threads."""
    outcome = Outcome()
    until = time.monotonic() + seconds
    lock = threading.Lock()

    def caller(number: int) -> None:
        questions = _in_turn(asked, number)
        while time.monotonic() < until:
            question = next(questions)
            started = time.monotonic()
            text = ask(question)
            with lock:
                if asked[question] in text:
                    outcome.times.append(time.monotonic() - started)
                else:
                    outcome.wrong["another's answer"] += 1

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(caller, range(threads)))
    return outcome


def waiting_together(asked: dict[str, str]) -> str:
    """Return how long so many questions that wait take to encode, one by one and together."""
    encoder = load_encoder(backend="openvino")
    lines = []
    for many in (8, 32, 100):
        questions = list(asked)[:many]
        with ThreadPoolExecutor(many) as pool:
            together, alone = [], []
            for _ in range(5):
                started = time.perf_counter()
                list(pool.map(encoder.encode_query, questions))
                together.append(time.perf_counter() - started)
                started = time.perf_counter()
                for question in questions:
                    encoder.encode_query(question)
                alone.append(time.perf_counter() - started)
        one, all_ = 1e3 * min(alone), 1e3 * min(together)
        lines.append(f"  {many} waiting: one by one {one:.0f} ms, together {all_:.0f} ms ({one / all_:.1f}×)")
    return "\n".join(lines)


def memory(process: int) -> float:
    """Return a process's memory in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1e3


def wait_until_ready(port: int, *, seconds: float = 120) -> None:
    """Wait until ``/ready`` says so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the server is not ready")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--users", type=int, default=100)
    options.add_argument("--seconds", type=float, default=120)
    given = options.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        data, index = Path(folder) / "data", Path(folder) / "index"
        asked = make_corpus(data)
        bot = QA.open(data, index)
        known = {question: code for question, code in asked.items() if code in bot.ask(question).text}
        print(f"{len(known)} of {len(asked)} questions have their number as the engine's answer")
        print("questions encoded:")
        print(waiting_together(known))
        command = [sys.executable, "-c", _SERVE, "chat", "--data", str(data), "--index", str(index)]
        command += ["--port", str(port), "--uploads", str(Path(folder) / "uploads")]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                command, stderr=log, stdout=log, env=os.environ, cwd=Path(__file__).parent.parent
            )
            wait_until_ready(port)
            asyncio.run(load(port, known, users=4, seconds=3))
            before = memory(server.pid)
            outcome = asyncio.run(load(port, known, users=given.users, seconds=given.seconds))
            after = memory(server.pid)
            server.terminate()
            ended = server.wait(timeout=30)
        print(f"{given.users} users through HTTP, {given.seconds:.0f} s: {outcome.line(given.seconds)}")
        print(f"  the server's memory: {before:.0f} MB before, {after:.0f} MB after; exit code {ended}")
        for threads in (1, 8):
            short = given.seconds / 4
            outcome = direct(lambda q: bot.ask(q).text, known, threads=threads, seconds=short)
            print(f"{threads} threads calling the engine, {short:.0f} s: {outcome.line(short)}")


if __name__ == "__main__":
    main()
