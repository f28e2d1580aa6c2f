"""What a generation is made of: its versions, its encoder, and each of its files by its sha256.

The manifest is sealed (disk.py), and CURRENT names its sha256 too: so a generation that CURRENT no longer
names, or that was never named, can tell by itself that it is whole.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings.analyser import ANALYSER_VERSION
from embeddings.columns import damaged, read_file
from embeddings.disk import sealed, unsealed, write
from embeddings.encoder import EncoderCard
from embeddings.errors import SnapshotMismatch
from embeddings.index import Recall
from embeddings.lexicon import Abbreviations
from embeddings.splitter import SPLITTER_VERSION

FORMAT = 2
VERSIONS = (FORMAT, SPLITTER_VERSION, ANALYSER_VERSION)
_REBUILD = "Run: footnote refresh --rebuild"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation's own description. ``parts`` and ``files`` hold each file's name and sha256."""

    generation: int
    card: EncoderCard
    parts: tuple[tuple[str, str], ...]
    files: Mapping[str, str]
    abbreviations: Abbreviations
    recalls: Mapping[str, Recall]

    def require(self, card: EncoderCard | None, *, index: Path) -> None:
        """Raise SnapshotMismatch where another encoder made the generation."""
        if card is not None and self.card != card:
            raise SnapshotMismatch(
                f"the index was made with {self.card}, not {card}",
                place=str(index),
                remedy=f"Ask with --model {self.card.model} --backend {self.card.backend}, or re-embed: "
                "footnote refresh --rebuild",
            )


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Write a generation's manifest, flush it to the disk, and return its sha256."""
    told = {
        "format": VERSIONS[0],
        "splitter": VERSIONS[1],
        "analyser": VERSIONS[2],
        "generation": manifest.generation,
        "encoder": asdict(manifest.card),
        "abbreviations": list(manifest.abbreviations.items()),
        "recall": {what: asdict(recall) for what, recall in manifest.recalls.items()},
        "parts": [{"name": name, "sha256": sha256} for name, sha256 in manifest.parts],
        "files": dict(manifest.files),
    }
    return write(folder / "manifest.json", [sealed(told).encode()])


def read_manifest(folder: Path, *, sha256: str = "") -> Manifest:
    """Return a generation's manifest, which is whole by ``sha256`` or, without one, by its seal.

    Raises SnapshotDamaged, and SnapshotMismatch where it is of another format, splitter or analyser.
    """
    file = folder / "manifest.json"
    content = read_file(file)
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise damaged(file, "was changed or cut short")
    try:
        told = json.loads(content) if sha256 else unsealed(content)
        found = told["format"], told["splitter"], told.get("analyser", 0)
    except ValueError as error:
        raise damaged(file, "was changed or cut short") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise _mismatch("the index is none of Footnote's", folder) from error
    if found != VERSIONS:
        raise _mismatch(f"the index has format, splitter and analyser {found}, not {VERSIONS}", folder)
    try:
        return Manifest(
            generation=told["generation"],
            card=EncoderCard(**told["encoder"]),
            parts=tuple((part["name"], part["sha256"]) for part in told["parts"]),
            files=told["files"],
            abbreviations={short: tuple(long) for short, long in told["abbreviations"]},
            recalls={what: Recall(**measured) for what, measured in told["recall"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(file, "cannot be read") from error


def _mismatch(fact: str, folder: Path) -> SnapshotMismatch:
    return SnapshotMismatch(fact, place=str(folder), remedy=_REBUILD)
