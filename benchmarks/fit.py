"""Fit the weights of qa/ranking.py and qa/confidence.py again, and report them on articles unseen.

    python benchmarks/fit.py FOLDER [--index DIR]

The folder is in BEIR form; its documents' titles are the articles, and its queries' metadata hold the
answers. Everything is made with the project's own code, so a figure here is a figure of the engine.

    passages     listwise softmax over the best 30; folds by article; without each feature in turn
    sentences    listwise softmax over the sentences of the passages that are quoted from
    confidence   logistic, every other article left out of the corpus; each article judged by a fit on
                 all others
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.encoder import Encoder, load_encoder
from embeddings.readers import read
from embeddings.refresh import refresh
from qa.cases import Case, read_beir
from qa.composer import QUOTED_PASSAGES, choose, fit_of
from qa.confidence import THRESHOLD, confidence
from qa.engine import SHOWN
from qa.evaluate import write_corpus
from qa.folders import default_index
from qa.metrics import ranking_measures, separation
from qa.ranking import PASSAGE_WEIGHTS, SENTENCE_WEIGHTS, Weighting, sentence_parts
from qa.reading import Reading
from qa.retriever import SCORED, Candidate, Question

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Penalties of the squared weights, small enough to leave them where the data want them.
_RANKING_PENALTY = 1e-4
_CONFIDENCE_PENALTY = 1e-5
# A question that the corpus does not hold weighs this much: it balances the two errors at one half.
_NOT_HELD = 1.2
_PASSAGE = tuple(PASSAGE_WEIGHTS)
_SENTENCE = ("passage", *SENTENCE_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """An answerable query: what is known of it, the question as it is searched, and its article."""

    case: Case
    question: Question
    article: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of candidates to rank, one for each query, padded to the longest.

    ``features`` has the shape (queries, candidates, features), the others (queries, candidates).
    ``good`` marks what should come first, ``real`` what is no padding.
    """

    features: Numbers
    good: Flags
    real: Flags

    def of(self, columns: Sequence[int]) -> "Lists":
        """Return the same lists with these features only."""
        return Lists(self.features[:, :, columns], self.good, self.real)

    def order(self, scores: Numbers) -> NDArray[np.int64]:
        """Return for each query the places of its candidates, best first, padding last."""
        return np.argsort(-np.where(self.real, scores, -np.inf), axis=1, kind="stable")


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, help="a folder to keep vectors in [default: the user's cache]")
    given = parser.parse_args()
    encoder = load_encoder()
    with TemporaryDirectory() as folder:
        corpus = Corpus(
            given.folder, Path(folder), given.index or default_index(given.folder, encoder.card), encoder
        )
        reading = corpus.opened(corpus.titles)
        asked, unanswerable = corpus.questions(encoder)
        print(f"{len(asked)} answerable queries on {len(corpus.titles)} articles\n")
        candidates = [reading.retriever.retrieve(each.question, SCORED) for each in asked]
        fit_passages(asked, candidates)
        fit_sentences(asked, candidates, reading)
        fit_confidence(asked, unanswerable, corpus)


class Corpus:
    """The documents of a BEIR folder, of which any articles can be opened."""

    def __init__(self, folder: Path, data: Path, index: Path, encoder: Encoder) -> None:
        self._folder, self._data, self._index, self._encoder = folder, data, index, encoder
        self._documents = read(folder / "corpus.jsonl", source="corpus.jsonl")
        self.titles = sorted({document.title for document in self._documents})

    def opened(self, titles: Sequence[str]) -> Reading:
        """Return a reading of these articles only."""
        write_corpus(self._data, [document for document in self._documents if document.title in titles])
        return Reading(refresh(self._data, self._index, encoder=self._encoder)[1])

    def questions(self, encoder: Encoder) -> tuple[list[Asked], list[Question]]:
        """Return the answerable queries, and the others."""
        title = {document.id.partition("#")[2]: document.title for document in self._documents}
        cases = read_beir(self._folder)
        asked = [
            Asked(case, Question(case.question, encoder), title[next(iter(case.relevant))])
            for case in cases
            if case.answerable
        ]
        return asked, [Question(case.question, encoder) for case in cases if not case.answerable]


