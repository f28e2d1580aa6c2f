"""How well a passage, and a sentence, fits a question: features, and the weights that join them.

All features are absolute, from 0 to 1 or a cosine, and need no other candidate to compare with. Shares
are of the question's own weight: each distinct term weighs its idf, a term that stands nowhere most.

    share    of the weight that a text holds; a term that only begins alike (5 letters) counts half
    held     share of a sentence, averaged with the share of it and the sentence before together
    bigram   share of the weight of neighbouring terms that are neighbours in the passage too

Weights were fitted listwise (softmax over the best 30), on 2,910 questions of SQuAD 2.0's development
set, and rounded; ``benchmarks/fit.py`` makes the fit again and reports it on articles it has not seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from qa.expectation import GIVEN, asked_for, expectation, meets
from qa.lexical import BM25Index, analyse

# Out of fold: recall@1 .898, MRR@10 .933. Without each in turn, recall@1 falls to: dense .897,
# sentence .890, bm25 .896, share .898, held .887, bigram .891; equal weights give .891.
PASSAGE_WEIGHTS: Final = {
    "dense": 0.15,
    "sentence": 0.37,
    "bm25": 0.05,
    "share": 0.11,
    "held": 0.22,
    "bigram": 0.10,
}
# Added to the passage's own score. Out of fold the first sentence holds the answer for .826 of the
# questions, the best three for .930; without what is expected .822, .930. ``label`` and ``repeat`` are
# not fitted (these articles have no captions): they keep titles, captions and labels, and sentences that
# say fewer than two words beside the question's, behind statements. A repeat at -1 costs .006 of the first
# quotes here, and .004 of the three.
SENTENCE_WEIGHTS: Final = {
    "cosine": 1.0,
    "held": 1.0,
    "expected": 0.2,
    "asked": 0.1,
    "label": -1.0,
    "repeat": -0.4,
}

_PREFIX = 5
# Fewer words than this, and no end, make a label; a Chinese sign counts as a word.
_LABEL = 8
_WORDS = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_ENDS = (".", "!", "?", "…", "。", "！", "？", "；", ":", "：")
_QUOTATION = re.compile(r"“[^“”]*”|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Words:
    """The distinct terms of a text, and the beginnings of its longer ones."""

    terms: frozenset[str]
    beginnings: frozenset[str]

    @classmethod
    def of(cls, terms: Sequence[str]) -> "Words":
        """Gather the terms of a text."""
        return cls(frozenset(terms), frozenset(t[:_PREFIX] for t in terms if len(t) >= _PREFIX))


@dataclass(frozen=True, slots=True)
class SentenceWords:
    """The terms of a sentence, those of them outside quotation marks, and whether it is a mere label.

    A label is a few words that end without a full stop: "US, WA, Seattle".
    """

    words: Words
    outside: frozenset[str]
    label: bool

    @classmethod
    def of(cls, text: str, terms: Sequence[str]) -> "SentenceWords":
        """Look at a sentence whose terms are known."""
        spoken = text.lstrip().startswith(("“", '"'))
        unquoted = _QUOTATION.sub(" ", text)
        outside = frozenset(terms if spoken or unquoted == text else analyse(unquoted))
        return cls(Words.of(terms), outside, is_label(text))


@dataclass(frozen=True, slots=True)
class PassageWords:
    """A passage's terms as features need them; those of its sentences do not include its headings."""

    whole: Words
    pairs: frozenset[tuple[str, str]]
    sentences: tuple[SentenceWords, ...]

    @classmethod
    def of(cls, terms: Sequence[str], sentences: Sequence[SentenceWords]) -> "PassageWords":
        """Gather the terms of what is embedded of a passage, and its sentences."""
        return cls(Words.of(terms), frozenset(pairwise(terms)), tuple(sentences))


