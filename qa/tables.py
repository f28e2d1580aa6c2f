"""Tables of Markdown documents: a row is a sentence, and says what it says with the names of its columns."""

import re
from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from itertools import accumulate, groupby
from pathlib import PurePosixPath

from embeddings.corpus import Document, Passage, Span, heading_path
from qa.lexical import analyse
from qa.ranking import PassageWords, SentenceWords, Words

_MARKDOWN = frozenset({".md", ".markdown", ".html", ".htm"})
# Texts whose lines are kept in memory once they were gone through.
_REMEMBERED = 16
_DASHES = r"[ \t]*+:?+-++:?+[ \t]*+"
_RULE = re.compile(rf"[ \t]*+\|?+{_DASHES}(?:\|{_DASHES})*+\|?+[ \t]*+")


# "Which planet has the most moons?" asks to compare rows, which nobody does here.
_COMPARES = re.compile(
    r"\b(?:most|least|fewest|best|worst|(?:larg|small|bigg|high|low|long|short|old|young|new|lat|earli|cheap"
    r"|heavi|light|fast|slow|tall|deep)est"
    r"|(?:more|less|fewer|greater|higher|lower|larger|smaller|older|younger) than)\b"
    r"|最|超过|多于|少于",
    re.IGNORECASE,
)


def is_markdown(document: Document) -> bool:
    """Tell whether a document is read as Markdown; HTML is made into it."""
    return PurePosixPath(document.source).suffix.lower() in _MARKDOWN


class Lines:
    """The lines of a text, and which of them are a table's."""

    def __init__(self, text: str) -> None:
        self.texts = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.texts)]
        self._tops: dict[int, int] = {}
        number = 0
        for piped, run in groupby(self.texts, key=lambda line: "|" in line):
            count = sum(1 for _ in run)
            if piped and count > 1 and _RULE.fullmatch(self.texts[number + 1]):
                self._tops |= dict.fromkeys(range(number, number + count), number)
            number += count

    def number_at(self, place: int) -> int:
        """Return the number of the line that a place of the text is in."""
        return bisect_right(self._starts, place) - 1

    def top_of(self, number: int) -> int | None:
        """Return the number of the first line of the table that a line is of, or None."""
        return self._tops.get(number)


@lru_cache(maxsize=_REMEMBERED)
def lines_of(text: str) -> Lines:
    """Return the lines of a text, which is gone through once for many questions."""
    return Lines(text)


def tops_of(document: Document, spans: Sequence[Span]) -> list[int | None]:
    """Return for each span the line where the table begins that it stands in, or None."""
    if not is_markdown(document) or not any("|" in document.text[s.start : s.end] for s in spans):
        return [None] * len(spans)
    lines = lines_of(document.text)
    return [lines.top_of(lines.number_at(span.start)) for span in spans]


def comparison(question: str) -> str:
    """Return the word by which a question asks to compare, or nothing."""
    found = _COMPARES.search(question)
    return found.group().casefold() if found else ""


class Use(Enum):
    """What a sentence may be taken for."""

    QUOTE = "quote"
    NOTHING = "nothing"  # a table's head, or a row that another one is meant with
    ANOTHER = "another"  # a row of something else than what is asked about


def read_rows(
    document: Document,
    passage: Passage,
    words: PassageWords,
    asked: Sequence[str],
    *,
    names: Set[str],
    compared: str,
    several: bool,
) -> tuple[PassageWords, list[Use]]:
    """Return a passage's words, rows having those of their table's head too, and the use of each sentence.

    The head of a table is not quoted. A row is of another where none of the ``names`` asked about stands
    in it or beside the table, or where rows would have to be ``compared``, unless it says how. Unless
    ``several`` are asked for, nor is a row quoted where another of the passage holds the same of the terms
    that are asked for and more, those that name columns aside: the price of rye is not that of sourdough.
    """
    spans = passage.sentences
    tops = tops_of(document, spans)
    if not any(top is not None for top in tops):
        return words, [Use.QUOTE] * len(spans)
    lines = lines_of(document.text)
    columns = {top: analyse(lines.texts[top]) for top in set(tops) if top is not None}
    beside = set(analyse(heading_path(document.title, passage.headings)))
    beside.update(*(own.words.terms for own, top in zip(words.sentences, tops, strict=True) if top is None))
    held = [
        own.words.terms & set(asked).difference(columns.get(top, ())) if top is not None else frozenset()
        for own, top in zip(words.sentences, tops, strict=True)
    ]
    uses, sentences = [], []
    for own, top, span, terms in zip(words.sentences, tops, spans, held, strict=True):
        if top is None:
            uses.append(Use.QUOTE)
            sentences.append(own)
            continue
        whole, text = _with_head(own, columns[top]), document.text[span.start : span.end]
        of_another = bool(names) and names.isdisjoint(beside | whole.words.terms)
        fuller = any(top == other and terms < more for other, more in zip(tops, held, strict=True))
        if lines.number_at(span.start) == top or (fuller and not several):
            uses.append(Use.NOTHING)
        elif of_another or compared not in f"{lines.texts[top]} {text}".casefold():
            uses.append(Use.ANOTHER)
        else:
            uses.append(Use.QUOTE)
        sentences.append(whole)
    return replace(words, sentences=tuple(sentences)), uses


def _with_head(row: SentenceWords, head: Sequence[str]) -> SentenceWords:
    names = Words.of(head)
    words = Words(row.words.terms | names.terms, row.words.beginnings | names.beginnings)
    return replace(row, words=words, label=False)  # "Rye | 32" states the price of rye
