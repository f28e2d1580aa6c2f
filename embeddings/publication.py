"""A new generation: written under another name, flushed to disk, renamed into place, then named by CURRENT.

CURRENT is replaced in one rename, so whoever reads sees the generation before or the new one, whole.
The generation before and its parts are kept; older ones are cleared away.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import numpy as np

from embeddings.columns import Array, Columns, blob, edges_of, flush, map_columns, write_columns, write_text
from embeddings.encoder import EncoderCard
from embeddings.errors import FootnoteError
from embeddings.index import EXACT_ROWS, Recall, measure_recall
from embeddings.lexicon import Postings, abbreviations_of, lexicon_columns
from embeddings.part import Part
from embeddings.quantised import QuantisedRows
from embeddings.snapshot import VERSIONS, Snapshot, SourceFile, current_generation, open_snapshot


def publish(
    index: Path,
    *,
    card: EncoderCard,
    sources: Sequence[SourceFile],
    parts: Iterable[Part | Columns],
    recalls: Mapping[str, Recall] = MappingProxyType({}),
) -> Snapshot:
    """Write a new generation, make it the current one, and open it. The caller holds the lock.

    A ``Part`` is one that an earlier generation wrote, and is named again; columns are written.
    ``recalls`` is what was measured of the generation before.
    """
    generations = index / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    before = current_generation(index).split()[:1]
    number = max((int(path.name) for path in generations.iterdir() if path.name.isdigit()), default=0) + 1
    building = generations / f".building-{number:06}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    written = _write_parts(index / "parts", parts, number)
    _refuse_collisions(written)
    abbreviations = abbreviations_of(written)
    manifest = {
        "format": VERSIONS[0],
        "splitter": VERSIONS[1],
        "analyser": VERSIONS[2],
        "generation": number,
        "encoder": asdict(card),
        "abbreviations": list(abbreviations.items()),
        "recall": _recalls(written, card.dimension, recalls),
        "parts": [{"name": part.name, "sha256": part.sha256} for part in written],
        "files": {
            "lexicon.safetensors": write_columns(
                building / "lexicon.safetensors",
                lexicon_columns([Postings.in_part(part) for part in written], abbreviations),
            ),
            "directory.safetensors": write_columns(
                building / "directory.safetensors", _directory(sources, written)
            ),
        },
    }
    digest = write_text(building / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    flush(building)
    final = generations / f"{number:06}"
    building.rename(final)
    flush(generations)
    write_text(index / "CURRENT.new", f"{final.name} {digest}\n")
    (index / "CURRENT.new").replace(index / "CURRENT")
    flush(index)
    _prune(index, {final.name, *before})
    return open_snapshot(index, opened=written)


def _write_parts(folder: Path, parts: Iterable[Part | Columns], generation: int) -> list[Part]:
    folder.mkdir(exist_ok=True)
    written = []
    for number, part in enumerate(parts):
        if not isinstance(part, Part):
            name = f"{generation:06}-{number:04}"
            (folder / name).unlink(missing_ok=True)  # whoever still reads a forerunner keeps what it mapped
            digest = write_columns(folder / name, part)
            part = Part(map_columns(folder / name), name=name, sha256=digest)
        written.append(part)
    flush(folder)
    flush(folder.parent)
    return written


def _recalls(
    parts: Sequence[Part], dimension: int, before: Mapping[str, Recall]
) -> dict[str, dict[str, float]]:
    """Return how well each index that is not exact finds what an exact one would."""
    kinds = {
        "passages": [part.vectors for part in parts],
        "sentences": [part.sentence_vectors for part in parts],
    }
    rows = {what: QuantisedRows.of(blocks, dimension=dimension) for what, blocks in kinds.items()}
    return {
        what: asdict(measure_recall(own, before=before.get(what)))
        for what, own in rows.items()
        if len(own) > EXACT_ROWS
    }


def _directory(sources: Sequence[SourceFile], parts: Sequence[Part]) -> dict[str, Array]:
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
    """Clear away the generations but these, and the parts that none of these names."""
    named = set()
    for path in (index / "generations").iterdir():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
            continue
        try:
            named |= {part["name"] for part in json.loads((path / "manifest.json").read_bytes())["parts"]}
        except (OSError, ValueError, KeyError):
            continue  # damaged, or of an older format
    for path in (index / "parts").iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
