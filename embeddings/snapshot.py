"""A snapshot: everything a question needs, published in one step and never changed after.

    index/
      CURRENT                      the served generation's folder and its manifest's sha256
      generations/000007/
        manifest.json              format, splitter, analyser, encoder card; each part and file by its sha256
        lexicon.safetensors        the words of all passages (lexicon.py)
        directory.safetensors      which files there were; documents and repeats by their digests
      parts/000007-0002            documents, passages, vectors (part.py); named by one generation or more
      vectors.sqlite               the vector cache (cache.py); not part of a snapshot
      seen.json                    files that were touched, not changed; not part of a snapshot
      refresh.lock                 held by whoever publishes

Opening checks every file's digest, and maps the files into memory: what no question needs is never
read again. The generation before is kept: it serves when the current one turns out damaged. Nothing
here can run: JSON, and arrays with a JSON header (columns.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from embeddings.analyser import ANALYSER_VERSION
from embeddings.columns import check_digests, damaged, map_columns
from embeddings.contents import Contents
from embeddings.encoder import EncoderCard
from embeddings.errors import IndexLocationError, SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from embeddings.index import SHORTLIST, IndexBackend, Recall, open_index
from embeddings.lexicon import Abbreviations, Lexicon
from embeddings.part import Part
from embeddings.quantised import QuantisedRows
from embeddings.splitter import SPLITTER_VERSION

FORMAT = 2
VERSIONS = (FORMAT, SPLITTER_VERSION, ANALYSER_VERSION)
_REBUILD = "Run: footnote refresh --rebuild"


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
    """One generation, open for reading. Rows of the indexes follow the order of ``passages``."""

    generation: int
    card: EncoderCard
    lexicon: Lexicon
    abbreviations: Abbreviations
    recalls: Mapping[str, Recall]
    named: str = ""
    current: bool = True

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


def open_snapshot(index: Path, *, card: EncoderCard | None = None, opened: Sequence[Part] = ()) -> Snapshot:
    """Open the current generation, or the one before where the current one is damaged.

    With ``card``, a snapshot of another encoder is refused. ``opened`` are parts that were checked
    already. Raises SnapshotMissing, SnapshotDamaged or SnapshotMismatch.
    """
    named = current_generation(index)
    if not named:
        raise SnapshotMissing("nothing is indexed yet", place=str(index), remedy="Run: footnote refresh")
    try:
        snapshot = _read_current(index, named, opened)
    except SnapshotDamaged as damage:
        if current_generation(index) != named:  # published, and the old one pruned, while we read
            return open_snapshot(index, card=card, opened=opened)
        snapshot = _read_another(index, named, damage)
    if card is not None and snapshot.card != card:
        raise SnapshotMismatch(
            f"the index was made with {snapshot.card}, not {card}",
            place=str(index),
            remedy=f"Ask with --model {snapshot.card.model} --backend {snapshot.card.backend}, or re-embed: "
            "footnote refresh --rebuild",
        )
    return snapshot


def _read_current(index: Path, named: str, opened: Sequence[Part]) -> Snapshot:
    match named.split():
        case [name, sha256] if name.isdigit():
            return _read(index, name, sha256=sha256, opened=opened, named=named)
    raise damaged(index / "CURRENT", "does not name a generation")


def _read_another(index: Path, named: str, damage: SnapshotDamaged) -> Snapshot:
    for folder in sorted((index / "generations").glob("[0-9]*"), reverse=True):
        if not named.startswith(folder.name):
            try:
                return _read(index, folder.name)
            except SnapshotDamaged:
                continue
    raise damage


def _read(
    index: Path, name: str, *, sha256: str = "", opened: Sequence[Part] = (), named: str = ""
) -> Snapshot:
    folder = index / "generations" / name
    file = folder / "manifest.json"
    if not file.is_file():
        raise damaged(file, "is missing")
    if sha256:
        check_digests({file: sha256})
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        found = manifest["format"], manifest["splitter"], manifest.get("analyser", 0)
        if found != VERSIONS:
            raise SnapshotMismatch(
                f"the index has format, splitter and analyser {found}, not {VERSIONS}",
                place=str(folder),
                remedy=_REBUILD,
            )
        known = {(part.name, part.sha256): part for part in opened}
        wanted = [(part["name"], part["sha256"]) for part in manifest["parts"]]
        new = {index / "parts" / part: digest for part, digest in wanted if (part, digest) not in known}
        check_digests(new | {folder / each: digest for each, digest in manifest["files"].items()})
        parts = tuple(
            known.get((part, digest)) or Part(map_columns(index / "parts" / part), name=part, sha256=digest)
            for part, digest in wanted
        )
        passages = sum(part.passages for part in parts)
        return Snapshot(
            generation=manifest["generation"],
            card=EncoderCard(**manifest["encoder"]),
            parts=parts,
            lexicon=Lexicon(map_columns(folder / "lexicon.safetensors"), passages=passages),
            abbreviations={short: tuple(long) for short, long in manifest["abbreviations"]},
            directory=map_columns(folder / "directory.safetensors"),
            recalls={what: Recall(**told) for what, told in manifest["recall"].items()},
            named=named,
            current=bool(named),
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise damaged(file, "cannot be read") from error


def _sha256(digests: str, number: int) -> str:
    found = digests[64 * number : 64 * number + 64]
    return found if found.strip("0") else ""  # of a file that could not be opened
