"""A new generation: written under another name, flushed to disk, renamed into place, then named by CURRENT.

CURRENT is replaced in one rename, so whoever reads sees the generation before or the new one, whole.
The generation before and its parts are kept; older ones are cleared away.
"""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from embeddings.columns import Array, Columns, blob, edges_of, map_columns, write_columns
from embeddings.disk import flush, make_folder, write, writing
from embeddings.encoder import EncoderCard
from embeddings.errors import FootnoteError
from embeddings.index import EXACT_ROWS, Recall, measure_recall
from embeddings.lexicon import Postings, abbreviations_of, lexicon_columns
from embeddings.manifest import Manifest, write_manifest
from embeddings.part import Part
from embeddings.quantised import QuantisedRows
from embeddings.snapshot import Snapshot, SourceFile, current_generation, generations_of, open_snapshot

_LOG = logging.getLogger("footnote")


def publish(
    index: Path,
    *,
    card: EncoderCard,
    sources: Sequence[SourceFile],
    parts: Iterable[Part | Columns],
    before: Snapshot | None,
    anew: bool = False,
) -> Snapshot:
    """Write a new generation, make it the current one, and open it. The caller holds the lock.

    A ``Part`` is one that an earlier generation wrote, and is named again; columns are written. ``before``
    is the generation that was started from, which is kept; what was measured of it holds, unless all is
    made ``anew``. Raises StorageError or IndexLocationError where the index cannot be written.
    """
    generations = index / "generations"
    named = current_generation(index).split()[:1]
    number = 1 + max(
        0,
        *(int(name) for name in (*named, *(path.name for path in generations_of(index))) if name.isdecimal()),
        before.generation if before else 0,
    )
    building = generations / f".building-{number:06}"
    with writing(index):
        make_folder(generations)
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
    written = _write_parts(index, parts, number)
    _refuse_collisions(written)
    abbreviations = abbreviations_of(written)
    recalls = _recalls(written, card.dimension, before.recalls if before and not anew else {})
    lexicon = lexicon_columns([Postings.in_part(part) for part in written], abbreviations)
    directory = directory_of(sources, written)
    final = generations / f"{number:06}"
    with writing(index):
        manifest = Manifest(
            generation=number,
            card=card,
            parts=tuple((part.name, part.sha256) for part in written),
            files={
                "lexicon.safetensors": write_columns(building / "lexicon.safetensors", lexicon),
                "directory.safetensors": write_columns(building / "directory.safetensors", directory),
            },
            abbreviations=abbreviations,
            recalls=recalls,
        )
        digest = write_manifest(building, manifest)
        flush(building)
        building.rename(final)
        flush(generations)
        write(index / "CURRENT.new", [f"{final.name} {digest}\n".encode()])
        (index / "CURRENT.new").replace(index / "CURRENT")
        flush(index)
    _prune(index, {final.name, f"{before.generation:06}"} if before else {final.name, *named})
    return open_snapshot(index, opened=written)


def _write_parts(index: Path, parts: Iterable[Part | Columns], generation: int) -> list[Part]:
    folder = index / "parts"
    with writing(index):
        make_folder(folder)
    written = []
    for number, part in enumerate(parts):
        if isinstance(part, Part) and (folder / part.name).is_file():
            written.append(part)
            continue
        columns = part.columns if isinstance(part, Part) else part  # its file is gone, what was mapped is not
        file = folder / f"{generation:06}-{number:04}"
        with writing(index):
            file.unlink(missing_ok=True)  # whoever still reads a forerunner keeps what it mapped
            digest = write_columns(file, columns)
        written.append(Part(map_columns(file), name=file.name, sha256=digest))
    with writing(index):
        flush(folder)
        flush(index)
    return written


def _recalls(parts: Sequence[Part], dimension: int, before: Mapping[str, Recall]) -> dict[str, Recall]:
    """Return how well each index that is not exact finds what an exact one would."""
    kinds = {
        "passages": [part.vectors for part in parts],
        "sentences": [part.sentence_vectors for part in parts],
    }
    rows = {what: QuantisedRows.of(blocks, dimension=dimension) for what, blocks in kinds.items()}
    return {
        what: measure_recall(own, before=before.get(what))
        for what, own in rows.items()
        if len(own) > EXACT_ROWS
    }


def directory_of(sources: Sequence[SourceFile], parts: Sequence[Part]) -> dict[str, Array]:
    """Return the columns of the directory: the files, and documents and repeats by their digests."""
    found = {
        "source": blob(f"{source.source}\n".encode() for source in sources)[0],
        "sizes": np.array([source.size for source in sources], dtype=np.int64),
        "modified": np.array([source.modified for source in sources], dtype=np.int64),
        "counts": np.array([source.documents for source in sources], dtype=np.int64),
        "sha256": np.frombuffer(b"".join(_digest(source) for source in sources), dtype=np.uint8),
        "reasons": blob([_reasons(sources)])[0],
    }
    for name, rows, column in (
        ("identities", "identity_rows", "identities"),
        ("wordings", "wording_rows", "wordings"),
    ):
        whole = _concatenated(parts, column)
        order = np.argsort(whole, kind="stable")
        found |= {name: whole[order], rows: order.astype(np.int64)}
    return found


def _digest(source: SourceFile) -> bytes:
    return bytes.fromhex(source.sha256) if source.sha256 else bytes(32)


def _reasons(sources: Sequence[SourceFile]) -> bytes:
    told: Mapping[str, str] = {source.source: source.reason for source in sources if source.reason}
    return json.dumps(told, ensure_ascii=False).encode()


def _refuse_collisions(parts: Sequence[Part]) -> None:
    """Raise FootnoteError where two passages, or two documents, have the same identity."""
    for column, what in (("ids", "passages"), ("identities", "documents")):
        whole = _concatenated(parts, column)
        order = np.argsort(whole, kind="stable")
        same = np.flatnonzero(whole[order][1:] == whole[order][:-1])
        if len(same):
            pair = order[same[0] : same[0] + 2].tolist()
            raise FootnoteError(
                f"two {what} have the same identity",
                place=" and ".join(_place(parts, column, row) for row in pair),
                remedy="Change a word in one of them, and report this: it should happen once in ages.",
            )


def _place(parts: Sequence[Part], column: str, row: int) -> str:
    edges = edges_of(len(part.columns[column]) for part in parts)
    number = int(np.searchsorted(edges, row, side="right")) - 1
    part, own = parts[number], row - int(edges[number])
    if column == "identities":
        return part.identity(own)
    return f"{part.identity(part.document_of(own))} at {part.columns['spans'][own][0]}"


def _concatenated(parts: Sequence[Part], column: str) -> Array:
    whole: Array = np.concatenate([part.columns[column] for part in parts])
    return whole


def _prune(index: Path, kept: set[str]) -> None:
    """Clear away the generations but these, the parts that none of these names, and what was left half.

    What cannot be cleared away now is at the next publication: the new generation is served already.
    """
    named = set()
    try:
        for path in (index / "generations").iterdir():
            if path.name not in kept:
                shutil.rmtree(path)
                continue
            try:
                named |= {part["name"] for part in json.loads((path / "manifest.json").read_bytes())["parts"]}
            except (ValueError, KeyError, TypeError, FileNotFoundError):
                continue  # damaged, or of an older format
        for path in (*(index / "parts").iterdir(), *index.glob("seen.*.new")):
            if path.name not in named:
                path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("an older generation could not be cleared away (%s)", error)
