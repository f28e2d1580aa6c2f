r"""A quote as a reader sees it in an answer: the words of a Markdown or HTML source, without the marks.

    [care guide](care.md) for **descaling**   →  care guide for descaling
    | Price | 89 euros |                      →  Property: Price; Value: 89 euros
    one line\n> of a block quote              →  one line of a block quote

The citation keeps the exact span. Of any other source, and where there is no mark, the words are the span's.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import cycle, groupby
from typing import TYPE_CHECKING

from embeddings.corpus import Document
from qa.tables import is_markdown, lines_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_QUOTED = re.compile(r"\n(?:[ \t]*>)+[ \t]?")
# Of what looks like a tag, these are; "List<String>" holds none.
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|div|em|i|img|kbd|mark|p|q|s|small|span|strong|sub|sup|u)\b[^>]*>", re.I
)
_BRACKETED_NUMBER = re.compile(r"\[(\d+)\]")


def said(text: str) -> str:
    """Return a text as it stands in an answer: on one line, its own "[3]" told from our marks."""
    return _BRACKETED_NUMBER.sub(r"(\1)", " ".join(text.split()))


def shown(document: Document, start: int, end: int) -> str:
    """Return a span of a document as it stands in an answer."""
    quote = document.text[start:end]
    if not is_markdown(document):
        return said(quote)
    lines = lines_of(document.text)
    first = lines.number_at(start)
    parts = []
    for top, group in groupby(enumerate(quote.split("\n"), first), key=lambda line: lines.top_of(line[0])):
        numbered = list(group)
        if top is None:
            parts.append(_inline(_QUOTED.sub("\n", "\n".join(line for _, line in numbered))))
        else:
            parts.append(_rows(lines.texts, top, [number for number, _ in numbered]))
    return said("\n".join(parts)) or said(quote)


@lru_cache(maxsize=1)
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # costs a start what only an answer needs

    return MarkdownIt("commonmark").enable("table")


def _inline(text: str) -> str:
    return "".join(_words(token) for token in _reader().parseInline(text))


def _words(token: "Token") -> str:
    if token.children is not None and token.type != "image":
        return "".join(map(_words, token.children))
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "html_inline" and _TAG.fullmatch(token.content):
        return " " if token.content.startswith(("<br", "<p", "<div")) else ""
    return token.content


def _rows(lines: Sequence[str], top: int, numbers: Sequence[int]) -> str:
    """Return some of a table's rows with the names of their columns; of its head, the names alone.

    An empty cell is a dash. Where no column has a name, the first cell names the rest of its row.
    """
    rows = [lines[number] for number in numbers if number > top + 1]
    tokens = _reader().parse("\n".join([lines[top], lines[top + 1], *rows]))
    cells = [_words(token).strip() for token in tokens if token.type == "inline"]
    names = cells[: len(cells) // (len(rows) + 1)]
    if not rows:
        return "; ".join(filter(None, names))
    values = cells[len(names) :]
    if not any(names):
        own = [values[n : n + len(names)] for n in range(0, len(values), len(names))]
        return "; ".join(f"{first}: {', '.join(filter(None, rest))}" for first, *rest in own)
    pairs = zip(cycle(names), values, strict=False)
    return "; ".join(f"{name}: {value or '—'}" if name else value for name, value in pairs if name or value)
