"""When the sources are silent, however well their best passage fits.

Similarity finds a question's neighbours; these rules ask whether what it turns on is there too.

    asked for    "the warranty of the grinder": a quoted document speaks of a warranty, and of the grinder
    exact        a year, or a name such as K2, stands in what is quoted from
    denied       to a "not" in the question there is one in the quotes
    expected     what is quoted from has a number where one is wanted, or a name

Each was measured on SQuAD 2.0's development set by the questions it silences: wrongly, of 2,910 that are
held, and rightly, of 3,168 that were written to look answerable and are not.

    asked for   .001   .005        denied     .002   .100
    exact       .000   .016        expected   .001   .001

What told too little for its price: any name missing .024 .052, the noun after "which" .115 .105, an opposite
in the quote ("after" for "before") .007 .057. As weights of the confidence they lowered it for all.
"""

import re
from collections.abc import Iterable, Sequence, Set

import numpy as np

from qa.expectation import Asked, asked_for, expectation, meets
from qa.lexical import analyse
from qa.reading import Reading
from qa.retriever import Candidate

# Texts give these without the word: "480 grams" is a weight, "Mira Holm" a name.
_UNSAID = """
    name term word example kind type sort form title number amount total size length width height weight
    age duration distance ratio proportion percentage percent rate minimum maximum average
    nationality location place address date year time day reason purpose cause effect result meaning
    definition difference basis value role way
"""
_SAME = ("price cost fee", "salary wage pay compensation", "author writer write written wrote")
_NOT = re.compile(
    r"\b(?:(?<!whether or )not|never|no|non|nor|neither|none|cannot|unable|least|fewest|without)\b|n['’]t\b",
    re.IGNORECASE,
)
# What a text may say for it.
_RATHER_NOT = re.compile(
    rf"{_NOT.pattern}|\b(?:few|hardly|rarely|little|refus\w*|fail\w*|lack\w*)\b", re.IGNORECASE
)
_EXACT = re.compile(r"(?<![\w.,-])(?:\d{3,}|[^\W\d_]+\d+|\d+[^\W\d_]{3,})(?![\w-])")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s)", re.IGNORECASE)
_PAST = re.compile(
    r"\bwhen (?:was|were|did)\b|\byear\b|\bcentury\b"
    r"|\bwho (?:was|were|did|has|had|\w+ed|wrote|made|built|led|won|began|drew|found|held|taught)\b",
    re.IGNORECASE,
)


def silent(question: str, quotes: Sequence[str], quoted: Sequence[Candidate], reading: Reading) -> bool:
    """Tell whether the sources lack what the question turns on.

    ``quoted`` are the passages that the quotes stand in, and the best one.
    """
    titles = frozenset(reading.document(each.passage).title for each in quoted)
    texts = [*quotes, *(reading.text(each.passage) for each in quoted)]
    return (
        denied(question, quotes)
        or not all(titles & titles_with((term,), reading) for term in exact(question))
        or not _speaks_of(asked_for(question), titles, reading)
        or _unmet(question, quotes, texts)
    )


def exact(question: str) -> list[str]:
    """Return the terms that stand in a text as they are or not at all: years, numbers, K2."""
    found = (match.group() for match in _EXACT.finditer(question))
    return [term for each in found if not _ORDINAL.fullmatch(each) for term in analyse(each)]


def denied(question: str, quotes: Sequence[str]) -> bool:
    """Tell whether the question has a "not" to which there is none in the quotes."""
    return bool(_NOT.search(question)) and not any(_RATHER_NOT.search(quote) for quote in quotes)


def is_unsaid(thing: Iterable[str]) -> bool:
    """Tell whether these terms name what a text gives without a word for it, such as a size or a name."""
    return set(analyse(_UNSAID)).issuperset(thing)


def _speaks_of(asked: Asked, titles: Set[str], reading: Reading) -> bool:
    """Tell whether the documents of one title hold the thing asked for, and what it is asked of.

    Records of one title are one text here, as the paragraphs of an article are.
    """
    if asked.thing and not is_unsaid(asked.thing):
        groups = [frozenset(analyse(words)) for words in _SAME]
        same = (group for group in groups if not group.isdisjoint(asked.thing))
        titles = titles & titles_with({*asked.thing}.union(*same), reading)
    return bool(titles & titles_with(asked.of, reading) if asked.of else titles)


def titles_with(terms: Iterable[str], reading: Reading) -> set[str]:
    """Return the titles of the documents that hold one of the terms, or one that begins alike (5 letters)."""
    lexical = reading.retriever.lexical
    alike = [word for term in terms for word in (lexical.alike(term) if term.isalpha() else [term])]
    rows = np.flatnonzero(lexical.score(alike) > 0).tolist()
    return {reading.document(reading.snapshot.passages[row]).title for row in rows}


def _unmet(question: str, quotes: Sequence[str], texts: Sequence[str]) -> bool:
    """Tell whether there is no number, name or date where one is wanted.

    Only what is past has a date or a name for sure: "when do treaties apply?" may want a condition,
    "who should apply?" a kind of people. A name is wanted of the first quote: there are others everywhere.
    """
    kind, past = expectation(question), _PAST.search(question) is not None
    if kind == "who":
        return past and not meets(kind, question, quotes[0])
    wanted = kind in ("number", "where", "phone", "email") or (kind == "date" and past)
    return wanted and not any(meets(kind, question, text) for text in texts)
