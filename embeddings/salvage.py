"""Documents out of a damaged index: what its whole parts still hold.

A damaged index is made again of the data folder. Only the last good version of a file that can no longer
be read stands nowhere else. A part is whole when a manifest names its sha256, be that damaged itself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from embeddings.columns import digest_of, map_columns, read_file
from embeddings.corpus import Document
from embeddings.disk import unsealed
from embeddings.errors import SnapshotDamaged
from embeddings.part import Part
from embeddings.snapshot import generations_of

_PART = re.compile(rb'"name":\s*"([0-9-]+)",\s*"sha256":\s*"([0-9a-f]{64})"')


@dataclass(frozen=True)
class _Remains:
    """What is left of a generation: where each file's documents lie, and whether that is all there was."""

    places: Mapping[str, Sequence[tuple[Part, int]]]
    complete: bool


class Salvage:
    """The whole parts of an index that is damaged, or is not there; read when a document is asked for."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._parts: dict[tuple[str, str], Part | None] = {}

    def documents(self, source: str) -> list[Document]:
        """Return the newest version of a file's documents that is whole; none where nothing holds any.

        What a damaged generation lacks is filled in from the one before.
        """
        found: dict[str, Document] = {}
        for remains in self._generations:
            for part, number in remains.places.get(source, ()):
                document = part.document(number)
                found.setdefault(document.id, document)
            if remains.complete:
                break
        return list(found.values())

    @cached_property
    def _generations(self) -> list[_Remains]:
        """What is left of each generation, the newest first."""
        return [self._remains(folder / "manifest.json") for folder in generations_of(self._index)]

    def _remains(self, manifest: Path) -> _Remains:
        try:
            content = read_file(manifest)
        except SnapshotDamaged:
            return _Remains({}, complete=False)
        named = [(name.decode(), sha256.decode()) for name, sha256 in _PART.findall(content)]
        whole = [part for name, sha256 in named if (part := self._part(name, sha256)) is not None]
        places: dict[str, list[tuple[Part, int]]] = {}
        for part in whole:
            for number in range(part.documents):
                places.setdefault(part.source(number), []).append((part, number))
        return _Remains(places, complete=len(whole) == len(named) and _is_whole(content))

    def _part(self, name: str, sha256: str) -> Part | None:
        if (name, sha256) not in self._parts:
            self._parts[name, sha256] = self._opened(self._index / "parts" / name, sha256)
        return self._parts[name, sha256]

    def _opened(self, file: Path, sha256: str) -> Part | None:
        try:
            return Part(map_columns(file)) if digest_of(file) == sha256 else None
        except (SnapshotDamaged, KeyError, ValueError):  # cannot be read, or is of another format
            return None


def _is_whole(manifest: bytes) -> bool:
    try:
        return bool(unsealed(manifest))
    except ValueError:
        return False
