"""One file's bytes: of a regular file, no more than is read, and one version of them, never half of two.

What a folder lists may be anything when it is opened. So it is opened without waiting (a pipe would
wait for its writer for ever), asked what it is, and asked again after it was read.
"""

import os
import stat
import time
from pathlib import Path

from embeddings.errors import DocumentError

# A writer has this often finished in the meantime; whoever has not is met again at the next refresh.
_TRIES = 3
# Two writes closer than this may leave the same mtime. (FAT's ticks are the longest.)
TICK_NS = 2_000_000_000
# A writer that wrote nothing for so long is taken to be done; on a busy machine it waits ms for its turn.
_PAUSE_NS = 20_000_000
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(mode: int) -> str:
    """Return what a mode is of, where that is no file; empty for a file."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "something else")


def read_whole(path: str | Path, *, source: str, largest: int) -> bytes:
    """Return what a file holds. Raises DocumentError, and never waits.

    ``largest`` is the most bytes that are read.
    """
    try:
        for _ in range(_TRIES):
            with os.fdopen(os.open(path, _FLAGS), "rb", buffering=0) as file:
                before = os.fstat(file.fileno())
                if kind := kind_of(before.st_mode):
                    raise no_file(kind, source=source)
                if before.st_size > largest:
                    raise DocumentError(
                        f"It has {before.st_size / 1e6:,.0f} MB, and {largest / 1e6:,.0f} is the most",
                        place=source,
                        remedy="Divide it into several files.",
                    )
                data = _read(file.fileno(), before.st_size)
                again = data if _age(before) > TICK_NS else _read_again(file.fileno(), before)
                after = os.fstat(file.fileno())
            same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
            if same and len(data) == before.st_size and data == again:
                return data
    except OSError as error:
        raise DocumentError(
            f"Cannot be opened ({error.strerror or error})",
            place=source,
            remedy="Make the file readable or take it out of the folder.",
        ) from error
    raise DocumentError(
        "It changes while it is read", place=source, remedy="It is read once nobody writes to it any more."
    )


def no_file(kind: str, *, source: str) -> DocumentError:
    """Return the error for what is named like a document and is no file."""
    return DocumentError(
        f"It is {kind}, not a file", place=source, remedy="Take it out of the folder, or rename it."
    )


def _age(told: os.stat_result) -> int:
    return time.time_ns() - told.st_mtime_ns


def _read_again(file: int, told: os.stat_result) -> bytes:
    """Read a file that was written just now, once its writer had the time to go on."""
    time.sleep(max(_PAUSE_NS - max(_age(told), 0), 0) / 1e9)
    os.lseek(file, 0, os.SEEK_SET)
    return _read(file, told.st_size)


def _read(file: int, size: int) -> bytes:
    """Read so many bytes, and one more where there is one: then the file grew."""
    pieces: list[bytes] = []
    left = size + 1
    while left and (piece := os.read(file, min(left, 1 << 24))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
