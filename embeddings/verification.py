"""A whole look at an index: every digest, every count, every span, every vector, every posting again.

Opening checks that each file is as it was written; this checks that what was written is right. It reads
all there is, and takes some minutes where opening takes seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from embeddings.assembly import joined, piece_of
from embeddings.cache import inspect_cache
from embeddings.columns import Columns, check_digests
from embeddings.corpus import Document, Passage
from embeddings.encoder import Vectors
from embeddings.errors import SnapshotDamaged, SnapshotMismatch
from embeddings.lexicon import Postings, abbreviations_of, lexicon_columns
from embeddings.manifest import read_manifest
from embeddings.part import Part
from embeddings.publication import directory_of
from embeddings.snapshot import Snapshot, current_generation, generations_of, open_snapshot
from embeddings.splitter import identified

# How far from one a vector's length may be: its levels are whole numbers up to 127.
_OFF = 0.02
# CURRENT, the manifest, the lexicon, the directory.
_FILES = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and where; ``mended`` where any refresh puts it right."""

    place: str
    fact: str
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what was found wrong with it."""

    generation: int
    files: int
    documents: int
    passages: int
    sentences: int
    terms: int
    cached: int
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, int | list[dict[str, str]]]:
        """Return it as plain JSON values."""
        return {
            "generation": self.generation,
            "files": self.files,
            "documents": self.documents,
            "passages": self.passages,
            "sentences": self.sentences,
            "terms": self.terms,
            "cached": self.cached,
            "findings": [{"place": found.place, "fact": found.fact} for found in self.findings],
        }

    def __str__(self) -> str:
        """Return the counts in words."""
        return (
            f"generation {self.generation}: {self.files} files, {self.documents} documents, "
            f"{self.passages} passages, {self.sentences} sentences, {self.terms} terms; "
            f"{self.cached} texts in the vector cache"
        )


def verify(index: Path) -> Verification:
    """Check all of an index, and return what is wrong with it. Writes nothing.

    Raises SnapshotMissing, SnapshotMismatch, and SnapshotDamaged where no generation is whole.
    """
    snapshot = open_snapshot(index)
    findings = [*_damage(snapshot), *_others(index, snapshot)]
    for part in snapshot.parts:
        place = f"{index}/parts/{part.name}"
        findings += [Finding(place, fact) for fact in _of_part(part, snapshot.card.dimension)]
    place = f"{index}/generations/{snapshot.generation:06}"
    findings += [Finding(place, fact) for fact in _of_whole(snapshot)]
    if not snapshot.damage and current_generation(index) != snapshot.named:
        return verify(index)  # another generation was published meanwhile
    cached, fact = inspect_cache(index / "vectors.sqlite")
    if fact:
        findings.append(Finding(f"{index}/vectors.sqlite", fact))
    return Verification(
        generation=snapshot.generation,
        files=_FILES + len(snapshot.parts),
        documents=len(snapshot.documents),
        passages=len(snapshot.passages),
        sentences=int(snapshot.first_sentence[-1]),
        terms=len(snapshot.lexicon),
        cached=cached,
        findings=tuple(findings),
    )


def _damage(snapshot: Snapshot) -> Iterator[Finding]:
    if snapshot.damage:
        yield Finding(
            snapshot.damage.place, f"{snapshot.damage.fact}; an older generation serves", mended=True
        )


def _others(index: Path, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what is wrong with the generations that do not serve."""
    for folder in generations_of(index):
        if folder.name == f"{snapshot.generation:06}":
            continue
        try:
            manifest = read_manifest(folder)
            check_digests({index / "parts" / name: digest for name, digest in manifest.parts})
            check_digests({folder / name: digest for name, digest in manifest.files.items()})
        except SnapshotDamaged as damage:
            yield Finding(damage.place, f"{damage.fact}; the generation does not serve now")
        except SnapshotMismatch:
            continue  # of an older format: kept for nobody