def fit_passages(asked: Sequence[Asked], candidates: Sequence[Sequence[Candidate]]) -> None:
    """Fit the weights of a passage's features."""
    lists = padded(
        [[[each.parts[name] for name in _PASSAGE] for each in found] for found in candidates],
        [
            [record(each) in a.case.relevant for each in found]
            for a, found in zip(asked, candidates, strict=True)
        ],
    )
    articles = [each.article for each in asked]

    def report(label: str, scores: Numbers) -> None:
        rankings = [
            [record(found[n]) for n in order[: len(found)]]
            for found, order in zip(candidates, lists.order(scores).tolist(), strict=True)
        ]
        measures = ranking_measures([each.case.relevant for each in asked], rankings)
        values = [f"{name} {np.mean(measures[name]):.4f}" for name in ("recall@1", "recall@5", "MRR@10")]
        print(f"  {label:24}", *values, sep="  ", flush=True)

    print(
        f"PASSAGES: the right one is among the {SCORED} for {lists.good.any(axis=1).mean():.4f}; out of fold:"
    )
    report("all", out_of_fold(lists, articles))
    for n, name in enumerate(_PASSAGE):
        columns = [column for column in range(len(_PASSAGE)) if column != n]
        report(f"without {name}", out_of_fold(lists.of(columns), articles))
    report("equal weights", lists.features.sum(axis=2))
    report("the weights in use", lists.features @ np.array(list(PASSAGE_WEIGHTS.values())))
    weights = fit_listwise(lists)
    print(f"  fitted, their sum made 1: {told(_PASSAGE, weights / weights.sum())}\n", flush=True)


def fit_sentences(
    asked: Sequence[Asked], candidates: Sequence[Sequence[Candidate]], reading: Reading
) -> None:
    """Fit the weights of a sentence's features, that of its passage's score made 1."""
    rows = [
        list(_sentences(a, found[:QUOTED_PASSAGES], reading))
        for a, found in zip(asked, candidates, strict=True)
    ]
    features = [[row[0] for row in found] for found in rows]
    lists = padded(features, [[row[2] for row in found] for found in rows])
    answers = padded(features, [[row[1] for row in found] for found in rows]).good
    articles = [each.article for each in asked]

    def report(label: str, scores: Numbers) -> None:
        held = np.take_along_axis(answers, lists.order(scores), axis=1)
        shares = [held[:, :n].any(axis=1).mean() for n in (1, 2, 3)]
        values = [
            f"{name} {value:.4f}" for name, value in zip(("first", "two", "three"), shares, strict=True)
        ]
        print(f"  {label:24}", *values, sep="  ", flush=True)

    print(
        f"SENTENCES of the best {QUOTED_PASSAGES} passages hold the answer for "
        f"{answers.any(axis=1).mean():.4f}; those quoted, out of fold:"
    )
    report("all", out_of_fold(lists, articles))
    for n, name in enumerate(_SENTENCE):
        columns = [column for column in range(len(_SENTENCE)) if column != n]
        report(f"without {name}", out_of_fold(lists.of(columns), articles))
    report("the weights in use", lists.features @ np.array([1.0, *SENTENCE_WEIGHTS.values()]))
    weights = fit_listwise(lists)
    print(f"  fitted, the passage's made 1: {told(_SENTENCE, weights / weights[0])}\n", flush=True)


def _sentences(
    asked: Asked, found: Sequence[Candidate], reading: Reading
) -> Iterator[tuple[list[float], bool, bool]]:
    """Yield of each sentence its features, whether it holds an answer, and does so in a relevant document."""
    weighting = Weighting(asked.question.terms, reading.retriever.lexical)
    wanted = [answer.casefold() for group in asked.case.answer for answer in group]
    for candidate in found:
        assert candidate.words is not None  # noqa: S101 (a search gives them)
        text = reading.document(candidate.passage).text
        texts = [text[span.start : span.end] for span in candidate.passage.sentences]
        parts = sentence_parts(
            asked.question.text, weighting, candidate.words, texts, cosines=candidate.cosines
        )
        for sentence, each in zip(texts, parts, strict=True):
            holds = any(answer in sentence.casefold() for answer in wanted)
            features = [candidate.score, *(each[name] for name in SENTENCE_WEIGHTS)]
            yield features, holds, holds and record(candidate) in asked.case.relevant


def fit_confidence(asked: Sequence[Asked], unanswerable: Sequence[Question], corpus: Corpus) -> None:
    """Fit the logistic model of the confidence, and judge each article by a fit on the others."""
    whole = corpus.opened(corpus.titles)
    adversarial = [_confidence_parts(question, whole) for question in unanswerable]
    parts: list[dict[str, float]] = []
    held: list[bool] = []
    for half in (corpus.titles[0::2], corpus.titles[1::2]):
        reading = corpus.opened(half)
        parts += [_confidence_parts(each.question, reading) for each in asked]
        held += [each.article in half for each in asked]
    names = tuple(parts[0])
    features, known = table(parts), np.array(held)
    articles = np.array([each.article for each in asked] * 2)
    second = np.arange(len(parts)) >= len(asked)

    def judged(columns: Sequence[int]) -> Numbers:
        logits = np.zeros(len(features))
        for article in np.unique(articles):
            others = articles != article
            weights = fit_logistic(features[others][:, columns], known[others])
            logits[~others] = with_one(features[~others][:, columns]) @ weights
        return logits

    def report(label: str, logits: Numbers, rows: Flags) -> None:
        yes, no = logits[rows & known], logits[rows & ~known]
        area = separation("", yes.tolist(), no.tolist())
        answered = f"held {(yes >= 0).mean():.4f}  not held {(no >= 0).mean():.4f}"
        print(f"  {label:24}  AUROC {area}  answered: {answered}", flush=True)

    print("CONFIDENCE with every other article left out; each article judged by a fit on the others:")
    every = np.ones(len(known), dtype=bool)
    logits = judged(range(len(names)))
    report("both halves", logits, every)
    report("first half", logits, ~second)
    report("second half", logits, second)
    for n, name in enumerate(names):
        report(f"without {name}", judged([m for m in range(len(names)) if m != n]), every)
    used = np.array([confidence(each) for each in parts])
    report("the weights in use", used - THRESHOLD, every)
    weights = fit_logistic(features, known)
    print(f"  fitted: {told((*names, 'intercept'), weights)}")
    answered = (with_one(table(adversarial)) @ weights >= 0).mean() if adversarial else 0.0
    print(
        f"  of {len(adversarial)} unanswerable queries on held articles, answered {answered:.4f}", flush=True
    )


