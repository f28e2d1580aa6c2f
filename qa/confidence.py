"""The probability that the sources hold an answer, from how well the best passage fits.

A logistic model. Fitted on SQuAD 2.0's development set with every other article's paragraphs left out
of the corpus, so that half of the questions have no answer there (weighted 1.2, to balance the two
errors at one half); ``benchmarks/fit.py`` makes it again. On articles the fit has not seen its AUROC is
.997, with .972 of the questions answered that are held, and .021 of the others.
"""

import math
import re

from qa.lexical import analyse
from qa.ranking import Weighting

# An answer below this is not given.
THRESHOLD = 0.5

# Fitted -12.1 to -12.3. The silences (silence.py) pay for a little less: with them, held .973, not held .019.
_INTERCEPT = -12.15
_WEIGHTS = {"score": 24.1, "sentence": 8.1, "names": -2.1, "unexpected": -1.05}
# Names make questions easy to match and easy to match wrongly: the more of one is names, the better
# must the rest fit. A capital that opens a sentence tells nothing.
_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’.-]*")
_SILENT = 0.1


def confidence_parts(
    question: str, weighting: Weighting, *, score: float, sentence: float, unexpected: bool
) -> dict[str, float]:
    """Return the features of the model.

    ``score`` is the best passage's, ``sentence`` the best cosine of a sentence of any candidate,
    ``unexpected`` whether the first quote lacks the date, number or name that was asked for.
    """
    return {
        "score": score,
        "sentence": sentence,
        "names": weighting.share_of(names_in(question)),
        "unexpected": float(unexpected),
    }


def names_in(question: str) -> frozenset[str]:
    """Return the terms of the names that a question holds."""
    return frozenset(term for match in _NAME.finditer(question) for term in analyse(match.group()))


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
