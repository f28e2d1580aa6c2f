"""Where Footnote's time goes: a build, changes, cold openings, questions, by stage, beside the encoder alone.

    python benchmarks/stages.py FOLDER [--questions N] [--documents N] [--threads N]

A thread looks every millisecond where the measured one stands, and counts the stage of the innermost
function that has one; nothing is wrapped or slowed down by counting calls. A stage is a line of _STAGES,
or else the module. Shares are of these looks, the totals are of a run without them. What a library does
counts for whoever called it.

The floor is the encoder alone, on the same texts, one after the other: nothing that encodes is faster.
"""

import argparse
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Final

from frameworks import Footnote, Passage
from measured import TimedEncoder, confine, timed
from running import as_table, machine, read_corpus

_BENCHMARKS: Final = Path(__file__).resolve().parent
_ROOT: Final = _BENCHMARKS.parent
_INTERVAL: Final = 0.001
# A smaller share is not shown.
_LEAST: Final = 0.005
_WARM: Final = 10
_CHANGES: Final = 5
# Module, function (none: any that is not named) → stage. Names that are gone give their module's line.
_STAGES: Final[dict[tuple[str, str], str]] = {
    ("qa/engine.py", "_current"): "look for changes",
    ("embeddings/readers.py", ""): "read files",
    ("embeddings/metadata.py", ""): "read files",
    ("embeddings/pages.py", ""): "read files",
    ("embeddings/blocks.py", ""): "split",
    ("embeddings/splitter.py", ""): "split",
    ("embeddings/sentences.py", ""): "split: sentences",
    ("embeddings/openvino_encoder.py", "count_tokens"): "count tokens",
    ("embeddings/torch_encoder.py", "count_tokens"): "count tokens",
    ("embeddings/openvino_encoder.py", "encode_passages"): "tokenise",
    ("embeddings/openvino_encoder.py", "encode_query"): "tokenise",
    ("embeddings/openvino_encoder.py", "_encode_together"): "tokenise",
    ("embeddings/openvino_encoder.py", "_pass"): "forward pass",
    ("embeddings/openvino_encoder.py", "_request"): "compile the model",
    ("embeddings/openvino_encoder.py", "_tokenizer"): "load the tokenizer",
    ("embeddings/torch_encoder.py", ""): "forward pass",
    ("embeddings/encoder.py", ""): "pool sentences",
    ("embeddings/openvino_encoder.py", "_read_tokenizer"): "load the tokenizer",
    ("embeddings/conversion.py", ""): "check the model's digests",
    ("embeddings/cache.py", ""): "vector cache: read",
    ("embeddings/cache.py", "_open"): "vector cache: open",
    ("embeddings/cache.py", "_connect"): "vector cache: open",
    ("embeddings/cache.py", "_store"): "vector cache: write",
    ("embeddings/publication.py", ""): "publish: write",
    ("embeddings/assembly.py", ""): "publish: write",
    ("embeddings/columns.py", ""): "publish: write",
    ("embeddings/disk.py", "flush"): "publish: fsync",
    ("embeddings/columns.py", "map_columns"): "open the snapshot",
    ("embeddings/columns.py", "check_digests"): "open the snapshot",
    ("embeddings/snapshot.py", "current_generation"): "look for changes",
    ("embeddings/snapshot.py", ""): "open the snapshot",
    ("embeddings/folder.py", ""): "look for changes",
    ("embeddings/folder.py", "look"): "read files",
    ("qa/following.py", ""): "look for changes",
    ("embeddings/analyser.py", ""): "analyse words",
    ("embeddings/lexicon.py", ""): "BM25: score",
    ("embeddings/abbreviations.py", ""): "find abbreviations",
    ("qa/spelling.py", ""): "spelling",
    ("qa/catalog.py", ""): "catalog",
    ("qa/conversation.py", ""): "conversation",
    ("qa/request.py", ""): "catalog",
    ("qa/vocabulary.py", ""): "catalog",
    ("qa/lexical.py", ""): "BM25: score",
    ("qa/terms.py", ""): "scoring features",
    ("qa/ranking.py", ""): "scoring features",
    ("qa/retriever.py", ""): "retriever",
    ("qa/reading.py", ""): "hits",
    ("qa/composer.py", ""): "compose",
    ("qa/confidence.py", ""): "compose",
    ("qa/expectation.py", ""): "compose",
    ("qa/silence.py", ""): "compose",
    ("qa/lookup.py", ""): "compose",
    ("qa/plain.py", ""): "compose",
}


