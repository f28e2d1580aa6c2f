"""A snapshot: everything a question needs, published in one step and never changed after.

    index/
      CURRENT                      the served generation's folder and its manifest's sha256
      generations/000007/
        manifest.json              format, splitter, encoder card, sources, sha256 of each file below
        documents.jsonl            one document a line, its text included
        passages.jsonl             one passage a line: spans into those texts
        passages.faiss             row n is the vector of passage n
        sentences.faiss            row n is the vector of sentence n, counted over all passages
      vectors.sqlite               the vector cache (cache.py); not part of a snapshot
      refresh.lock                 held by whoever publishes

A generation is built under another name, flushed to disk, renamed into place, and then named by
CURRENT, which is replaced in one rename. The generation before is kept: it serves when the current
one turns out damaged. Nothing here can run: JSON and FAISS files, each checked by its digest.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np

from embeddings.corpus import Document, Passage, Span
from embeddings.encoder import EncoderCard, Vectors
from embeddings.errors import (
    FootnoteError,
    IndexLocationError,
    SnapshotDamaged,
    SnapshotMismatch,
    SnapshotMissing,
)
from embeddings.index import FlatIndex, Rows
from embeddings.splitter import SPLITTER_VERSION

FORMAT = 1
_REBUILD = "Run: footnote refresh --rebuild"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the data folder as it was last looked at.

    ``modified`` is its mtime in nanoseconds, 0 where it was too fresh to be trusted. ``reason`` says
    why it could not be read, and is empty where it could.
    """

    source: str
    size: int
    modified: int
    sha256: str
    reason: str = ""


@dataclass(frozen=True)
class Snapshot:
    """One generation, open for reading. Rows of the indexes follow the order of ``passages``."""

    generation: int
    card: EncoderCard
    documents: Mapping[str, Document]
    sources: Mapping[str, SourceFile]
    passages: tuple[Passage, ...]
    passage_index: FlatIndex
    sentence_index: FlatIndex
    current: bool = True

    @cached_property
    def first_sentence(self) -> Rows:
        """Row of each passage's first sentence, and, last, the count of all: shape (passages + 1,)."""
        counts = (len(passage.sentences) for passage in self.passages)
        return np.fromiter(accumulate(counts, initial=0), dtype=np.int64, count=len(self.passages) + 1)

    def sentence_rows(self, passage_row: int) -> Rows:
        """Return the rows that a passage's sentences have in the sentence index."""
        return np.arange(self.first_sentence[passage_row], self.first_sentence[passage_row + 1])


def current_generation(index: Path) -> str:
    """Return what CURRENT says, which changes with every publication; empty where nothing is published."""
    try:
        return (index / "CURRENT").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise IndexLocationError(
            f"the index folder cannot be read ({error.strerror})",
            place=str(index),
            remedy="Check its permissions, or give another with --index.",
        ) from error


def open_snapshot(index: Path, *, card: EncoderCard | None = None) -> Snapshot:
    """Open the current generation, or the one before where the current one is damaged.

    With ``card``, a snapshot of another encoder is refused. Raises SnapshotMissing, SnapshotDamaged
    or SnapshotMismatch.
    """
    named = current_generation(index)
    if not named:
        raise SnapshotMissing("nothing is indexed yet", place=str(index), remedy="Run: footnote refresh")
    try:
        snapshot = _read_current(index, named)
    except SnapshotDamaged as damage:
        if current_generation(index) != named:  # published, and the old one pruned, while we read
            return open_snapshot(index, card=card)
        snapshot = _read_another(index, named, damage)
    if card is not None and snapshot.card != card:
        raise SnapshotMismatch(
            f"the index was made with {snapshot.card}, not {card}",
            place=str(index),
            remedy=f"Ask with --model {snapshot.card.model} --backend {snapshot.card.backend}, or re-embed: "
            "footnote refresh --rebuild",
        )
    return snapshot


