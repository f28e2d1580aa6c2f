"""Document → Passages.

A passage is what one paragraph says: long enough to be understood, short enough to be pointed at,
and never longer than the encoder reads. The way there:

    text → blocks     paragraphs, list items, quotes, tables, code, each under its heading path
         → units      a block, cut at headings and bullets that run inside its line
         → passages   a paragraph stands alone; a scrap joins its neighbour; items fill up together

A block quote is an aside: it never joins the text around it. What is too long is cut at sentence
ends, and a sentence that is too long at spaces, so nothing is ever truncated in silence.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from embeddings.blocks import Block, blocks_of
from embeddings.corpus import Document, Passage, Span, heading_path
from embeddings.errors import ModelError
from embeddings.sentences import sentence_spans

# Part of the manifest: raise it when the same text would give other passages.
SPLITTER_VERSION = 1

# A unit below this many tokens is no passage by itself ("US, WA, Seattle", "Figure: x.png").
SCRAP_TOKENS = 24
# Items fill a passage, and long blocks are cut, to about this many: the length of the paragraphs
# on which the ranking was measured (156 tokens on average).
TARGET_TOKENS = 160
# Nor is any longer than this, in characters, however few tokens they are (a word of 10 MB is one): what is
# quoted is to be read. What the encoder reads of English has some 1,500, of any text below 2,500.
LONGEST = 4_000
# The heading path is cut to this many: at worst, one token each, in Chinese.
HEADER_CHARACTERS = 96

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class _Unit:
    block: Block
    sentences: tuple[Span, ...]
    tokens: int

    @property
    def start(self) -> int:
        return self.sentences[0].start

    @property
    def end(self) -> int:
        return self.sentences[-1].end


def split(document: Document, *, count_tokens: CountTokens, max_tokens: int) -> tuple[Passage, ...]:
    """Return a document's passages in text order.

    ``count_tokens`` counts as the encoder does, special tokens included; no passage's embedded text
    has more than ``max_tokens``.
    """
    cutter = _Cutter(document, count_tokens, max_tokens)
    groups: list[list[_Unit]] = []
    for _, section in groupby(blocks_of(document), key=lambda block: block.headings):
        groups += cutter.pack([unit for block in section for unit in cutter.units(block)])
    return identified(document, [_passage(document, group) for group in groups])


def embedded_text(document: Document, passage: Passage) -> tuple[str, tuple[Span, ...]]:
    """Return what the encoder reads of a passage, heading path and text, and its sentences therein."""
    header = _header(document, passage.headings)
    lead = f"{header}\n" if header else ""
    shift = len(lead) - passage.start
    sentences = tuple(Span(span.start + shift, span.end + shift) for span in passage.sentences)
    return lead + document.text[passage.start : passage.end], sentences


class _Cutter:
    def __init__(self, document: Document, count_tokens: CountTokens, max_tokens: int) -> None:
        self._document = document
        self._count = count_tokens
        self._max = max_tokens
        self._rooms: dict[tuple[str, ...], int] = {}

    def units(self, block: Block) -> Iterator[_Unit]:
        """Yield the block as units that each fit the encoder."""
        text, room = self._document.text, self._room(block)
        whole = Span(block.start, block.end)
        sentences = [
            piece
            for span in sentence_spans(text, whole, lines=block.kind in ("code", "table"))
            for piece in self._fitting(span, room)
        ]
        if not sentences:
            return
        tokens = self._count([text[span.start : span.end] for span in sentences])
        target = min(TARGET_TOKENS, room) if sum(tokens) > room else room
        taken: list[Span] = []
        total = 0
        for span, count in zip(sentences, tokens, strict=True):
            if taken and (total + count > target or span.end - taken[0].start > LONGEST):
                yield _Unit(block, tuple(taken), total)
                taken, total = [], 0
            taken.append(span)
            total += count
        yield _Unit(block, tuple(taken), total)

    def pack(self, units: Sequence[_Unit]) -> list[list[_Unit]]:
        """Group the units of one section: a paragraph alone, items and scraps together."""
        groups: list[list[_Unit]] = []
        for unit in units:
            if groups and self._joins(groups[-1], unit):
                groups[-1].append(unit)
            else:
                groups.append([unit])
        if len(groups) > 1 and _size(groups[-1]) < SCRAP_TOKENS and self._fits([*groups[-2], *groups[-1]]):
            last = groups.pop()
            groups[-1] += last
        return groups

    def _joins(self, group: Sequence[_Unit], unit: _Unit) -> bool:
        filling = unit.block.kind == "item" and _size(group) + unit.tokens <= TARGET_TOKENS
        wanted = _size(group) < SCRAP_TOKENS or filling or unit.block.aside is not None
        return wanted and self._fits([*group, unit])

    def _fits(self, units: Sequence[_Unit]) -> bool:
        if units[0].block.aside != units[-1].block.aside:
            return False
        if units[-1].end - units[0].start > LONGEST:
            return False
        body = self._document.text[units[0].start : units[-1].end]
        return self._count([body])[0] <= self._room(units[0].block)

    def _room(self, block: Block) -> int:
        """Return the tokens left for text below the block's heading path."""
        if block.headings not in self._rooms:
            header = _header(self._document, block.headings)
            self._rooms[block.headings] = self._max - self._count([header])[0]
        room = self._rooms[block.headings]
        if room < SCRAP_TOKENS:
            raise ModelError(
                f"the encoder reads {self._max} tokens, too few for a heading and a sentence",
                place=self._document.source,
                remedy="Choose a model that reads 128 tokens or more.",
            )
        return room

    def _fitting(self, span: Span, room: int) -> Iterator[Span]:
        """Yield the span, or, where it is longer than the encoder reads, its pieces."""
        text = self._document.text[span.start : span.end]
        if len(text) <= LONGEST and self._count([text])[0] <= room:
            yield span
            return
        middle = len(text) // 2
        space = text.rfind(" ", 1, middle + 1)
        cut = space if space > len(text) // 4 else middle
        for start, end in ((span.start, span.start + cut), (span.start + cut, span.end)):
            piece = self._document.text[start:end]
            if any(character.isalnum() for character in piece):
                lead = len(piece) - len(piece.lstrip())
                yield from self._fitting(Span(start + lead, start + len(piece.rstrip())), room)


def _header(document: Document, headings: tuple[str, ...]) -> str:
    """Return the heading path as it is embedded: the nearest headings where it would be too long."""
    path = heading_path(document.title, headings)
    while headings and len(path) > HEADER_CHARACTERS:
        headings = headings[1:]
        path = heading_path(document.title, headings)
    return path[:HEADER_CHARACTERS]


def _passage(document: Document, units: Sequence[_Unit]) -> Passage:
    sentences = tuple(span for unit in units for span in unit.sentences)
    return Passage(0, document.id, sentences[0].start, sentences[-1].end, units[0].block.headings, sentences)


def _size(units: Sequence[_Unit]) -> int:
    return sum(unit.tokens for unit in units)


def identified(document: Document, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Give each passage 63 bits of blake2b over (document, embedded text, occurrence)."""
    seen: dict[str, int] = {}
    named = []
    for passage in passages:
        text, _ = embedded_text(document, passage)
        seen[text] = occurrence = seen.get(text, 0) + 1
        digest = hashlib.blake2b(f"{document.id}\0{text}\0{occurrence}".encode(), digest_size=8).digest()
        identity = int.from_bytes(digest, "big") >> 1
        named.append(replace(passage, id=identity))
    return tuple(named)