def _of_part(part: Part, dimension: int) -> Iterator[str]:
    """Yield what is wrong with a part: its vectors, its spans, and what does not follow from its texts."""
    try:
        documents = [part.document(number) for number in range(part.documents)]
        passages = [
            [part.passage(row, document_id=document.id) for row in part.passages_of(number)]
            for number, document in enumerate(documents)
        ]
        if wrong := list(_vectors(part.columns, dimension)):
            yield from wrong
            return
        for document, own in zip(documents, passages, strict=True):
            yield from _spans(document, own)
        made = joined([piece_of(documents, passages, _rows(part), dimension=dimension)]).items()
        for name, column in made:
            if name.endswith("scales"):
                continue  # made of their vectors, but for the last bit
            if not np.array_equal(column, part.columns[name]):
                yield f"the column {name} does not follow from the documents"
    except (ValueError, KeyError, IndexError, TypeError) as error:
        yield f"it cannot be read ({type(error).__name__}: {error})"


def _spans(document: Document, passages: list[Passage]) -> Iterator[str]:
    """Yield the passages and sentences that do not lie where they should."""
    for passage in passages:
        spans = [(span.start, span.end) for span in passage.sentences]
        within = not spans or (passage.start <= spans[0][0] and spans[-1][1] <= passage.end)
        if not 0 <= passage.start < passage.end <= len(document.text):
            yield f"a passage of {document.id} reaches out of it: {passage.start} to {passage.end}"
        elif not within or any(a[1] > b[0] for a, b in pairwise(spans)):
            yield f"a sentence of {document.id} lies out of its passage or over another, at {passage.start}"
    if any(a.end > b.start for a, b in pairwise(passages)):
        yield f"two passages of {document.id} overlap"
    elif identified(document, passages) != tuple(passages):
        yield f"a passage of {document.id} has another id than its text gives"


def _rows(part: Part) -> list[Vectors]:
    """Return each passage's vectors, its own and then its sentences'."""
    own, inner = (levels * scales[:, None] for levels, scales, _ in (part.vectors, part.sentence_vectors))
    edges = part.columns["sentence_edges"].tolist()
    return [np.concatenate([own[n : n + 1], inner[a:b]]) for n, (a, b) in enumerate(pairwise(edges))]


def _of_whole(snapshot: Snapshot) -> Iterator[str]:
    """Yield what of the generation's own files does not follow from its parts."""
    parts = snapshot.parts
    if dict(snapshot.abbreviations) != abbreviations_of(parts):
        yield "the abbreviations are not those of the parts"
    words = lexicon_columns([Postings.in_part(part) for part in parts], snapshot.abbreviations)
    yield from _unlike("lexicon", words, snapshot.lexicon.columns)
    sources = list(snapshot.sources.values())
    yield from _unlike("directory", directory_of(sources, parts), snapshot.directory)
    held = [part.source(number) for part in parts for number in range(part.documents)]
    counted = [(source, len(list(own))) for source, own in groupby(held)]
    if counted != [(file.source, file.documents) for file in sources if file.documents]:
        yield "the directory counts other documents than the parts hold"


def _unlike(what: str, made: Columns, kept: Columns) -> Iterator[str]:
    for name, column in made.items():
        if not np.array_equal(column, kept[name]):
            yield f"the {what}'s column {name} does not follow from the parts"


def _vectors(columns: Columns, dimension: int) -> Iterator[str]:
    """Yield the vectors that are not finite or not of length one, and codes that are not theirs."""
    for kind, before in (("passages", ""), ("sentences", "sentence_")):
        levels, scales, codes = (columns[f"{before}{name}"] for name in ("levels", "scales", "codes"))
        rows = len(columns["ids" if kind == "passages" else "sentence_spans"])
        if levels.shape != (rows, dimension) or scales.shape != (rows,) or len(codes) != rows:
            yield f"the vectors of {kind} are not {rows} of {dimension} dimensions"
            continue
        lengths = np.linalg.norm(levels.astype(np.float32), axis=1) * scales
        off = np.flatnonzero(~(np.abs(lengths - 1) < _OFF))
        if len(off):
            yield f"{len(off)} vectors of {kind} are not of length one, the first that of row {off[0]}"
        if not np.array_equal(codes, np.packbits(levels > 0, axis=1)):
            yield f"the codes of {kind} are not those of their vectors"