class Weighting:
    """The weight of each of a question's terms, and the shares of it that texts hold."""

    def __init__(self, terms: Sequence[str], lexical: BM25Index) -> None:
        self.terms = tuple(terms)
        self._weights = [lexical.idf(term) for term in terms]
        self._known = [
            (term, weight, term[:_PREFIX] if len(term) >= _PREFIX else "")
            for term, weight in zip(terms, self._weights, strict=True)
        ]
        self._none: Sequence[float] = (0.0,) * len(terms)
        self._met: dict[Words, Sequence[float]] = {}
        self.mass = sum(self._weights) or 1.0
        self._pairs = {(a, b): lexical.idf(a) + lexical.idf(b) for a, b in pairwise(terms)}

    def share(self, words: Words) -> float:
        """Return the share of the weight that a text holds."""
        return sum(self._held(words)) / self.mass

    def held(self, sentences: Sequence[SentenceWords]) -> list[float]:
        """Return for each sentence of a passage what it, and it with the one before, hold on average."""
        shares: list[float] = []
        before = self._none
        for own in sentences:
            here = self._held(own.words)
            alone = sum(here)
            both = sum(map(max, here, before)) if any(before) else alone
            shares.append((alone / self.mass + both / self.mass) / 2)
            before = here
        return shares

    def bigram(self, pairs: frozenset[tuple[str, str]]) -> float:
        """Return the share of neighbouring terms that are neighbours in the passage."""
        total = sum(self._pairs.values())
        return sum(weight for pair, weight in self._pairs.items() if pair in pairs) / total if total else 0.0

    def _held(self, words: Words) -> Sequence[float]:
        """Return how much of each term's weight a text holds."""
        if not words.terms:
            return self._none
        held = self._met.get(words)
        if held is None:  # many sentences hold the same few of the question's words
            self._met[words] = held = [
                weight if term in words.terms else weight / 2 if beginning in words.beginnings else 0.0
                for term, weight, beginning in self._known
            ]
        return held

    def share_of(self, terms: frozenset[str]) -> float:
        """Return the share of the weight that some of the question's own terms have."""
        pairs = zip(self.terms, self._weights, strict=True)
        return sum(weight for term, weight in pairs if term in terms) / self.mass


def is_label(text: str) -> bool:
    """Tell whether a text is a few words that end without a full stop: "US, WA, Seattle"."""
    ends = text.rstrip("”’\"')）").endswith(_ENDS)
    return len(_WORDS.findall(text)) < _LABEL and not ends


def passage_parts(
    weighting: Weighting, words: PassageWords, *, dense: float, cosines: Sequence[float], bm25: float
) -> dict[str, float]:
    """Return the features of a passage; ``cosines`` are its sentences', ``bm25`` a share of the mass."""
    return {
        "dense": dense,
        "sentence": max(cosines),
        "bm25": bm25,
        "share": weighting.share(words.whole),
        "held": max(weighting.held(words.sentences)),
        "bigram": weighting.bigram(words.pairs),
    }


def passage_score(parts: Mapping[str, float]) -> float:
    """Return the weighted sum of a passage's features."""
    return sum(weight * parts[name] for name, weight in PASSAGE_WEIGHTS.items())


def sentence_parts(
    question: str,
    weighting: Weighting,
    words: PassageWords,
    texts: Sequence[str],
    *,
    cosines: Sequence[float],
) -> list[dict[str, float]]:
    """Return the features of each sentence of a passage."""
    kind, thing = expectation(question), frozenset(asked_for(question).thing)
    said = frozenset(weighting.terms)
    found = []
    for cosine, held, own, text in zip(
        cosines, weighting.held(words.sentences), words.sentences, texts, strict=True
    ):
        expected, asked = meets(kind, question, text), bool(thing) and thing <= own.words.terms
        # A row, or a line, that gives what is asked for is more than a label: "Price | 89 euros".
        label = own.label and not asked and not (expected and kind in GIVEN)
        repeat = not label and len(own.outside - said) < 2
        found.append(
            {
                "cosine": cosine,
                "held": held,
                "expected": float(expected),
                "asked": float(asked),
                "label": float(label),
                "repeat": float(repeat),
            }
        )
    return found


def sentence_score(passage: float, parts: dict[str, float]) -> float:
    """Return a sentence's score: its passage's, and the weighted sum of its own features."""
    return passage + sum(weight * parts[name] for name, weight in SENTENCE_WEIGHTS.items())
