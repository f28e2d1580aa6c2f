"""The data folder as it is: which files it holds, and which of them changed since they were last read.

A file is taken as unchanged by size and mtime, or, where these differ, by its sha256. What a look
found beside the snapshot (a file that was touched, or saved again with the same documents in it) is
kept in ``seen.json``, sealed (disk.py), so that the file need not be read at every refresh; it can always
be thrown away.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.corpus import Document
from embeddings.disk import sealed, unsealed
from embeddings.errors import CorpusError, DocumentError
from embeddings.readers import SUFFIXES, read
from embeddings.snapshot import SourceFile

# A file changed less than this before it was looked at could change again within one tick of its
# clock, and keep its size: it is told by its digest the next time. (FAT's ticks are the longest.)
_SETTLED_NS = 2_000_000_000
_ENDINGS = tuple(SUFFIXES)
# How the paths of a second folder's files begin.
UPLOADS = "uploads/"
# What tells an index folder from any other, once something was published there.
INDEX = {"CURRENT", "generations"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder: its POSIX path below it, and what the file system says.

    ``aliased`` files can be written to by another name, of which their folder hears nothing.
    """

    source: str
    path: str
    size: int
    modified: int
    aliased: bool = False


def require_folder(data: Path) -> None:
    """Raise CorpusError unless there is a folder that can be read."""
    if not data.is_dir():
        raise CorpusError(
            "the data folder is not a folder" if data.exists() else "the data folder is missing",
            place=str(data),
            remedy="Make it and put documents there, or name another with --data.",
        )
    if not os.access(data, os.R_OK | os.X_OK):
        raise CorpusError("the data folder cannot be read", place=str(data), remedy="Check its permissions.")


def files_of(
    data: Path, uploads: Path | None = None, *, on_folder: Callable[[str], object] = str
) -> list[Found]:
    """Return the folder's documents by path, hidden ones and links out of the folder left aside.

    A second folder's have paths that begin with ``uploads/``; where the first has such a file too, it is
    that one. ``on_folder`` hears the path of each folder before it is looked into.
    """
    found: dict[str, Found] = {}
    for folder, source in ((uploads, UPLOADS), (data, "")):
        if folder is not None:
            root = os.path.realpath(folder)
            found.update((file.source, file) for file in _below(root, source, root, on_folder))
    return sorted(found.values(), key=lambda file: file.source)


def fingerprint(files: Sequence[Found]) -> int:
    """Return a number that changes when one of the files is added, removed, or written to."""
    return hash(tuple((found.source, found.size, found.modified) for found in files))


def look(found: Found, known: SourceFile | None) -> tuple[SourceFile, list[Document] | None]:
    """Return the file's new state and its documents, or none where they are the ones held already."""
    settled = time.time_ns() - found.modified > _SETTLED_NS
    count = known.documents if known else 0
    state = SourceFile(found.source, found.size, found.modified if settled else 0, "", documents=count)
    try:
        with open(found.path, "rb") as content:  # noqa: PTH123 (a Path of each would cost more than the look)
            state = replace(state, sha256=hashlib.file_digest(content, "sha256").hexdigest())
        if known is not None and known.sha256 == state.sha256:
            return replace(state, reason=known.reason), None
        documents = list(read(Path(found.path), source=found.source))
        return replace(state, documents=len(documents)), documents
    except DocumentError as error:
        return replace(state, reason=f"{error.fact}. {error.remedy}"), None
    except OSError as error:
        return replace(state, reason=f"it cannot be read ({error.strerror})"), None


def read_seen(index: Path, generation: str) -> dict[str, SourceFile]:
    """Return what was seen of files since a generation was published; nothing where that cannot be told."""
    try:
        told = unsealed((index / "seen.json").read_bytes())
        if told["generation"] != generation:
            return {}
        return {source: SourceFile(source, *fields) for source, fields in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_seen(index: Path, generation: str, files: Mapping[str, SourceFile]) -> None:
    """Keep what was seen of files since a generation was published; where it cannot be written, it is not."""
    told = {f.source: [f.size, f.modified, f.sha256, f.reason, f.documents] for f in files.values()}
    new = index / f"seen.{os.getpid()}.new"
    try:
        new.write_text(sealed({"generation": generation, "files": told}), encoding="utf-8")
        new.replace(index / "seen.json")
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _below(folder: str, source: str, root: str, on_folder: Callable[[str], object]) -> Iterator[Found]:
    on_folder(folder)
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
    except OSError:  # gone since it was listed, or closed to us
        return
    if INDEX.issubset(entry.name for entry in listed):
        return  # an index that lies in the data folder is no document
    for entry in listed:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{source}{entry.name}/", root, on_folder)
            elif entry.name.lower().endswith(_ENDINGS) and _inside(entry, root):
                told = entry.stat()
                if entry.is_file():
                    aliased = told.st_nlink > 1 or entry.is_symlink()
                    yield Found(
                        f"{source}{entry.name}", entry.path, told.st_size, told.st_mtime_ns, aliased=aliased
                    )
        except OSError:  # gone since it was listed, or a link to nothing
            continue


def _inside(entry: "os.DirEntry[str]", root: str) -> bool:
    return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root)