class Sampler:
    """Counts the stages that one thread is seen in."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._watched = threading.get_ident()
        self._ended = threading.Event()

    def __call__(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self.counts[_stage(sys._current_frames().get(self._watched))] += 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count while the block runs."""
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-4)  # seen where it stands, not where it next lets go of the interpreter
        thread = threading.Thread(target=self, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            sys.setswitchinterval(interval)


def _stage(frame: FrameType | None) -> str:
    imported = ""
    while frame:
        code = frame.f_code
        path = Path(code.co_filename)
        ours = path.is_relative_to(_ROOT) and not path.is_relative_to(_BENCHMARKS)
        if ours and imported:
            return f"import {imported}"
        if code.co_name == "<module>" and not path.is_relative_to(_BENCHMARKS):
            imported = _package(path)
        elif ours and not code.co_name.startswith("<"):  # a comprehension is its function's
            module = path.relative_to(_ROOT).as_posix()
            if module == "embeddings/index.py" and code.co_name in ("search", "cosines"):
                return f"vectors: {code.co_name} in {_rows(frame):,}"
            return _STAGES.get((module, code.co_name)) or _STAGES.get((module, "")) or module
        frame = frame.f_back
    return f"import {imported}" if imported else "other"


def _package(path: Path) -> str:
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
    return "Footnote" if path.is_relative_to(_ROOT) else "the standard library"


def _rows(frame: FrameType) -> int:
    """Return how many rows the index has that searches: passages or sentences."""
    return len(frame.f_locals["self"])


def main() -> None:
    options = _parser().parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    confine()
    with TemporaryDirectory(prefix="stages-") as folder:
        footnote = Footnote(Path(folder))
        _print("importing qa and loading the encoder", lambda: _load(footnote))
        from qa.cases import read_beir

        passages = read_corpus(options.folder)[: options.documents]
        questions = [case.question for case in read_beir(options.folder) if case.answerable]
        questions = questions[:: max(1, len(questions) // options.questions)][: options.questions]
        _profile(footnote, passages, questions)
    about = f"{len(passages)} documents, {len(questions)} questions"
    print(f"\n{machine()}; {options.threads} threads. {about}.")


def _load(footnote: Footnote) -> None:
    import qa  # noqa: F401

    footnote.load()


def _profile(footnote: Footnote, passages: Sequence[Passage], questions: Sequence[str]) -> None:
    assert footnote.encoder  # noqa: S101 (it is loaded)
    encoder = footnote.encoder = TimedEncoder(footnote.encoder)

    def build() -> None:
        footnote.index(passages)

    footnote.lay_down(passages)
    build()
    texts, encoder.passages = encoder.passages, []
    floor = min(timed(lambda: _encode(encoder, texts)) for _ in range(2))
    footnote.lay_down(passages)
    seconds = timed(build)
    footnote.lay_down(passages)
    _print(f"a build of {len(passages)} documents", build, seconds, floor, "the encoder alone")

    rows = [passages[n * len(passages) // _CHANGES] for n in range(_CHANGES)]

    def change(word: str) -> Callable[[], None]:
        def run() -> None:
            for passage in rows:
                footnote.change(replace(passage, text=f"{word} {passage.text}"))

        return run

    encoder.passages.clear()
    seconds = timed(change("Lately."))
    floor = timed(lambda: _encode(encoder, encoder.passages[:]))
    _print("one document changed", change("Today."), seconds, floor, "its text encoded", count=_CHANGES)

    def unchanged() -> None:
        for _ in range(_CHANGES):
            footnote.bot.refresh()

    time.sleep(2.1)  # a file's mtime is trusted from then on
    unchanged()
    _print("a refresh where nothing changed", unchanged, timed(unchanged), count=_CHANGES)

    def reopen() -> None:
        for _ in range(_CHANGES):
            footnote.open()

    _print("opening the index, all imported", reopen, timed(reopen), count=_CHANGES)

    def ask() -> None:
        for question in questions:
            footnote.bot.ask(question)

    for question in questions[:_WARM]:
        footnote.bot.ask(question)
    seconds = timed(ask)
    floor = timed(lambda: [encoder.encode_query(question) for question in questions])
    _print("an answer", ask, seconds, floor, "the question encoded", count=len(questions))


def _encode(encoder: TimedEncoder, texts: Sequence[str]) -> None:
    encoder.encode_passages(texts, [()] * len(texts))


def _print(
    title: str,
    action: Callable[[], None],
    seconds: float = 0.0,
    floor: float = 0.0,
    of: str = "",
    count: int = 1,
) -> None:
    """Run it watched, and print what part of its seconds each stage took, and its floor.

    ``seconds`` are those of a run that nobody watched, where there can be one.
    """
    sampler = Sampler()
    with sampler.watching():
        watched = timed(action)
    seconds = seconds or watched
    looks = sampler.counts.total()
    total = seconds / count * 1e3
    rows = [
        [stage, f"{total * seen / looks:,.2f}", f"{seen / looks:.1%}"]
        for stage, seen in sampler.counts.most_common()
        if seen / looks >= _LEAST
    ]
    rows.append(["**all**", f"**{total:,.2f}**", ""])
    if floor:
        rows.append([f"the floor: {of}", f"{floor / count * 1e3:,.2f}", f"{floor / seconds:.1%}"])
    print(f"\n{as_table([title, 'ms', 'share'], rows)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Show where Footnote's time goes.")
    parser.add_argument("folder", type=Path, help="corpus.jsonl, queries.jsonl, qrels/test.tsv")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--documents", type=int, help="index the first so many [default: all]")
    parser.add_argument("--threads", type=int, default=2)
    return parser


if __name__ == "__main__":
    main()
