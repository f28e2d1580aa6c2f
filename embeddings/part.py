"""A part of a snapshot: a run of documents with all that was computed of them, in one file.

A row of a column belongs to a document, a passage, a sentence, or a piece of analysed text; edges say
where the rows of the next below begin (``passage_edges``: each document's passages, and so on).

    document   about (JSON) · text (UTF-8) · abbreviation (JSON) · identities
    passage    ids · spans · heading (JSON) · wordings · levels, scales, codes
    sentence   sentence_spans · sentence_levels, sentence_scales, sentence_codes
    piece      token: numbers of terms. A document's pieces are what its metadata says, and then, for
               each passage, its heading path and its sentences
    term       vocabulary (UTF-8, one a line, sorted) · posting: passages that hold it, and how often
    part       key: the metadata keys of its documents, one a line

Parts never change. A refresh makes those anew whose documents changed, and names the others again.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from embeddings.columns import Array, Columns
from embeddings.corpus import Document, Passage, Span
from embeddings.quantised import Rows

# Passages in a part, on average: some 6 MB, which an edit writes anew.
PASSAGES = 2048


class Part:
    """The columns of a part as values. Never changes; safe to share between threads."""

    def __init__(self, columns: Columns, *, name: str = "", sha256: str = "") -> None:
        self.columns = columns
        self.name = name
        self.sha256 = sha256
        self.documents = len(columns["identities"])
        self.passages = len(columns["ids"])
        self.sentences = len(columns["sentence_spans"])
        self.terms = len(columns["posting_edges"]) - 1

    @cached_property
    def vocabulary(self) -> list[str]:
        """The terms of the part, sorted; their places are the numbers of the tokens."""
        lines = bytes(self.columns["vocabulary"]).decode()
        return lines.split("\n")[:-1]

    @property
    def vectors(self) -> tuple[Array, Array, Array]:
        """The passages' levels, scales and codes."""
        return self.columns["levels"], self.columns["scales"], self.columns["codes"]

    @property
    def sentence_vectors(self) -> tuple[Array, Array, Array]:
        """The sentences' levels, scales and codes."""
        names = ("sentence_levels", "sentence_scales", "sentence_codes")
        return self.columns[names[0]], self.columns[names[1]], self.columns[names[2]]

    def document(self, number: int) -> Document:
        """Return a document."""
        identity, source, title, metadata, sections, stale = json.loads(self.bytes("about", number).decode())
        values = {key: tuple(v) if isinstance(v, list) else v for key, v in metadata.items()}
        text = self.bytes("text", number).decode()
        return Document(identity, source, title, text, values, tuple(sections), stale)

    def identity(self, number: int) -> str:
        """Return a document's id."""
        return str(json.loads(self.bytes("about", number).decode())[0])

    def source(self, number: int) -> str:
        """Return the file that a document is of."""
        return str(json.loads(self.bytes("about", number).decode())[1])

    def passage(self, row: int, *, document_id: str) -> Passage:
        """Return a passage, whose document is known."""
        columns = self.columns
        start, end = columns["spans"][row].tolist()
        edges = columns["sentence_edges"]
        spans = columns["sentence_spans"][edges[row] : edges[row + 1]].tolist()
        headings = tuple(json.loads(self.bytes("heading", row).decode()))
        return Passage(
            int(columns["ids"][row]), document_id, start, end, headings, tuple(Span(*s) for s in spans)
        )

    def document_of(self, row: int) -> int:
        """Return the number of the document that a passage stands in."""
        return int(self.columns["passage_edges"].searchsorted(row, side="right")) - 1

    def passages_of(self, document: int) -> range:
        """Return the rows of a document's passages."""
        edges = self.columns["passage_edges"]
        return range(int(edges[document]), int(edges[document + 1]))

    def sentences_of(self, row: int) -> range:
        """Return the rows of a passage's sentences."""
        edges = self.columns["sentence_edges"]
        return range(int(edges[row]), int(edges[row + 1]))

    def tokens_of(self, row: int) -> tuple[list[int], Array]:
        """Return the tokens of a passage: of its heading path, of each sentence, of the metadata.

        With them comes how many each of these pieces has.
        """
        columns = self.columns
        document, (first, last) = self.document_of(row), columns["sentence_edges"][row : row + 2].tolist()
        piece = document + 1 + row + first
        edges = columns["token_edges"][piece : piece + last - first + 2].tolist()
        opening = int(columns["passage_edges"][document])
        told = document + opening + int(columns["sentence_edges"][opening])
        start, end = columns["token_edges"][told : told + 2].tolist()
        tokens = columns["tokens"]
        own = tokens[edges[0] : edges[-1]]
        lengths = [b - a for a, b in pairwise(edges)]
        return [*lengths, end - start], np.concatenate([own, tokens[start:end]]) if end > start else own

    def abbreviations(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the short forms that the documents explain, with what they stand for, in order."""
        told = np.flatnonzero(np.diff(self.columns["abbreviation_edges"])).tolist()
        lines = (self.bytes("abbreviation", n) for n in told)
        return [(short, tuple(long)) for line in lines for short, long in json.loads(line)]

    def bytes(self, name: str, row: int) -> bytes:
        """Return one entry of a column of texts."""
        start, end = self.columns[f"{name}_edges"][row : row + 2].tolist()
        return bytes(self.columns[name][start:end])


def digest64(text: str) -> int:
    """Return 64 bits by which a text is found."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def wording(text: str) -> int:
    """Return 64 bits that are the same for passages that repeat each other word for word."""
    return digest64(" ".join(text.split()))


def begins_part(identities: Array, passages: Array) -> Array:
    """Tell which documents begin a part: each by itself alone, so that others' edits move no border."""
    chance = (identities % np.uint64(1 << 32)).astype(np.int64)
    begins: Array = chance < passages * (1 << 32) // PASSAGES
    return begins


def starts_of(counts: Sequence[int]) -> Rows:
    """Return the number of the first of each part's things, and last how many there are in all."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
