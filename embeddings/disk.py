"""The disk: writing so that a power cut takes nothing that was told as done, and saying why it failed.

A file's bytes are on the disk once the file is flushed, its name once its folder is; on macOS, only once
the drive is told to empty its own memory too (man 2 fsync). A text that is sealed ends with its own
sha256, so that it can tell by itself whether it is whole.
"""

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from embeddings.errors import FootnoteError, IndexLocationError, StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
# What a folder that is wrongly chosen says; all else is the disk's own trouble.
_WRONG_FOLDER = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}
# What file systems say that cannot flush a folder, and need not.
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP}
# What macOS alone has.
_FULLY: int | None = getattr(fcntl, "F_FULLFSYNC", None)
_SEAL = ', "sha256": "'


def write(file: Path, pieces: Iterable[bytes | memoryview]) -> str:
    """Write a file's pieces, flush it to the disk, and return its sha256."""
    digest = hashlib.sha256()
    with file.open("wb") as out:
        for piece in pieces:
            out.write(piece)
            digest.update(piece)
        out.flush()
        _flush(out.fileno())
    return digest.hexdigest()


def flush(folder: Path) -> None:
    """Make the operating system write the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _flush(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that their names are on the disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        with suppress(PermissionError):  # a folder that may be written to and not be listed
            flush(each.parent)


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Tell what befalls whoever writes to an index folder as one of the project's errors."""
    try:
        yield
    except OSError as error:
        raise unwritable(index, error) from error


def unwritable(index: Path, error: OSError) -> FootnoteError:
    """Return what is wrong where an index folder cannot be written: the disk, or the folder itself."""
    if error.errno in _FULL:
        return disk_full(index)
    reason = error.strerror or str(error)
    if error.errno in _WRONG_FOLDER:
        return wrong_folder(index, reason)
    return disk_failed(index, reason)


def disk_full(index: Path) -> StorageError:
    """Return the error for a disk without room."""
    return StorageError(
        "the disk is full",
        place=str(index),
        remedy="Free some space and do this again; what was indexed before is whole and still serves.",
    )


def disk_failed(index: Path, reason: str) -> StorageError:
    """Return the error for a disk that would not take what was written."""
    return StorageError(
        f"writing to the disk failed ({reason})",
        place=str(index),
        remedy="Look after the disk and do this again; what was indexed before is whole and still serves.",
    )


def wrong_folder(index: Path, reason: str) -> IndexLocationError:
    """Return the error for an index folder that cannot be written."""
    return IndexLocationError(
        f"the index folder cannot be written ({reason})",
        place=str(index),
        remedy="Give a folder you may write to with --index.",
    )


def sealed(told: Mapping[str, object]) -> str:
    """Return values as JSON that ends with the sha256 of all before it."""
    body = json.dumps(told)[:-1]
    return f'{body}{_SEAL}{_sha256(body.encode())}"}}\n'


def unsealed(content: bytes) -> dict[str, Any]:
    """Return the values of a sealed text. Raises ValueError where any byte is not as it was."""
    body, _, seal = content.rpartition(_SEAL.encode())
    if seal != f'{_sha256(body)}"}}\n'.encode():
        raise ValueError("the seal is broken")
    told: dict[str, Any] = json.loads(content)
    return told


def _flush(handle: int) -> None:
    if _FULLY is not None:
        with suppress(OSError):  # not every file system can; of one that fails, fsync tells
            fcntl.fcntl(handle, _FULLY)
            return
    os.fsync(handle)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
