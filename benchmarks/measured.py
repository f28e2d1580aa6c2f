"""What runs in the process of one framework; speed.py starts it, and reads what it leaves.

python measured.py index NAME FOLDER     FOLDER/work.json → FOLDER/found.json, and the saved index
python measured.py cold NAME FOLDER      opens that, asks once, prints the hits found and its memory
python measured.py load                  prints in how many seconds Footnote's encoder is there
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from frameworks import Footnote, Framework, Passage
from running import package_version
from stores import PEERS

if TYPE_CHECKING:
    from embeddings.corpus import Span
    from embeddings.encoder import Encoder, EncoderCard, Vectors

ALL: Final[Sequence[type[Framework]]] = (Footnote, *PEERS)
NAMED: Final = {framework.name: framework for framework in ALL}
WORK: Final = "work.json"
FOUND: Final = "found.json"

# Passages indexed first, so that no import and no first call is timed.
_WARM: Final = 2
# Questions asked before any is timed.
_WARM_QUESTIONS: Final = 10
# How many documents are changed, one after the other.
_CHANGES: Final = 5


class TimedEncoder:
    """Footnote's encoder; ``seconds`` is what its questions took, ``passages`` are the texts it encoded."""

    def __init__(self, inner: "Encoder") -> None:
        self._inner = inner
        self.seconds = 0.0
        self.passages: list[str] = []

    @property
    def card(self) -> "EncoderCard":
        return self._inner.card

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._inner.count_tokens(texts)

    def encode_passages(self, texts: Sequence[str], parts: "Sequence[Sequence[Span]]") -> "list[Vectors]":
        self.passages += texts
        return self._inner.encode_passages(texts, parts)

    def encode_query(self, text: str) -> "Vectors":
        started = time.perf_counter()
        vector = self._inner.encode_query(text)
        self.seconds += time.perf_counter() - started
        return vector


def confine() -> None:
    """Keep to as many cores as there are threads: not every library is told by OMP_NUM_THREADS."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    if threads and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _index(framework: Framework) -> None:
    work = json.loads((framework.folder / WORK).read_text(encoding="utf-8"))
    passages = [Passage(**passage) for passage in work["passages"]]
    questions: list[str] = work["questions"]
    framework.load()
    if isinstance(framework, Footnote) and framework.encoder:
        framework.encoder = TimedEncoder(framework.encoder)
    _index_all(framework, passages[:_WARM])
    framework.search(questions[0])
    found: dict[str, object] = {"version": package_version(framework.package)}
    found["index_seconds"] = _index_all(framework, passages)
    found["index_mb"] = _memory()
    for question in questions[:_WARM_QUESTIONS]:
        framework.search(question)
    found |= _ask(framework, questions)
    found["change_seconds"] = _change(framework, passages)
    if isinstance(framework, Footnote):
        found["unchanged_seconds"] = [timed(framework.bot.refresh) for _ in range(_CHANGES)]
    (framework.folder / FOUND).write_text(json.dumps(found), encoding="utf-8")


def _index_all(framework: Framework, passages: Sequence[Passage]) -> float:
    framework.lay_down(passages)
    started = time.perf_counter()
    framework.index(passages)
    framework.save()
    return time.perf_counter() - started


def _ask(framework: Framework, questions: Sequence[str]) -> dict[str, object]:
    """Return the seconds of each question; of Footnote's, also without the encoder, and of answers."""
    encoder = framework.encoder if isinstance(framework, Footnote) else None
    seconds, outside = [], []
    for question in questions:
        before = encoder.seconds if isinstance(encoder, TimedEncoder) else 0.0
        seconds.append(timed(lambda text=question: framework.search(text)))  # type: ignore[misc]
        if isinstance(encoder, TimedEncoder):
            outside.append(seconds[-1] - (encoder.seconds - before))
    found: dict[str, object] = {"question_seconds": seconds}
    if isinstance(framework, Footnote):
        bot = framework.bot
        found["outside_seconds"] = outside
        found["ask_seconds"] = [timed(lambda text=question: bot.ask(text)) for question in questions]  # type: ignore[misc]
    return found


def _change(framework: Framework, passages: Sequence[Passage]) -> list[float]:
    """Return the seconds of each change; what was written must be found."""
    seconds = []
    for number in range(_CHANGES):
        passage = passages[number * len(passages) // _CHANGES]
        news = f"The keeper of the lighthouse number {number} is called Aurelio Quintanilla."
        changed = replace(passage, text=f"{news} {passage.text}")
        seconds.append(timed(lambda new=changed: framework.change(new)))  # type: ignore[misc]
        if passage.id not in framework.search(news):
            raise LookupError(f"the changed document {passage.id} is not found")
    return seconds


def _cold(framework: Framework) -> None:
    work = json.loads((framework.folder / WORK).read_text(encoding="utf-8"))
    framework.open()
    print(json.dumps({"hits": framework.search(work["questions"][0]), "mb": _memory()}))


def _memory() -> float:
    """Return the most memory that this process has held, in MB."""
    import resource  # Windows has none

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    confine()
    match sys.argv[1:]:
        case ["index", name, folder]:
            _index(NAMED[name](Path(folder)))
        case ["cold", name, folder]:
            _cold(NAMED[name](Path(folder)))
        case ["load"]:
            print(timed(Footnote(Path()).load))


if __name__ == "__main__":
    main()
