"""Many threads ask while the documents change and refreshes run: errors, mixed generations, memory, handles.

All documents stand in one file, which is replaced as a whole by the next edition of it, each sentence marked
with the edition. So every hit and quote of a response has the same mark, or two generations were mixed.
"""

import argparse
import re
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from embeddings.encoder import Encoder, load_encoder
from embeddings.refresh import refresh
from qa import QA

_EDITION = re.compile(r"edition(\d+)")
_QUESTIONS = ("Who keeps lamp 7?", "How often does lamp 11 turn?", "Which rock does lamp 3 warn of?")
_LAMPS = 40
# Seconds between two editions, and until memory and handles are measured for the first time.
_PAUSE = 0.2
_WARM = 0.4


@dataclass
class Figures:
    """What came of it. ``memory`` is resident MiB and ``handles`` open files: once warm, and at the end."""

    asked: int = 0
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    editions: set[int] = field(default_factory=set)
    generations: int = 0
    memory: tuple[float, float] = (0.0, 0.0)
    handles: tuple[int, int] = (0, 0)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the figures in words."""
        p95 = quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else 0.0
        return (
            f"{self.asked:,} questions, {len(self.errors)} errors, {len(self.mixed)} of two generations\n"
            f"{len(self.editions)} editions seen in answers, {self.generations} generations published\n"
            f"a question: median {1000 * median(self.seconds):.0f} ms, p95 {1000 * p95:.0f} ms\n"
            f"memory {self.memory[0]:.0f} MiB once warm, {self.memory[1]:.0f} MiB at the end; "
            f"open files {self.handles[0]} and {self.handles[1]}"
        )


def write_edition(data: Path, number: int) -> None:
    """Replace the documents by another edition of them, at once."""
    records = [
        f'{{"_id": "lamp{n}", "title": "Lamp {n}", "text": "Keeper{n * number % 97} keeps lamp {n} in '
        f"edition{number}. Lamp {n} turns {n + number} times in edition{number}. Lamp {n} warns of "
        f'rock {n} in edition{number}."}}'
        for n in range(_LAMPS)
    ]
    new = data / ".lamps.new"
    new.write_text("\n".join(records), encoding="utf-8")
    new.replace(data / "lamps.jsonl")


def ask_together(data: Path, index: Path, *, encoder: Encoder, seconds: float, threads: int) -> Figures:
    """Ask from many threads while editions follow each other, and return what came of it."""
    data.mkdir(parents=True)
    write_edition(data, 1)
    bot = QA.open(data, index, encoder=encoder)
    figures, lock, end = Figures(), threading.Lock(), threading.Event()

    def asking(turn: int) -> None:
        while not end.is_set():
            question = _QUESTIONS[turn % len(_QUESTIONS)]
            turn += 1
            started = time.monotonic()
            marks = _asked(bot, question) if turn % 2 else _retrieved(bot, question)
            with lock:
                figures.asked += 1
                figures.seconds.append(time.monotonic() - started)
                figures.editions |= marks
                if len(marks) != 1:
                    figures.mixed.append(f"{question} {sorted(marks)}")

    def editing() -> None:
        number = 1
        while not end.wait(_PAUSE):
            number += 1
            write_edition(data, number)

    def refreshing(work: Callable[[], object]) -> Callable[[], None]:
        def repeat() -> None:
            while not end.wait(_PAUSE / 2):
                work()

        return repeat

    def failed(told: threading.ExceptHookArgs) -> None:
        figures.errors.append(f"{told.exc_type.__name__}: {told.exc_value}")

    work = [
        *(threading.Thread(target=asking, args=(n,)) for n in range(threads)),
        threading.Thread(target=editing),
        threading.Thread(target=refreshing(bot.refresh)),
        threading.Thread(target=refreshing(lambda: refresh(data, index, encoder=encoder))),
    ]
    hook, threading.excepthook = threading.excepthook, failed
    for thread in work:
        thread.start()
    time.sleep(_WARM * seconds)
    warm = _resources()
    time.sleep((1 - _WARM) * seconds)
    last = _resources()
    end.set()
    for thread in work:
        thread.join()
    threading.excepthook = hook
    figures.generations = bot.refresh().generation
    figures.memory, figures.handles = (warm[0], last[0]), (warm[1], last[1])
    return figures


def _asked(bot: QA, question: str) -> set[int]:
    answer = bot.ask(question)
    return _marks([*(citation.quote for citation in answer.citations), *(hit.text for hit in answer.hits)])


def _retrieved(bot: QA, question: str) -> set[int]:
    return _marks([hit.text for hit in bot.retrieve(question, k=10)])


def _marks(texts: list[str]) -> set[int]:
    return {int(number) for text in texts for number in _EDITION.findall(text)}


def _resources() -> tuple[float, int]:
    """Return the resident MiB of this process, and how many files it has open (Linux only)."""
    resident = int(Path("/proc/self/statm").read_bytes().split()[1])
    return resident * resource.getpagesize() / 2**20, len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Print the figures; exit with 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=32)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        figures = ask_together(
            folder / "data",
            folder / "index",
            encoder=load_encoder(),
            seconds=arguments.seconds,
            threads=arguments.threads,
        )
    finally:
        shutil.rmtree(folder)
    print(f"{arguments.threads} threads, {arguments.seconds:.0f} s: {figures}")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    for wrong in [*figures.errors, *figures.mixed][:20]:
        print(wrong, file=sys.stderr)
    sys.exit(bool(figures.errors or figures.mixed))


if __name__ == "__main__":
    main()
