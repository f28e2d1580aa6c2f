"""Measure Footnote and its peers on one BEIR folder: what they find, and how long it takes them.

    python benchmarks/peers.py FOLDER [--questions N] [--only NAME] [--text-only] [--python PATH]
                                      [--threads N] [--json FILE]

Each runs in a process of its own, one after the other, with the same weights, as its documentation
shows it, with default settings. One that is not installed, or fails, is named so and stops no other.

    this process → work.json: passages, questions → a peer's process → found.json: ids, seconds

``--python`` names the interpreter that has the peers (LlamaIndex's BM25 needs an older PyStemmer than
Footnote); Footnote always runs in this one. All read a passage's title and text: Footnote and LlamaIndex
take a title by itself, the others get one string. ``--text-only`` leaves titles out for everyone.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Final

from frameworks import FootnoteRecords, Framework, Passage
from running import Failed, as_table, machine, package_version, read_corpus, run_apart
from stores import PEERS

_MEASURES: Final = ("recall@1", "recall@5", "MRR@10")
_WORK: Final = "work.json"
_FOUND: Final = "found.json"
_ALL: Final[Sequence[type[Framework]]] = (FootnoteRecords, *PEERS)
_MEASURED: Final = {framework.name: framework for framework in _ALL}


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table; where there is a problem, nothing was measured."""

    name: str
    row: str
    version: str = ""
    measures: dict[str, float] | None = None
    index_seconds: float = 0.0
    question_ms: float = 0.0
    problem: str = ""

    def cells(self) -> list[str]:
        """Return what the table shows."""
        if self.measures is None:
            return [self.row, self.problem, *["–"] * (len(_MEASURES) + 2)]
        figures = [f"{self.measures[measure]:.3f}" for measure in _MEASURES]
        return [self.row, self.version, *figures, f"{self.index_seconds:.1f}", f"{self.question_ms:.1f}"]


def main() -> None:
    options = _parser().parse_args()
    if options.inside:
        _measure_here(_MEASURED[options.inside], options.folder)
        return
    rows = [result.cells() for result in _results(options)]
    print(as_table(["", "version", *_MEASURES, "index, s", "question p50, ms"], rows))
    print(f"\n{machine()}; {options.threads} threads. Timings are of one run and noisy.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure Footnote and its peers on a BEIR folder.")
    parser.add_argument("folder", type=Path, help="corpus.jsonl, queries.jsonl, qrels/test.tsv")
    parser.add_argument(
        "--questions", type=int, help="ask this many, evenly spread [default: all answerable]"
    )
    parser.add_argument("--only", action="append", choices=list(_MEASURED))
    parser.add_argument("--text-only", action="store_true", help="leave titles out, for everyone")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--inside", choices=list(_MEASURED), help=argparse.SUPPRESS)
    return parser


def _results(options: argparse.Namespace) -> list[Result]:
    from qa.cases import read_beir  # a peer's interpreter need not have Footnote

    cases = [case for case in read_beir(options.folder) if case.answerable]
    asked = min(options.questions or len(cases), len(cases))
    cases = [cases[n * len(cases) // asked] for n in range(asked)]
    work = {
        "passages": [asdict(p) for p in read_corpus(options.folder, titles=not options.text_only)],
        "questions": [case.question for case in cases],
    }
    results = []
    for name in options.only or _MEASURED:
        print(f"{name} …", file=sys.stderr, flush=True)
        python = sys.executable if name == FootnoteRecords.name else options.python
        relevant = [case.relevant for case in cases]
        results.append(_measure_apart(_MEASURED[name], work, python, options.threads, relevant))
    if options.json:
        about = {"folder": str(options.folder), "questions": asked, "titles": not options.text_only}
        report = {**about, "machine": machine(), "results": [asdict(result) for result in results]}
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return results


def _measure_apart(
    framework: type[Framework],
    work: dict[str, object],
    python: str,
    threads: int,
    relevant: Sequence[Mapping[str, int]],
) -> Result:
    from qa.metrics import ranking_measures

    with TemporaryDirectory(prefix="peers-") as folder:
        (Path(folder) / _WORK).write_text(json.dumps(work), encoding="utf-8")
        try:
            run_apart([python, __file__, folder, "--inside", framework.name], threads)
        except Failed as error:
            return Result(framework.name, framework.row, problem=str(error))
        found = json.loads((Path(folder) / _FOUND).read_text(encoding="utf-8"))
    measures = ranking_measures(relevant, found["ids"])
    return Result(
        name=framework.name,
        row=framework.row,
        version=found["version"],
        measures={measure: fmean(measures[measure]) for measure in _MEASURES},
        index_seconds=found["index_seconds"],
        question_ms=median(found["question_seconds"]) * 1000,
    )


def _measure_here(measured: type[Framework], folder: Path) -> None:
    """Index and search, timed; indexing begins at the first import and loads the model."""
    work = json.loads((folder / _WORK).read_text(encoding="utf-8"))
    passages = [Passage(**passage) for passage in work["passages"]]
    started = time.perf_counter()
    framework = measured(folder)
    framework.lay_down(passages)
    framework.load()
    framework.index(passages)
    index_seconds = time.perf_counter() - started
    framework.search(work["questions"][0])  # what is loaded at the first question is no part of the others
    ids, seconds = [], []
    for question in work["questions"]:
        started = time.perf_counter()
        ids.append(framework.search(question))
        seconds.append(time.perf_counter() - started)
    found = {"ids": ids, "index_seconds": index_seconds, "question_seconds": seconds}
    text = json.dumps(found | {"version": package_version(framework.package)})
    (folder / _FOUND).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
