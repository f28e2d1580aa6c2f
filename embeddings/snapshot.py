"""A snapshot: everything a question needs, published in one step and never changed after.

    index/
      CURRENT                      the served generation's folder and its manifest's sha256
      generations/000007/
        manifest.json              what it is made of, each part and file by its sha256 (manifest.py)
        lexicon.safetensors        the words of all passages (lexicon.py)
        directory.safetensors      which files there were; documents and repeats by their digests
      parts/000007-0002            documents, passages, vectors (part.py); named by one generation or more
      vectors.sqlite               the vector cache (cache.py); not part of a snapshot
      seen.json                    files that were touched, not changed; not part of a snapshot
      refresh.lock                 held by whoever publishes; refresh.holder says who that is (lock.py)

Opening checks every file's digest, and maps the files into memory: what no question needs is never
read again. The generation before is kept: it serves when the current one turns out damaged, and a
refresh mends that (refresh.py). Nothing here can run: JSON, and arrays with a JSON header (columns.py).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from embeddings.columns import check_digests, damaged, map_columns
from embeddings.contents import Contents
from embeddings.encoder import EncoderCard
from embeddings.errors import IndexLocationError, SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from embeddings.index import SHORTLIST, IndexBackend, Recall, open_index
from embeddings.lexicon import Abbreviations, Lexicon
from embeddings.manifest import VERSIONS, Manifest, read_manifest
from embeddings.part import Part
from embeddings.quantised import QuantisedRows

__all__ = ["VERSIONS", "Snapshot", "SourceFile", "current_generation", "generations_of", "open_snapshot"]

_CURRENT = re.compile(r"([0-9]{6,}) ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the data folder as it was last looked at.

    ``modified`` is its mtime in nanoseconds, 0 where it was too fresh to be trusted. ``reason`` says
    why it could not be read, and is empty where it could. ``documents`` counts what it holds.
    """

    source: str
    size: int
    modified: int
    sha256: str
    reason: str = ""
    documents: int = 0


@dataclass(frozen=True)
class Snapshot(Contents):
    """One generation, open for reading. Rows of the indexes follow the order of ``passages``.

    ``named`` is what CURRENT says of it. One that serves for a damaged generation has the ``damage``.
    """

    generation: int
    card: EncoderCard
    lexicon: Lexicon
    abbreviations: Abbreviations
    recalls: Mapping[str, Recall]
    named: str = ""
    damage: SnapshotDamaged | None = None

    @property
    def current(self) -> bool:
        """True where CURRENT names it, False where it serves for a damaged generation."""
        return self.damage is None

    @cached_property
    def sources(self) -> dict[str, SourceFile]:
        """The files of the data folder by their paths."""
        names = bytes(self.directory["source"]).decode().split("\n")[:-1]
        reasons = json.loads(bytes(self.directory["reasons"]))
        columns = (self.directory[name].tolist() for name in ("sizes", "modified", "counts"))
        digests = bytes(self.directory["sha256"]).hex()
        return {
            name: SourceFile(name, size, modified, _sha256(digests, n), reasons.get(name, ""), count)
            for n, (name, size, modified, count) in enumerate(zip(names, *columns, strict=True))
        }

    @cached_property
    def passage_index(self) -> IndexBackend:
        """The passages' vectors."""
        return self._index(
            "passages", QuantisedRows.of([p.vectors for p in self.parts], dimension=self.card.dimension)
        )

    @cached_property
    def sentence_index(self) -> IndexBackend:
        """The sentences' vectors."""
        blocks = [part.sentence_vectors for part in self.parts]
        return self._index("sentences", QuantisedRows.of(blocks, dimension=self.card.dimension))

    def _index(self, name: str, rows: QuantisedRows) -> IndexBackend:
        measured = self.recalls.get(name)
        return open_index(rows, shortlist=measured.shortlist if measured else SHORTLIST)


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


def generations_of(index: Path) -> list[Path]:
    """Return the folders of the generations that are there, the newest first."""
    return sorted((index / "generations").glob("[0-9]*"), key=lambda folder: folder.name, reverse=True)


def open_snapshot(index: Path, *, card: EncoderCard | None = None, opened: Sequence[Part] = ()) -> Snapshot:
    """Open the current generation, or the newest that is whole where the current one is damaged.

    With ``card``, a snapshot of another encoder is refused. ``opened`` are parts that were checked
    already. Raises SnapshotMissing, SnapshotDamaged or SnapshotMismatch.
    """
    named = current_generation(index)
    if not named and not generations_of(index):
        raise SnapshotMissing("nothing is indexed yet", place=str(index), remedy="Run: footnote refresh")
    try:
        folder, manifest = _read_current(index, named)
        manifest.require(card, index=index)
        return _open(index, folder, manifest, opened=opened, named=named)
    except SnapshotDamaged as damage:
        if current_generation(index) != named:  # published, and the old one pruned, while we read
            return open_snapshot(index, card=card, opened=opened)
        return replace(_open_another(index, card, damage), damage=damage)


def _read_current(index: Path, named: str) -> tuple[Path, Manifest]:
    found = _CURRENT.fullmatch(named)
    if found is None:
        raise damaged(index / "CURRENT", "was changed or cut short" if named else "is missing")
    folder = index / "generations" / found[1]
    try:
        return folder, read_manifest(folder, sha256=found[2])
    except SnapshotDamaged:
        if _is_sealed(folder):
            raise damaged(index / "CURRENT", "was changed or cut short") from None
        raise


def _is_sealed(folder: Path) -> bool:
    """Tell whether a generation's manifest is whole by its own seal, whatever CURRENT says of it."""
    try:
        return bool(read_manifest(folder))
    except SnapshotDamaged:
        return False


def _open_another(index: Path, card: EncoderCard | None, damage: SnapshotDamaged) -> Snapshot:
    """Open the newest generation that is whole. The newest whole manifest tells whose the index is."""
    known = False
    for folder in generations_of(index):
        try:
            manifest = read_manifest(folder)
            manifest.require(card, index=index)
            known = True
            return _open(index, folder, manifest)
        except SnapshotDamaged:
            continue
        except SnapshotMismatch:
            if not known:
                raise
    raise damage


def _open(
    index: Path, folder: Path, manifest: Manifest, *, opened: Sequence[Part] = (), named: str = ""
) -> Snapshot:
    """Open a generation whose manifest is whole."""
    known = {(part.name, part.sha256): part for part in opened}
    new = {index / "parts" / part: digest for part, digest in manifest.parts if (part, digest) not in known}
    check_digests(new | {folder / each: digest for each, digest in manifest.files.items()})
    parts = tuple(
        known.get((part, digest)) or Part(map_columns(index / "parts" / part), name=part, sha256=digest)
        for part, digest in manifest.parts
    )
    passages = sum(part.passages for part in parts)
    return Snapshot(
        generation=manifest.generation,
        card=manifest.card,
        parts=parts,
        lexicon=Lexicon(map_columns(folder / "lexicon.safetensors"), passages=passages),
        abbreviations=manifest.abbreviations,
        directory=map_columns(folder / "directory.safetensors"),
        recalls=manifest.recalls,
        named=named,
    )


def _sha256(digests: str, number: int) -> str:
    found = digests[64 * number : 64 * number + 64]
    return found if found.strip("0") else ""  # of a file that could not be opened
