"""Document → Blocks: the paragraphs, items, quotes, tables and code of a text, under their headings.

Markdown is read by markdown-it; every other text is paragraphs between blank lines. Two things that
scraped texts do are undone here: headings that run on inside a line (named by the document's
``sections``), and bullets that do (``… We offer: * Work * Play``). Markdown that is nested deeper, or
has more blocks, than any text that was written is read as paragraphs.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, TypeAlias

from embeddings.corpus import Document

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Kind: TypeAlias = Literal["paragraph", "item", "code", "table"]

# Lists in lists, or quotes in quotes: markdown-it leaves out what is deeper.
_DEEPEST = 40
# A block is up to three tokens of .3 kB each; a book of 1,500 pages has some 60,000.
_MOST_TOKENS = 1_000_000
# A longer heading is cut: every passage below it has it.
_LONGEST_HEADING = 200

_MARKDOWN = frozenset({".md", ".markdown", ".html", ".htm"})
_BULLET = re.compile(r"(?<!\S)[*•·▪◦‣–-](?= \S)")
_AFTER_SECTION = " \t\n:：."


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that says one thing, and the headings it stands under.

    ``aside`` numbers the block quote it stands in; text outside quotes has none.
    """

    start: int
    end: int
    headings: tuple[str, ...] = ()
    kind: Kind = "paragraph"
    aside: int | None = None


def blocks_of(document: Document) -> Iterator[Block]:
    """Yield a document's blocks in text order; none is blank and none overlap."""
    suffix = PurePosixPath(document.source).suffix.lower()
    read = _markdown_blocks if suffix in _MARKDOWN else _plain_blocks
    for block in _under_sections(document, read(document)):
        if block.kind == "paragraph":
            yield from _bullets(document.text, block)
        else:
            yield block


def _plain_blocks(document: Document) -> Iterator[Block]:
    start, end, offset = -1, -1, 0
    for line in document.text.split("\n"):
        if line and not line.isspace():
            start, end = offset if start < 0 else start, offset + len(line)
        elif start >= 0:
            yield Block(start, end)
            start = -1
        offset += len(line) + 1
    if start >= 0:
        yield Block(start, end)


def _markdown_blocks(document: Document) -> Iterator[Block]:
    from markdown_it import MarkdownIt  # costs a start what only splitting needs

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    links: dict[str, object] = {}
    tokens = _Tokens()
    try:
        parser.block.parse(document.text, parser, links, tokens)
    except _TooMany:
        yield from _plain_blocks(document)
        return
    if any(token.nesting == 1 and token.level >= _DEEPEST - 1 for token in tokens):
        yield from _plain_blocks(document)
        return
    yield from _MarkdownReader(document, parser, links).read(tokens)


class _TooMany(Exception):
    """A text has more blocks than are kept."""


class _Tokens(list["Token"]):
    """The blocks of a text, their inner marks unread: reading those of a hostile line takes for ever."""

    def append(self, token: "Token") -> None:
        """Take one more, or raise _TooMany."""
        if len(self) >= _MOST_TOKENS:
            raise _TooMany
        super().append(token)


