"""What an evaluation measures: outcomes → figures with 95 % intervals → Markdown and JSON.

Intervals take questions as independent of each other. Questions on one article are not quite, so the
true ones are a little wider.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from statistics import fmean
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qa.answer import Json

Numbers: TypeAlias = NDArray[np.float64]

# Ranked documents are looked at down to here.
CUTOFF: Final = 10
# What trec_eval calls the measures. Of a ranking that ends at the cutoff, its recip_rank is MRR's.
_RANKING: Final = {
    "recall@1": "recall_1",
    "recall@5": "recall_5",
    "recall@10": "recall_10",
    "MRR@10": "recip_rank",
    "nDCG@10": "ndcg_cut_10",
}
# The engine gives no answer below the first, so there is no risk to tell.
_THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# What is told of an outcome that is not right.
_TOLD: Final = ("id", "kind", "question", "query", "answered", "confidence", "said", "cited")
# Wrong outcomes shown in Markdown; JSON has them all.
_SHOWN: Final = 20
_Z: Final = 1.959964  # 2.5 % of the normal distribution lie above
_RESAMPLES: Final = 1000
_SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for a question whose answer is known; None is what is not known of it.

    ``said``, ``first`` and ``three`` tell whether the answer stands in the text, in the first quote, in
    the first three; ``cited`` whether a citation holds the evidence, or is of a relevant document.
    ``inexact`` counts citations that are not what stands in their document, and marks without one.
    ``relevant`` are graded documents, ``found`` what was retrieved, best first. Times are milliseconds.
    """

    id: str
    kind: str
    question: str
    query: str
    answerable: bool
    answered: bool
    confidence: float
    said: bool | None = None
    first: bool | None = None
    three: bool | None = None
    cited: bool | None = None
    citations: int = 0
    inexact: int = 0
    relevant: Mapping[str, int] = field(default_factory=dict)
    found: tuple[str, ...] = ()
    ask_ms: float = 0.0
    retrieve_ms: float | None = None

    @property
    def right(self) -> bool:
        """True when it was declined as it should be, or answered with all that is known of the answer."""
        if not self.answerable:
            return not self.answered
        return self.answered and self.said is not False and self.cited is not False

    def to_dict(self) -> dict[str, Json]:
        """Return what a reader needs to look into it, as plain JSON values."""
        return {name: getattr(self, name) for name in _TOLD}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value measured on n questions, and its 95 % confidence interval."""

    name: str
    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return the value and, in brackets, its interval."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """From a threshold upwards: the share of questions answered, and of those the share wrong, or 0."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured: the figures of each group of questions (groups may overlap), and the rest of all."""

    name: str
    groups: Mapping[str, tuple[Figure, ...]]
    separations: tuple[Figure, ...]
    curve: tuple[RiskPoint, ...]
    outcomes: tuple[Outcome, ...]

    def figure(self, group: str, name: str) -> Figure:
        """Return a group's figure. Raises KeyError where it was not measured."""
        return {figure.name: figure for figure in self.groups[group]}[name]

    @property
    def wrong(self) -> tuple[Outcome, ...]:
        """The outcomes that are not right."""
        return tuple(outcome for outcome in self.outcomes if not outcome.right)

    @property
    def inexact(self) -> int:
        """How many citations are not exact; anything but 0 is a bug."""
        return sum(outcome.inexact for outcome in self.outcomes)

    @property
    def milliseconds(self) -> tuple[float, float]:
        """How long a question takes on average, to ask and to retrieve."""
        retrieved = [o.retrieve_ms for o in self.outcomes if o.retrieve_ms is not None]
        return fmean(o.ask_ms for o in self.outcomes), fmean(retrieved) if retrieved else 0.0

    def to_dict(self) -> dict[str, Json]:
        """Return the evaluation as plain JSON values; of the outcomes, the wrong ones."""
        asking, retrieving = self.milliseconds
        return {
            "name": self.name,
            "groups": {group: [asdict(f) for f in figures] for group, figures in self.groups.items()},
            "auroc": [asdict(figure) for figure in self.separations],
            "risk_coverage": [asdict(point) for point in self.curve],
            "citations": sum(outcome.citations for outcome in self.outcomes),
            "inexact": self.inexact,
            "milliseconds": {"ask": asking, "retrieve": retrieving},
            "wrong": [outcome.to_dict() for outcome in self.wrong],
        }

    def to_markdown(self) -> str:
        """Return the evaluation as tables; 95 % confidence intervals stand in brackets."""
        asking, retrieving = self.milliseconds
        given = sum(outcome.citations for outcome in self.outcomes)
        names = dict.fromkeys(figure.name for figures in self.groups.values() for figure in figures)
        points = [[f"{p.threshold}", f"{p.coverage:.3f}", f"{p.risk:.3f}"] for p in self.curve]
        wrong = [[*map(str, outcome.to_dict().values())] for outcome in self.wrong[:_SHOWN]]
        parts = [
            f"# {self.name}",
            _grouped(self.groups, [name for name in names if name in _RANKING]),
            _grouped(self.groups, [name for name in names if name not in _RANKING]),
            _table(["AUROC of the confidence", ""], [[f.name, str(f)] for f in self.separations]),
            _table(["answered from a confidence of", "coverage", "risk"], points),
            f"Citations that are not exact: {self.inexact} of {given}. "
            f"Milliseconds a question: {asking:.1f} to ask, {retrieving:.1f} to retrieve.",
            f"Not right: {len(self.wrong)} of {len(self.outcomes)}.",
            _table(_TOLD, wrong),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def evaluation(
    name: str, groups: Mapping[str, Sequence[Outcome]], *, apart: Sequence[tuple[str, str]]
) -> Evaluation:
    """Measure groups of outcomes; ``apart`` names pairs that the confidence should tell apart."""
    held = {group: outcomes for group, outcomes in groups.items() if outcomes}
    every = tuple({id(o): o for outcomes in held.values() for o in outcomes}.values())
    confidences = {group: [outcome.confidence for outcome in outcomes] for group, outcomes in held.items()}
    return Evaluation(
        name=name,
        groups={group: _figures(outcomes) for group, outcomes in held.items()},
        separations=tuple(
            separation(f"{a} / {b}", confidences[a], confidences[b])
            for a, b in apart
            if a in held and b in held
        ),
        curve=risk_coverage([o.confidence for o in every], [o.right for o in every], thresholds=_THRESHOLDS),
        outcomes=every,
    )


def share(name: str, flags: Sequence[bool]) -> Figure:
    """Return the share of at least one flag that is set, with Wilson's score interval (1927)."""
    n, p = len(flags), sum(flags) / len(flags)
    centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return Figure(name, p, max(0.0, centre - reach), min(1.0, centre + reach), n)


def mean(name: str, values: Sequence[float]) -> Figure:
    """Return the mean of at least one value, with a percentile bootstrap interval."""
    rows = np.asarray(values, dtype=np.float64)
    low, high = _interval(lambda draw: float(draw(rows).mean()))
    return Figure(name, float(rows.mean()), low, high, len(rows))


def separation(name: str, positive: Sequence[float], negative: Sequence[float]) -> Figure:
    """Return the AUROC of two sorts of questions by their confidence, with a bootstrap interval."""
    above, below = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    low, high = _interval(lambda draw: _auroc(draw(above), draw(below)))
    return Figure(name, _auroc(above, below), low, high, len(above) + len(below))


def risk_coverage(
    confidences: Sequence[float], right: Sequence[bool], *, thresholds: Sequence[float]
) -> tuple[RiskPoint, ...]:
    """Return the coverage and risk of answering only what reaches each threshold.

    ``right`` tells of each question whether its answer, where one is given, is right.
    """
    sure, good = np.asarray(confidences), np.asarray(right, dtype=bool)
    given = [sure >= threshold for threshold in thresholds]
    return tuple(
        RiskPoint(threshold, float(rows.mean()), float(1 - good[rows].mean()) if rows.any() else 0.0)
        for threshold, rows in zip(thresholds, given, strict=True)
    )


def ranking_measures(
    qrels: Sequence[Mapping[str, int]], rankings: Sequence[Sequence[str]]
) -> dict[str, list[float]]:
    """Return for each measure its value for each query, in their order.

    A query has its relevant documents with their grades, and the documents found for it, best first;
    of one found again, and of those below the cutoff, nothing counts.
    """
    import pytrec_eval  # the code of trec_eval, which published BEIR figures are made with

    evaluator = pytrec_eval.RelevanceEvaluator(
        {str(n): dict(grades) for n, grades in enumerate(qrels)},
        {"recall.1,5,10", "recip_rank", "ndcg_cut.10"},
    )
    runs = {
        str(n): {document: float(-rank) for rank, document in enumerate([*dict.fromkeys(found)][:CUTOFF])}
        for n, found in enumerate(rankings)
    }
    values = evaluator.evaluate(runs)
    return {name: [values[query][measure] for query in runs] for name, measure in _RANKING.items()}


def _figures(outcomes: Sequence[Outcome]) -> tuple[Figure, ...]:
    ranked = [outcome for outcome in outcomes if outcome.relevant]
    measures = ranking_measures([o.relevant for o in ranked], [o.found for o in ranked]) if ranked else {}
    flags = {
        "answered": [o.answered for o in outcomes],
        "right": [o.right for o in outcomes if o.answerable],
        "answer in text": [o.said for o in outcomes if o.said is not None],
        "in three quotes": [o.three for o in outcomes if o.three is not None],
        "in the first": [o.first for o in outcomes if o.first is not None],
        "source cited": [o.cited for o in outcomes if o.cited is not None],
    }
    return (
        *(mean(name, values) for name, values in measures.items()),
        *(share(name, values) for name, values in flags.items() if values),
    )


def _auroc(positive: Numbers, negative: Numbers) -> float:
    """Return how often one of the positive is above one of the negative; a tie counts half."""
    below = np.sort(negative)
    beaten = np.searchsorted(below, positive, side="left") + np.searchsorted(below, positive, side="right")
    return float(beaten.mean() / 2 / len(below))


def _interval(statistic: Callable[[Callable[[Numbers], Numbers]], float]) -> tuple[float, float]:
    """Return the middle 95 % of a statistic over resamples, which are the same in every run."""
    random = np.random.default_rng(_SEED)

    def draw(rows: Numbers) -> Numbers:
        return rows[random.integers(0, len(rows), len(rows))]

    low, high = np.quantile([statistic(draw) for _ in range(_RESAMPLES)], [0.025, 0.975])
    return float(low), float(high)


def _grouped(groups: Mapping[str, Sequence[Figure]], names: Sequence[str]) -> str:
    """Return a table of the groups that have any of the figures, with the most questions behind one."""
    held = {group: {f.name: f for f in figures if f.name in names} for group, figures in groups.items()}
    rows = [
        [group, str(max(f.n for f in figures.values())), *(str(figures.get(name, "–")) for name in names)]
        for group, figures in held.items()
        if figures
    ]
    return _table(["", "questions", *names], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, or nothing where there is no row."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""
