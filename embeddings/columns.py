"""Named arrays in one file, read without being loaded: the safetensors form, mapped into memory.

    8 bytes         length of the header, little-endian
    header          JSON: name → dtype, shape, where its bytes begin and end
    the arrays      little-endian, row by row

Nothing in it can run. What was mapped can be read after the file's name is gone, so a generation may
be pruned while somebody reads it.
"""

import errno
import hashlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from embeddings.disk import write
from embeddings.errors import SnapshotDamaged, StorageError

Array: TypeAlias = npt.NDArray[Any]
Columns: TypeAlias = Mapping[str, Array]

_DTYPES = {
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I32": "<i4",
    "U32": "<u4",
    "F32": "<f4",
    "I64": "<i8",
    "U64": "<u8",
}
_NAMES = {np.dtype(form): name for name, form in _DTYPES.items()}
# What says nothing of the file.
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_REBUILD = "Run: footnote refresh --rebuild"


def write_columns(file: Path, columns: Columns) -> str:
    """Write arrays to a file, flush it to the disk, and return its sha256."""
    header: dict[str, object] = {}
    offset = 0
    ordered = sorted(columns, key=lambda name: (-columns[name].dtype.itemsize, name))  # each stays aligned
    for name in ordered:
        array = columns[name]
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    arrays = (np.ascontiguousarray(columns[name]).reshape(-1).data.cast("B") for name in ordered)
    return write(file, chain([len(head).to_bytes(8, "little"), head], arrays))


def map_columns(file: Path) -> dict[str, Array]:
    """Return the arrays of a file whose digest the caller has checked; none of them is read yet."""
    with _reading(file), file.open("rb") as content:
        mapped = mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(mapped[:8], "little")
    found = {}
    for name, told in json.loads(mapped[8:start]).items():
        begin, end = told["data_offsets"]
        dtype = np.dtype(_DTYPES[told["dtype"]])
        whole = np.frombuffer(mapped, dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
        found[name] = whole.reshape(told["shape"])
    return found


def let_go(array: Array) -> None:
    """Give back the memory of an array that was read from a mapped file; it is read again when wanted."""
    mapped: object = array
    while isinstance(mapped, np.ndarray | memoryview):
        mapped = mapped.base if isinstance(mapped, np.ndarray) else mapped.obj
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        start = array.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (start + array.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE - first
        if length > 0:
            mapped.madvise(mmap.MADV_DONTNEED, first, length)


def check_digests(wanted: Mapping[Path, str]) -> None:
    """Raise SnapshotDamaged unless each file is there and has its sha256."""
    from concurrent.futures import ThreadPoolExecutor  # costs a start what only opening needs

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as threads:  # hashing lets others run
        for file, found in zip(wanted, threads.map(digest_of, wanted), strict=True):
            if found != wanted[file]:
                raise damaged(file, "was changed or cut short")


def digest_of(file: Path) -> str:
    """Return a file's sha256. Raises SnapshotDamaged where the file cannot be read."""
    with _reading(file), file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_file(file: Path) -> bytes:
    """Return a file's bytes. Raises SnapshotDamaged where it cannot be read."""
    with _reading(file):
        return file.read_bytes()


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Tell why a file of the index cannot be read: it is damaged, or the system is short of something."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise damaged(file, "is missing") from error
    except OSError as error:
        if error.errno in _SCARCE:
            raise StorageError(
                f"a file of the index cannot be opened now ({error.strerror})",
                place=str(file),
                remedy="Close other programs, or raise the limit (ulimit -n), and do this again.",
            ) from error
        raise damaged(file, f"cannot be read ({error.strerror or error})") from error


def damaged(file: Path, what: str) -> SnapshotDamaged:
    """Return the error for a file of the index, with its remedy."""
    return SnapshotDamaged(f"a file of the index {what}", place=str(file), remedy=_REBUILD)


def edges_of(counts: Iterable[int]) -> npt.NDArray[np.int64]:
    """Return where each of some runs begins, and last where the last ends: shape (runs + 1,)."""
    return np.concatenate([[0], np.cumsum(np.fromiter(counts, dtype=np.int64))]).astype(np.int64)


def ranges(starts: Array, counts: Array) -> npt.NDArray[np.int64]:
    """Return the numbers of all runs, one run after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: npt.NDArray[np.int64] = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return found


def blob(texts: Iterable[bytes]) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return texts as one run of bytes, and the edges of each."""
    pieces = list(texts)
    return np.frombuffer(b"".join(pieces), dtype=np.uint8), edges_of(map(len, pieces))
