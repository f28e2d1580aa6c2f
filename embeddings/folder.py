"""The data folder as it is: which files it holds, and which of them changed since they were last read.

What is named like a document and cannot be one (a pipe, a link out of the folder), and a folder that
cannot be looked into, is found too, with the reason: whatever a user put there is read or named.

A file is taken as unchanged by size and mtime, or, where these differ, by its sha256. What a look
found beside the snapshot (a file that was touched, or saved again with the same documents in it) is
kept in ``seen.json``, sealed (disk.py), so that the file need not be read at every refresh; it can always
be thrown away.
"""

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.apart import Apart
from embeddings.corpus import Document
from embeddings.disk import sealed, unsealed
from embeddings.errors import CorpusError, DocumentError, ReadingStopped, visible
from embeddings.file import TICK_NS, kind_of, no_file, read_whole
from embeddings.readers import SUFFIXES, is_plain_name, largest, parse, require_readable
from embeddings.snapshot import SourceFile

_ENDINGS = tuple(SUFFIXES)
# How the paths of a second folder's files begin.
UPLOADS = "uploads/"
# What tells an index folder from any other, once something was published there.
INDEX = {"CURRENT", "generations"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder: its POSIX path below it, and what the file system says.

    ``reason`` says why it is none that can be read. The source of a folder ends in ``/``. ``aliased`` files
    can be written to by another name, of which their folder hears nothing.
    """

    source: str
    path: str
    size: int
    modified: int
    mode: int = 0
    reason: str = ""
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
    """Return the folder's documents by path, hidden ones left aside.

    A second folder's have paths that begin with ``uploads/``; where the first has such a file too, it is
    that one. ``on_folder`` hears the path of each folder before it is looked into.
    """
    found: dict[str, Found] = {}
    for folder, source in ((uploads, UPLOADS), (data, "")):
        if folder is not None:
            root = os.path.realpath(folder)
            found.update((file.source, file) for file in _below(root, source, on_folder))
    return sorted(found.values(), key=lambda file: file.source)


def fingerprint(files: Sequence[Found]) -> int:
    """Return a number that changes when one of the files is added, removed, or written to."""
    return hash(tuple((f.source, f.size, f.modified, f.mode, f.reason) for f in files))


def look(found: Found, known: SourceFile | None, apart: Apart) -> tuple[SourceFile, list[Document] | None]:
    """Return the file's new state and its documents, or none where they are the ones held already."""
    # One that could change again within one tick, and keep its size, is told by its digest the next time.
    settled = time.time_ns() - found.modified > TICK_NS
    count = known.documents if known else 0
    state = SourceFile(found.source, found.size, found.modified if settled else 0, "", documents=count)
    if found.reason:
        return replace(state, modified=0, reason=found.reason), None
    try:
        require_readable(found.source)
        data = read_whole(found.path, source=found.source, largest=largest(found.source))
    except DocumentError as error:  # it may be mended without being written to: it is tried again
        return replace(state, modified=0, reason=_reason(error)), None
    try:
        state = replace(state, sha256=hashlib.sha256(data).hexdigest())
        if known is not None and known.sha256 == state.sha256:
            return replace(state, reason=known.reason), None
        documents = list(parse(data, source=found.source, apart=apart))
        return replace(state, documents=len(documents)), documents
    except ReadingStopped as error:
        # The bytes are not to blame, so they are not noted: once touched, it is read again. Until then its
        # look tells, since to read for minutes in vain at every refresh would hold up all other files.
        return replace(state, sha256="", reason=_reason(error)), None
    except DocumentError as error:
        return replace(state, reason=_reason(error)), None


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


def _below(root: str, source: str, on_folder: Callable[[str], object]) -> Iterator[Found]:
    folders = [(root, source)]
    while folders:
        folder, above = folders.pop()
        on_folder(folder)
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except FileNotFoundError:  # gone since it was listed
            continue
        except OSError as error:
            if folder != root:
                reason = f"The folder cannot be looked into ({error.strerror}). Check its permissions."
                yield Found(visible(above), folder, 0, 0, reason=reason)
            continue
        if INDEX.issubset(entry.name for entry in listed):
            continue  # an index that lies in the data folder is no document
        for entry in listed:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, f"{above}{entry.name}/"))
            elif entry.name.lower().endswith(_ENDINGS):
                yield from _found(entry, f"{above}{entry.name}", root)
            elif entry.is_symlink() and entry.is_dir():
                reason = (
                    "It is a link to a folder, and these are not followed. Put the files themselves there."
                )
                yield Found(visible(f"{above}{entry.name}/"), entry.path, 0, 0, reason=reason)


def _found(entry: "os.DirEntry[str]", source: str, root: str) -> Iterator[Found]:
    """Yield what is named like a document, and the reason where it cannot be one."""
    reason = ""
    if not is_plain_name(source):
        source = visible(source.replace("\t", "\\t").replace("\n", "\\n"))
        reason = "Its name is not UTF-8, or holds a control character. Rename it."
    try:
        told = entry.stat()
    except OSError as error:
        if entry.is_symlink():  # else it is gone since it was listed
            leads = "to itself" if error.errno == errno.ELOOP else f"nowhere ({error.strerror})"
            reason = f"It is a link that leads {leads}. Remove it."
            yield Found(source, entry.path, 0, 0, reason=reason, aliased=True)
        return
    if kind := kind_of(told.st_mode):
        reason = _reason(no_file(kind, source=source))
    elif entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
        reason = "It is a link to a file outside the folder. Put the file itself there."
    aliased = told.st_nlink > 1 or entry.is_symlink()
    yield Found(source, entry.path, told.st_size, told.st_mtime_ns, told.st_mode, reason, aliased)


def _reason(error: DocumentError) -> str:
    return f"{error.fact}. {error.remedy}"
