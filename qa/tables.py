"""Tables of Markdown documents: a row is a sentence, and says what it says with the names of its columns."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from embeddings.corpus import Document, Span
from qa.lexical import analyse
from qa.ranking import PassageWords, SentenceWords, Words

_MARKDOWN = frozenset({".md", ".markdown", ".html", ".htm"})
_DASHES = r"[ \t]*+:?+-++:?+[ \t]*+"
_RULE = re.compile(rf"[ \t]*+\|?+{_DASHES}(?:\|{_DASHES})*+\|?+[ \t]*+")


def is_markdown(document: Document) -> bool:
    """Tell whether a document is read as Markdown; HTML is made into it."""
    return PurePosixPath(document.source).suffix.lower() in _MARKDOWN


def top_of(lines: Sequence[str], number: int) -> int | None:
    """Return the number of the first line of the table that a line stands in, or None."""
    top = number
    while top and "|" in lines[number] and "|" in lines[top - 1]:
        top -= 1
    ruled = top + 1 < len(lines) and "|" in lines[number] and _RULE.fullmatch(lines[top + 1])
    return top if ruled else None


def tops_of(document: Document, spans: Sequence[Span]) -> list[int | None]:
    """Return for each span the line where the table begins that it stands in, or None."""
    if not is_markdown(document) or not any("|" in document.text[s.start : s.end] for s in spans):
        return [None] * len(spans)
    lines = document.text.split("\n")
    return [top_of(lines, document.text.count("\n", 0, span.start)) for span in spans]


def read_rows(
    document: Document, spans: Sequence[Span], words: PassageWords, asked: Sequence[str]
) -> tuple[PassageWords, list[bool]]:
    """Return a passage's words, rows having those of their table's head too, and what may be quoted.

    The head of a table may not, and a row only where no other row of the table holds the same terms of
    ``asked`` and more: of a table of prices, the price of rye is not that of bread made of wheat.
    """
    tops = tops_of(document, spans)
    if not any(top is not None for top in tops):
        return words, [True] * len(spans)
    lines = document.text.split("\n")
    heads = [top == document.text.count("\n", 0, span.start) for top, span in zip(tops, spans, strict=True)]
    held = [each.words.terms & set(asked) for each in words.sentences]
    rows = [(top, own) for top, own, head in zip(tops, held, heads, strict=True) if not head]
    quotable = [
        not head and (top is None or not any(top == other and own < more for other, more in rows))
        for top, own, head in zip(tops, held, heads, strict=True)
    ]
    sentences = [
        own if top is None else _with_head(own, analyse(lines[top]))
        for own, top in zip(words.sentences, tops, strict=True)
    ]
    return replace(words, sentences=tuple(sentences)), quotable


def _with_head(row: SentenceWords, head: Sequence[str]) -> SentenceWords:
    names = Words.of(head)
    words = Words(row.words.terms | names.terms, row.words.beginnings | names.beginnings)
    return replace(row, words=words, label=False)  # "Rye | 32" states the price of rye
