"""Parts are made: of documents that were read just now, and of what older parts hold already."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from embeddings.abbreviations import find_abbreviations
from embeddings.analyser import analyse
from embeddings.columns import Array, Columns, blob, edges_of, ranges
from embeddings.corpus import Document, Metadata, Passage
from embeddings.encoder import Vectors
from embeddings.part import Part, digest64, wording
from embeddings.quantised import quantise
from embeddings.splitter import embedded_text

# Each column of edges: what its rows are, and what they part.
_EDGES = {
    "about_edges": ("document", "about"),
    "text_edges": ("document", "text"),
    "abbreviation_edges": ("document", "abbreviation"),
    "heading_edges": ("passage", "heading"),
    "token_edges": ("piece", "tokens"),
    "passage_edges": ("document", ""),
    "sentence_edges": ("passage", ""),
}
_ROWS = {
    "identities": "document",
    "ids": "passage",
    "spans": "passage",
    "wordings": "passage",
    "levels": "passage",
    "scales": "passage",
    "codes": "passage",
    "sentence_spans": "sentence",
    "sentence_levels": "sentence",
    "sentence_scales": "sentence",
    "sentence_codes": "sentence",
}


@dataclass(frozen=True)
class Piece:
    """A run of documents with their columns; tokens are numbered by ``vocabulary``."""

    columns: Columns
    vocabulary: Sequence[str]


def piece_of(
    documents: Sequence[Document],
    passages: Sequence[Sequence[Passage]],
    vectors: Sequence[Vectors],
    *,
    dimension: int,
) -> Piece:
    """Return documents as columns: each with its passages, each of these with its vectors in turn.

    A passage's vectors are its own in row 0 and then its sentences': shape (sentences + 1, dimension).
    """
    flat = [(document, passage) for document, own in zip(documents, passages, strict=True) for passage in own]
    none = np.empty((0, dimension), dtype=np.float32)
    whole = quantise(np.stack([rows[0] for rows in vectors]) if vectors else none)
    inner = quantise(np.concatenate([rows[1:] for rows in vectors]) if vectors else none)
    numbers: dict[str, int] = {}
    tokens = [
        np.array([numbers.setdefault(term, len(numbers)) for term in analyse(text)], dtype=np.uint32)
        for text in _texts(documents, passages)
    ]
    columns: dict[str, Array] = {
        "identities": np.array([digest64(document.id) for document in documents], dtype=np.uint64),
        "passage_edges": edges_of(map(len, passages)),
        "ids": np.array([passage.id for _, passage in flat], dtype=np.int64),
        "spans": np.array([(p.start, p.end) for _, p in flat], dtype=np.int32).reshape(-1, 2),
        "wordings": np.array([wording(d.text[p.start : p.end]) for d, p in flat], dtype=np.uint64),
        "sentence_edges": edges_of(len(passage.sentences) for _, passage in flat),
        "sentence_spans": np.array(
            [(s.start, s.end) for _, p in flat for s in p.sentences], np.int32
        ).reshape(-1, 2),
        "tokens": np.concatenate([np.empty(0, dtype=np.uint32), *tokens]),
        "token_edges": edges_of(map(len, tokens)),
        **dict(zip(("levels", "scales", "codes"), whole, strict=True)),
        **dict(zip(("sentence_levels", "sentence_scales", "sentence_codes"), inner, strict=True)),
    }
    texts = {
        "about": (_about(document) for document in documents),
        "text": (document.text.encode() for document in documents),
        "abbreviation": (_abbreviations(document) for document in documents),
        "heading": (json.dumps(passage.headings, ensure_ascii=False).encode() for _, passage in flat),
    }
    for name, values in texts.items():
        columns[name], columns[f"{name}_edges"] = blob(values)
    return Piece(columns, list(numbers))


def cut(part: Part, first: int, last: int) -> Piece:
    """Return the columns of a part's documents ``first`` to ``last`` (excluded)."""
    columns = part.columns
    passages = columns["passage_edges"][[first, last]]
    sentences = columns["sentence_edges"][passages]
    pieces = np.array([first, last]) + passages + sentences
    of: dict[str, Sequence[int]] = {
        "document": (first, last),
        "passage": passages.tolist(),
        "sentence": sentences.tolist(),
        "piece": pieces.tolist(),
    }
    found = {name: columns[name][of[kind][0] : of[kind][1]] for name, kind in _ROWS.items()}
    for name, (kind, target) in _EDGES.items():
        edges = columns[name][of[kind][0] : of[kind][1] + 1]
        found[name] = edges - edges[0]
        if target:
            found[target] = columns[target][edges[0] : edges[-1]]
    return Piece(found, part.vocabulary)


