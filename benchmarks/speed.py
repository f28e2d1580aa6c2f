"""Measure how fast Footnote is beside its peers: indexing, questions, cold starts, changes, memory.

    python benchmarks/speed.py FOLDER [--questions N] [--documents N] [--only NAME] [--python PATH]
                                      [--threads N] [--conversion] [--json FILE]

FOLDER is in BEIR form; each record is a document of its own. Each framework runs in processes of its
own, one after the other, on the same cores, with the same weights (frameworks.py, stores.py):

    index      texts → a searchable, saved index; the model is loaded, and everything was called once
    question   the ten best, one question at a time
    cold       a new process that opens the saved index and prints the hits of one question, to its exit
    changed    one document of all: searchable, and saved

In brackets stands how many times as fast, or as small, that is as sentence-transformers and FAISS by hand.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

from frameworks import Footnote, Framework, Recipe
from measured import FOUND, NAMED, WORK
from running import Failed, as_table, machine, read_corpus, run_apart

_MEASURED: Final = str(Path(__file__).with_name("measured.py"))
_REPEATS: Final = 5
# Column, the figure's name, its decimals; of all but the first, less is better.
_COLUMNS: Final = (
    ("index, documents/s", "documents_per_second", 0),
    ("question p50, ms", "question_p50_ms", 1),
    ("p95, ms", "question_p95_ms", 1),
    ("cold start, s", "cold_median_s", 2),
    ("best, s", "cold_best_s", 2),
    ("one changed, ms", "changed_ms", 0),
    ("memory indexing, MB", "index_mb", 0),
    ("memory cold, MB", "cold_mb", 0),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table; where there is a problem, nothing was measured."""

    name: str
    row: str
    update: str
    version: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    problem: str = ""

    def cells(self, beside: "Result | None") -> list[str]:
        """Return what the table shows."""
        if self.problem:
            return [self.row, self.problem, *["–"] * (len(_COLUMNS) + 1)]
        shown = [self._cell(name, digits, beside) for _, name, digits in _COLUMNS]
        return [self.row, self.version, *shown, self.update]

    def _cell(self, name: str, digits: int, beside: "Result | None") -> str:
        figure = f"{self.figures[name]:,.{digits}f}"
        if beside is None or beside.problem:
            return figure
        ratio = self.figures[name] / beside.figures[name]
        return f"{figure} ({ratio if name == 'documents_per_second' else 1 / ratio:.2g}×)"


def main() -> None:
    options = _parser().parse_args()
    work = _work(options)
    results = [_measure(NAMED[name], work, options) for name in options.only or NAMED]
    beside = next((result for result in results if result.name == Recipe.name), None)
    head = ["", "version", *(column for column, _, _ in _COLUMNS), "a change"]
    print(as_table(head, [result.cells(beside) for result in results]))
    about = f"{len(work['passages'])} documents, {len(work['questions'])} questions"
    print(f"\n{machine()}; {options.threads} threads. {about}, k=10. Timings are of one run and noisy.")
    alone = _alone(results, options)
    for what, figure in alone.items():
        print(f"- Footnote, {what}: {figure:,.2f}")
    if options.json:
        report = {"folder": str(options.folder), "about": about, "machine": machine(), "alone": alone}
        found = {**report, "threads": options.threads, "results": [asdict(result) for result in results]}
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how fast Footnote is beside its peers.")
    parser.add_argument("folder", type=Path, help="corpus.jsonl, queries.jsonl, qrels/test.tsv")
    parser.add_argument("--questions", type=int, default=400, help="ask this many, evenly spread [400]")
    parser.add_argument("--documents", type=int, help="index this many, evenly spread [default: all]")
    parser.add_argument("--only", action="append", choices=list(NAMED))
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--conversion", action="store_true", help="also time the conversion of Footnote's model"
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser


def _work(options: argparse.Namespace) -> dict[str, list[object]]:
    from qa.cases import read_beir

    questions: list[object] = [case.question for case in read_beir(options.folder) if case.answerable]
    passages: list[object] = [asdict(passage) for passage in read_corpus(options.folder)]
    return {
        "passages": _spread(passages, options.documents),
        "questions": _spread(questions, options.questions),
    }


def _spread(items: list[object], most: int | None) -> list[object]:
    count = min(most or len(items), len(items))
    return [items[n * len(items) // count] for n in range(count)]


def _measure(
    framework: type[Framework], work: dict[str, list[object]], options: argparse.Namespace
) -> Result:
    print(f"{framework.name} …", file=sys.stderr, flush=True)
    python = sys.executable if framework is Footnote else options.python
    with TemporaryDirectory(prefix="speed-") as folder:
        (Path(folder) / WORK).write_text(json.dumps(work), encoding="utf-8")
        try:
            run_apart([python, _MEASURED, "index", framework.name, folder], options.threads)
            found = json.loads((Path(folder) / FOUND).read_text(encoding="utf-8"))
            cold, said = [], []
            for _ in range(_REPEATS):
                started = time.perf_counter()
                last = run_apart([python, _MEASURED, "cold", framework.name, folder], options.threads)
                cold.append(time.perf_counter() - started)
                said.append(json.loads(last))
        except Failed as error:
            return Result(framework.name, framework.row, framework.update, problem=str(error))
    figures = {
        "documents_per_second": len(work["passages"]) / found["index_seconds"],
        "question_p50_ms": median(found["question_seconds"]) * 1e3,
        "question_p95_ms": quantiles(found["question_seconds"], n=20)[-1] * 1e3,
        "cold_median_s": median(cold),
        "cold_best_s": min(cold),
        "changed_ms": median(found["change_seconds"]) * 1e3,
        "index_mb": found["index_mb"],
        "cold_mb": max(each["mb"] for each in said),
    }
    for name in ("outside", "ask", "unchanged"):
        if f"{name}_seconds" in found:
            figures[f"{name}_p50_ms"] = median(found[f"{name}_seconds"]) * 1e3
    return Result(framework.name, framework.row, framework.update, found["version"], figures)


def _alone(results: Sequence[Result], options: argparse.Namespace) -> dict[str, float]:
    """Return what is measured of Footnote alone, each with its unit."""
    figures = next((result.figures for result in results if result.name == Footnote.name), {})
    if not figures:
        return {}
    alone = {
        "a question outside the encoder, p50, ms": figures["outside_p50_ms"],
        "an answer, p50, ms": figures["ask_p50_ms"],
        "a refresh where nothing changed, ms": figures["unchanged_p50_ms"],
        "import qa, s": _seconds_of("import qa") - _seconds_of("pass"),
    }
    if options.conversion:
        with TemporaryDirectory(prefix="speed-") as cache:
            command = ["env", f"XDG_CACHE_HOME={cache}", sys.executable, _MEASURED, "load"]
            alone["the model's conversion, once, s"] = float(run_apart(command, options.threads))
    return alone


def _seconds_of(code: str) -> float:
    """Return the least seconds that a new process takes for this."""
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


if __name__ == "__main__":
    main()
