"""The probability that the sources hold an answer, from how well the best passage fits.

A logistic model. Fitted on SQuAD 2.0's development set with every other article's paragraphs left out
of the corpus, so that half of the questions have no answer there (weighted 1.2, to balance the two
errors at one half); ``benchmarks/fit.py`` makes it again. On articles the fit has not seen its AUROC is
.997, with .972 of the questions answered that are held, and .021 of the others.
"""

import math
import re
from collections.abc import Iterable, Sequence

from qa.lexical import analyse
from qa.ranking import Weighting

# An answer below this is not given.
THRESHOLD = 0.5

# Fitted -12.1 to -12.3; here ``footnote eval --hold-out`` answers .974 and .020.
_INTERCEPT = -12.25
_WEIGHTS = {"score": 24.1, "sentence": 8.1, "names": -2.1, "unexpected": -1.05}
# Names make questions easy to match and easy to match wrongly: the more of one is names, the better
# must the rest fit. A capital that opens a sentence tells nothing.
_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’.-]*")
# What a question asks for by name, or as "the salary of", decides it: where that word stands nowhere in
# the sources, they are silent, however well the rest fits. Wider rules ("which tool", "how many miles")
# would silence 1 to 1.5 % of the questions that are held; this one silences .3 %.
_DECISIVE = re.compile(
    r"\b(?i:what|which|how many|how much) ([A-Z][\w'’.-]*)"
    r"|\b(?i:what|which) (?:is|are|was|were) (?:the|a|an) (\w+(?= of\b| for\b)|(?:\w+ )?\w+(?=\W*$))"
)
# A count is silent too where the best quote has no number and its passage not the thing counted: .1 %.
_COUNTED = re.compile(r"\bhow (?:many|much) (\w+)", re.IGNORECASE)
_SILENT = 0.1
_ALIKE = 5


def decisive_words(question: str) -> list[str]:
    """Return the terms of what is asked for by name or attribute; none where nothing is."""
    found = _DECISIVE.search(question)
    return analyse((found.group(1) or found.group(2)).split()[-1]) if found else []


def counted_words(question: str) -> list[str]:
    """Return the terms of the thing that a question wants counted; none where it wants no count."""
    found = _COUNTED.search(question)
    return analyse(found.group(1)) if found else []


def stands_nowhere(terms: Sequence[str], vocabulary: Iterable[str]) -> bool:
    """Tell whether none of the terms is in the vocabulary, nor one that begins alike (5 letters)."""
    beginnings = tuple(term[:_ALIKE] for term in terms if len(term) >= _ALIKE)
    known = set(terms)
    return bool(terms) and not any(word in known or word.startswith(beginnings) for word in vocabulary)


def confidence_parts(
    question: str, weighting: Weighting, *, score: float, sentence: float, unexpected: bool
) -> dict[str, float]:
    """Return the features of the model.

    ``score`` is the best passage's, ``sentence`` the best cosine of a sentence of any candidate,
    ``unexpected`` whether the first quote lacks the date, number or name that was asked for.
    """
    names = frozenset(term for match in _NAME.finditer(question) for term in analyse(match.group()))
    return {
        "score": score,
        "sentence": sentence,
        "names": weighting.share_of(names),
        "unexpected": float(unexpected),
    }


def confidence(parts: dict[str, float], *, silent: bool = False) -> float:
    """Return the probability, 0 to 1, that the sources hold an answer.

    ``silent`` says that what was asked for stands nowhere in them.
    """
    z = _INTERCEPT + sum(weight * parts[name] for name, weight in _WEIGHTS.items())
    sure = 1 / (1 + math.exp(-z))
    return min(sure, _SILENT) if silent else sure


# The default encoder reads English; to it all Chinese is alike, and "why did oil get dearer" fits a bridge
# with .98. So a Chinese question rests on its words alone: the share of them that the best sentence holds.
# Fitted on 84 questions of our own over six Chinese documents, half of them unanswerable there: fitted on
# three documents and tested on the other three, and the other way round, the AUROC is .69 and .82 (.58 for
# the cosine), with .57 of the questions answered that are held and .24 of the others (before: .90, .81).
_CHINESE_INTERCEPT = -1.33
_CHINESE_WEIGHT = 4.97


def chinese_confidence(held: float) -> float:
    """Return the probability, 0 to 1, that the sources hold the answer to a Chinese question.

    ``held`` is the share of the question's weight that the best sentence holds.
    """
    return 1 / (1 + math.exp(-(_CHINESE_INTERCEPT + _CHINESE_WEIGHT * held)))