def _confidence_parts(question: Question, reading: Reading) -> dict[str, float]:
    """Return what the composer gives to the confidence."""
    candidates = reading.candidates(question, SHOWN, None)
    return fit_of(question, candidates, choose(question, candidates, reading), reading)


def fit_listwise(lists: Lists) -> Numbers:
    """Return weights under which a softmax over each list gives its good candidates the most."""
    usable = lists.good.any(axis=1)
    features = torch.tensor(lists.features[usable])
    good, real = torch.tensor(lists.good[usable]), torch.tensor(lists.real[usable])

    def loss(weights: torch.Tensor) -> torch.Tensor:
        scores = (features @ weights).masked_fill(~real, -torch.inf)
        likelihood = scores.masked_fill(~good, -torch.inf).logsumexp(1) - scores.logsumexp(1)
        return _RANKING_PENALTY * (weights**2).sum() - likelihood.mean()

    return minimised(loss, features.shape[2])


def fit_logistic(features: Numbers, known: Flags) -> Numbers:
    """Return the weights, the intercept last, that tell what is held from what is not."""
    rows, target = torch.tensor(with_one(features)), torch.tensor(known, dtype=torch.float64)
    weight = torch.where(target > 0, 1.0, _NOT_HELD)

    def loss(weights: torch.Tensor) -> torch.Tensor:
        errors = torch.nn.functional.binary_cross_entropy_with_logits(
            rows @ weights, target, reduction="none"
        )
        return (weight * errors).sum() / weight.sum() + _CONFIDENCE_PENALTY * (weights[:-1] ** 2).sum()

    return minimised(loss, rows.shape[1])


def minimised(loss: Callable[[torch.Tensor], torch.Tensor], size: int) -> Numbers:
    """Return the weights of the least loss, which is convex, found from zeros."""
    weights = torch.zeros(size, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        value = loss(weights)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    found: Numbers = weights.detach().numpy()
    return found


def out_of_fold(lists: Lists, articles: Sequence[str]) -> Numbers:
    """Return the scores of all candidates, each article's by the weights fitted on the others."""
    of_article = np.array(articles)
    scores = np.zeros(lists.real.shape)
    for article in np.unique(of_article):
        inside = of_article == article
        others = Lists(lists.features[~inside], lists.good[~inside], lists.real[~inside])
        scores[inside] = lists.features[inside] @ fit_listwise(others)
    return scores


def padded(features: Sequence[Sequence[Sequence[float]]], good: Sequence[Sequence[bool]]) -> Lists:
    """Return lists of unequal lengths as arrays."""
    shape = len(features), max(map(len, features))
    lists = Lists(np.zeros((*shape, len(features[0][0]))), np.zeros(shape, bool), np.zeros(shape, bool))
    for n, (rows, flags) in enumerate(zip(features, good, strict=True)):
        lists.features[n, : len(rows)] = rows
        lists.good[n, : len(rows)] = flags
        lists.real[n, : len(rows)] = True
    return lists


def table(parts: Sequence[dict[str, float]]) -> Numbers:
    """Return features as rows."""
    return np.array([list(each.values()) for each in parts])


def with_one(features: Numbers) -> Numbers:
    """Return the rows with a one behind each, which the intercept is the weight of."""
    return np.column_stack([features, np.ones(len(features))])


def told(names: Sequence[str], weights: Numbers) -> str:
    """Return names and weights in words."""
    return ", ".join(f"{name} {weight:.3f}" for name, weight in zip(names, weights.tolist(), strict=True))


def record(candidate: Candidate) -> str:
    """Return the id that a candidate's document has in the folder."""
    return candidate.passage.document_id.partition("#")[2]


if __name__ == "__main__":
    main()