def joined(pieces: Sequence[Piece]) -> dict[str, Array]:
    """Return the columns of a part that holds the pieces in turn: the same however they were cut."""
    columns: dict[str, Array] = {
        name: np.concatenate([piece.columns[name] for piece in pieces])
        for name in (*_ROWS, *(target for _, target in _EDGES.values() if target and target != "tokens"))
    }
    for name in _EDGES:
        edges = [piece.columns[name] for piece in pieces]
        shifts = accumulate((int(own[-1]) for own in edges), initial=0)
        columns[name] = np.concatenate(
            [[0], *(own[1:] + shift for own, shift in zip(edges, shifts, strict=False))]
        )
    columns["vocabulary"], columns["tokens"] = _tokens(pieces)
    keys = {key for n in range(len(columns["identities"])) for key in _metadata(columns, n)}
    columns["key"], _ = blob(f"{key}\n".encode() for key in sorted(keys))
    return columns | _postings(columns, len(bytes(columns["vocabulary"]).split(b"\n")) - 1)


def said(metadata: Metadata) -> str:
    """Return what metadata says, as a text."""
    values = (value if isinstance(value, tuple) else (value,) for value in metadata.values())
    return " . ".join(str(v) for several in values for v in several)


def _texts(documents: Sequence[Document], passages: Sequence[Sequence[Passage]]) -> Iterator[str]:
    """Yield the pieces of each document: its metadata, and each passage's heading path and sentences."""
    for document, own in zip(documents, passages, strict=True):
        yield said(document.metadata)
        for passage in own:
            text, spans = embedded_text(document, passage)
            yield text[: len(text) - (passage.end - passage.start)]
            yield from (text[span.start : span.end] for span in spans)


def _tokens(pieces: Sequence[Piece]) -> tuple[Array, Array]:
    """Return the sorted terms that the pieces use, and their tokens numbered by them."""
    used = [np.unique(piece.columns["tokens"]) for piece in pieces]
    terms = [[piece.vocabulary[n] for n in own.tolist()] for piece, own in zip(pieces, used, strict=True)]
    vocabulary = sorted(set().union(*terms))
    numbers = {term: n for n, term in enumerate(vocabulary)}
    width = np.uint16 if len(vocabulary) <= 1 << 16 else np.uint32
    tokens = []
    for piece, own, named in zip(pieces, used, terms, strict=True):
        table = np.zeros(int(own[-1]) + 1 if len(own) else 1, dtype=width)
        table[own] = [numbers[term] for term in named]
        tokens.append(table[piece.columns["tokens"]])
    return blob(f"{term}\n".encode() for term in vocabulary)[0], np.concatenate(tokens)


def _postings(columns: Columns, terms: int) -> dict[str, Array]:
    """Return for each term the passages that hold it and how often, and how many terms each passage has."""
    passages = columns["passage_edges"]
    sentences, edges = columns["sentence_edges"], columns["token_edges"]
    count = int(passages[-1])
    document = np.repeat(np.arange(len(passages) - 1), np.diff(passages))
    rows = np.arange(count)
    first = document + 1 + rows + sentences[:-1]
    own = edges[first], edges[first + 1 + np.diff(sentences)]
    said_piece = np.arange(len(passages) - 1) + passages[:-1] + sentences[passages[:-1]]
    told = edges[said_piece][document], edges[said_piece + 1][document]
    lengths = [own[1] - own[0], told[1] - told[0]]
    tokens = np.concatenate(
        [columns["tokens"][ranges(own[0], lengths[0])], columns["tokens"][ranges(told[0], lengths[1])]]
    )
    holders = np.concatenate([np.repeat(rows, lengths[0]), np.repeat(rows, lengths[1])])
    pairs, counts = np.unique(tokens.astype(np.int64) * max(count, 1) + holders, return_counts=True)
    return {
        "posting_rows": (pairs % max(count, 1)).astype(np.int32),
        "posting_counts": np.minimum(counts, 65_535).astype(np.uint16),
        "posting_edges": np.searchsorted(pairs, np.arange(terms + 1) * max(count, 1)).astype(np.int64),
        "lengths": (lengths[0] + lengths[1]).astype(np.int32),
    }


def _about(document: Document) -> bytes:
    fields = [
        document.id,
        document.source,
        document.title,
        dict(document.metadata),
        document.sections,
        document.stale,
    ]
    return json.dumps(fields, ensure_ascii=False).encode()


def _metadata(columns: Columns, number: int) -> dict[str, object]:
    start, end = columns["about_edges"][number : number + 2].tolist()
    metadata: dict[str, object] = json.loads(bytes(columns["about"][start:end]))[3]
    return metadata


def _abbreviations(document: Document) -> bytes:
    found = find_abbreviations([document.text])
    return json.dumps(list(found.items()), ensure_ascii=False).encode() if found else b""