def publish(
    index: Path,
    *,
    card: EncoderCard,
    documents: Sequence[Document],
    sources: Sequence[SourceFile],
    passages: Sequence[Passage],
    passage_vectors: Vectors,
    sentence_vectors: Vectors,
) -> Snapshot:
    """Write a new generation, make it the current one, and open it. The caller holds the lock."""
    _refuse_collisions(passages)
    generations = index / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    before = current_generation(index).split()[:1]
    number = max((int(path.name) for path in generations.iterdir() if path.name.isdigit()), default=0) + 1
    building = generations / f".building-{number:06}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    _write_lines(building / "documents.jsonl", [asdict(document) for document in documents])
    _write_lines(building / "passages.jsonl", [_flat(passage) for passage in passages])
    FlatIndex.build(passage_vectors).write(building / "passages.faiss")
    FlatIndex.build(sentence_vectors).write(building / "sentences.faiss")
    manifest = {
        "format": FORMAT,
        "splitter": SPLITTER_VERSION,
        "generation": number,
        "encoder": asdict(card),
        "sources": [asdict(source) for source in sources],
        "files": {path.name: _sha256(path) for path in sorted(building.iterdir())},
    }
    _write_text(building / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    for path in building.iterdir():
        _flush(path)
    final = generations / f"{number:06}"
    building.rename(final)
    _flush(generations)
    _write_text(index / "CURRENT.new", f"{final.name} {_sha256(final / 'manifest.json')}\n")
    _flush(index / "CURRENT.new")
    (index / "CURRENT.new").replace(index / "CURRENT")
    _flush(index)
    for path in generations.iterdir():
        if path.name not in (final.name, *before):
            shutil.rmtree(path, ignore_errors=True)
    return open_snapshot(index)


def _read_current(index: Path, named: str) -> Snapshot:
    match named.split():
        case [name, sha256] if name.isdigit():
            return _read(index / "generations" / name, sha256=sha256)
    raise _damaged(index / "CURRENT", "does not name a generation")


def _read_another(index: Path, named: str, damage: SnapshotDamaged) -> Snapshot:
    for folder in sorted((index / "generations").glob("[0-9]*"), reverse=True):
        if not named.startswith(folder.name):
            try:
                return _read(folder, current=False)
            except SnapshotDamaged:
                continue
    raise damage


def _read(folder: Path, *, sha256: str = "", current: bool = True) -> Snapshot:
    manifest_file = folder / "manifest.json"
    if not manifest_file.is_file():
        raise _damaged(manifest_file, "is missing")
    if sha256 and _sha256(manifest_file) != sha256:
        raise _damaged(manifest_file, "was changed")
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        found = manifest["format"], manifest["splitter"]
        if found != (FORMAT, SPLITTER_VERSION):
            raise SnapshotMismatch(
                f"the index has format and splitter {found}, not {(FORMAT, SPLITTER_VERSION)}",
                place=str(folder),
                remedy=_REBUILD,
            )
        for name, digest in manifest["files"].items():
            _check(folder / name, digest)
        documents = [_document(line) for line in _lines(folder / "documents.jsonl")]
        return Snapshot(
            generation=manifest["generation"],
            card=EncoderCard(**manifest["encoder"]),
            documents={document.id: document for document in documents},
            sources={source["source"]: SourceFile(**source) for source in manifest["sources"]},
            passages=tuple(_passage(line) for line in _lines(folder / "passages.jsonl")),
            passage_index=FlatIndex.read(folder / "passages.faiss"),
            sentence_index=FlatIndex.read(folder / "sentences.faiss"),
            current=current,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(manifest_file, "cannot be read") from error


def _check(file: Path, digest: str) -> None:
    if not file.is_file():
        raise _damaged(file, "is missing")
    if _sha256(file) != digest:
        raise _damaged(file, "was changed or cut short")


def _document(line: str) -> Document:
    fields = json.loads(line)
    metadata = {key: tuple(v) if isinstance(v, list) else v for key, v in fields.pop("metadata").items()}
    return Document(**{**fields, "metadata": metadata, "sections": tuple(fields["sections"])})


def _flat(passage: Passage) -> list[object]:
    edges = [edge for span in passage.sentences for edge in (span.start, span.end)]
    return [passage.id, passage.document_id, passage.start, passage.end, list(passage.headings), edges]


def _passage(line: str) -> Passage:
    identity, document_id, start, end, headings, edges = json.loads(line)
    sentences = tuple(map(Span, edges[::2], edges[1::2]))
    return Passage(identity, document_id, start, end, tuple(headings), sentences)


def _refuse_collisions(passages: Sequence[Passage]) -> None:
    seen: dict[int, Passage] = {}
    for passage in passages:
        other = seen.setdefault(passage.id, passage)
        if other is not passage:
            raise FootnoteError(
                "two passages have the same identity",
                place=f"{other.document_id} at {other.start} and {passage.document_id} at {passage.start}",
                remedy="Change a word in one of them, and report this: it should happen once in ages.",
            )


def _damaged(file: Path, what: str) -> SnapshotDamaged:
    return SnapshotDamaged(f"a file of the index {what}", place=str(file), remedy=_REBUILD)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")[:-1]


def _write_lines(file: Path, values: Sequence[object]) -> None:
    _write_text(file, "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")


def _flush(path: Path) -> None:
    """Make the operating system write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