class _MarkdownReader:
    def __init__(self, document: Document, parser: "MarkdownIt", links: dict[str, object]) -> None:
        self._document = document
        self._parser = parser
        self._links = links
        self._lines = document.text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._path: list[tuple[int, str]] = []

    def read(self, tokens: Sequence["Token"]) -> Iterator[Block]:
        open_blocks: list[str] = []
        asides = 0
        bare: Block | None = None  # a heading that nothing has followed yet
        for position, token in enumerate(tokens):
            if token.nesting == 1:
                open_blocks.append(token.type)
                asides += token.type == "blockquote_open" and "blockquote_open" not in open_blocks[:-1]
                if token.type == "heading_open":
                    level = int(token.tag[1:])
                    if bare and level <= self._path[-1][0]:
                        yield bare
                    bare = self._heading(level, tokens[position + 1])
                if token.type != "table_open":
                    continue
            if token.nesting == -1:
                open_blocks.pop()
                continue
            aside = asides if "blockquote_open" in open_blocks else None
            block = self._block(token, open_blocks, aside)
            if block:
                bare = None
                yield block
        if bare:
            yield bare

    def _heading(self, level: int, inline: "Token") -> Block | None:
        marked = inline.content[: 4 * _LONGEST_HEADING]
        children = self._parser.parseInline(marked, self._links)[0].children or []
        words = "".join(child.content if child.content else " " for child in children)
        title = " ".join(words.split())[:_LONGEST_HEADING]
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        above = self._headings()
        self._path.append((level, title))
        span = self._span(inline)
        return Block(*span, above) if span else None

    def _headings(self) -> tuple[str, ...]:
        titles = tuple(title for _, title in self._path if title)
        return titles[1:] if titles[:1] == (self._document.title,) else titles

    def _block(self, token: "Token", open_blocks: Sequence[str], aside: int | None) -> Block | None:
        kind: Kind
        if token.type == "table_open":
            kind = "table"
        elif token.type in ("fence", "code_block"):
            kind = "code"
        elif token.type == "html_block" and not token.content.lstrip().startswith("<!--"):
            kind = "paragraph"
        elif token.type == "inline" and not {"heading_open", "table_open"} & set(open_blocks):
            kind = "item" if "list_item_open" in open_blocks else "paragraph"
        else:
            return None
        span = self._span(token)
        return Block(*span, self._headings(), kind, aside) if span else None

    def _span(self, token: "Token") -> tuple[int, int] | None:
        """Return where a token's text stands, without the marks of the list or quote around it."""
        if token.map is None:
            return None
        first, last = token.map
        start, end = self._starts[first], self._starts[last] - 1
        lead = token.content.split("\n", 1)[0].strip()
        start += max(self._lines[first].find(lead), 0)
        text = self._document.text[start:end]
        if not text.strip():
            return None
        return start + len(text) - len(text.lstrip()), start + len(text.rstrip())


def _under_sections(document: Document, blocks: Iterator[Block]) -> Iterator[Block]:
    """Cut blocks where one of the document's own section names stands, each name once."""
    if not document.sections:
        yield from blocks
        return
    names = "|".join(re.escape(name) for name in sorted(document.sections, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{names})")
    left = set(document.sections)
    above: tuple[str, ...] | None = None
    section: tuple[str, ...] = ()
    for block in blocks:
        if block.headings != above:
            above, section = block.headings, ()
        start = block.start
        for found in pattern.finditer(document.text, block.start, block.end):
            if found.group() not in left:
                continue
            left.remove(found.group())
            yield from _trimmed(
                document.text, replace(block, headings=block.headings + section), start, found.start()
            )
            section, start = (found.group(),), found.end()
        yield from _trimmed(
            document.text, replace(block, headings=block.headings + section), start, block.end
        )


def _bullets(text: str, block: Block) -> Iterator[Block]:
    """Cut a paragraph at the bullets inside it, if one kind of bullet stands there twice."""
    found = [match for match in _BULLET.finditer(text, block.start, block.end) if _opens_item(text, match)]
    counts = Counter(match.group() for match in found)
    cuts = [match for match in found if counts[match.group()] > 1]
    start, kind = block.start, block.kind
    for cut in cuts:
        yield from _trimmed(text, replace(block, kind=kind), start, cut.start())
        start, kind = cut.end(), "item"
    yield from _trimmed(text, replace(block, kind=kind), start, block.end)


def _opens_item(text: str, mark: re.Match[str]) -> bool:
    """Tell a bullet from a dash between words or numbers: an item begins with a capital or a CJK sign."""
    after = text[mark.end() + 1]
    if mark.group() in "-–":
        return after.isupper() or (after.isalpha() and not after.islower())
    return not after.isspace()


def _trimmed(text: str, block: Block, start: int, end: int) -> Iterator[Block]:
    part = text[start:end]
    lead = len(part) - len(part.lstrip(_AFTER_SECTION if start != block.start else None))
    if part.strip(_AFTER_SECTION):
        yield replace(block, start=start + lead, end=start + len(part.rstrip()))
