"""A disk that fails on purpose: one operation, all from one on, or the power.

Counts what this process does to files below a folder: each file opened for writing, write, flush, rename,
removal, new folder, and each statement and commit of a database. The operation with a given number fails.
"""

import errno
import io
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

_SQLITE = {errno.ENOSPC: sqlite3.SQLITE_FULL, errno.EIO: sqlite3.SQLITE_IOERR_WRITE}


class Killed(BaseException):
    """The process is gone. Nothing that it does afterwards reaches the disk."""


@dataclass
class FaultyDisk:
    """Fails at operation ``at`` with an error number; without one, the process is killed there.

    ``torn``: half of the bytes of a write that fails arrive. ``lasting``: all operations after it fail
    too. ``done`` tells each operation that was carried out: its kind, and what of it the power can take.
    """

    folder: Path
    at: int = 0
    error: int | None = errno.ENOSPC
    torn: bool = False
    lasting: bool = False
    count: int = 0
    failed: str = ""
    done: list[tuple[str, str, Any]] = field(default_factory=list)

    def __enter__(self) -> "FaultyDisk":
        self._patch = pytest.MonkeyPatch()
        self._real_open = io.open
        self._real_os_open = os.open
        self._patch.setattr(io, "open", self._open)
        self._patch.setattr(os, "open", self._os_open)
        self._patch.setattr(os, "fsync", self._fsync(os.fsync))
        for name in ("mkdir", "unlink", "rmdir", "rename", "replace"):
            self._patch.setattr(os, name, self._named(name, getattr(os, name)))
        self._patch.setattr(sqlite3, "connect", self._connect(sqlite3.connect))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patch.undo()

    def step(
        self, kind: str, path: str, more: object = None, *, torn: Callable[[], object] | None = None
    ) -> None:
        """Count an operation that is about to be done, or fail it."""
        self.count += 1
        if self.count == self.at or (self.failed and (self.lasting or self.error is None)):
            self.failed = self.failed or kind
            if self.torn and torn is not None:
                torn()
            if self.error is None:
                raise Killed
            if kind.startswith("sqlite"):
                told = sqlite3.OperationalError(os.strerror(self.error))
                told.sqlite_errorcode = _SQLITE[self.error]
                raise told
            raise OSError(self.error, os.strerror(self.error), path)
        self.done.append((kind, path, more))

    def _below(self, path: object) -> str:
        """Return an absolute path below the folder, or nothing."""
        if not isinstance(path, str | os.PathLike):
            return ""
        whole = Path(path).absolute()
        return str(whole) if whole.is_relative_to(self.folder) else ""

    def _open(self, file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        path = self._below(file)
        if not path or "r" in mode:
            return self._real_open(file, mode, *arguments, **options)
        self.step("open", path, b"")
        if "b" in mode:
            return _Unbuffered(self._real_open(file, mode, buffering=0), path, self)
        return _Text(self._real_open(file, mode.replace("t", "") + "b", buffering=0), path, self)

    def _os_open(self, path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        whole = self._below(path) if "dir_fd" not in options else ""
        if whole and flags & os.O_CREAT:
            self.step("open", whole)
        return self._real_os_open(path, flags, *arguments, **options)

    def _fsync(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def fsync(handle: int) -> None:
            path = _path_of(handle)
            if self._below(path):
                self.step("fsync", str(path))
            real(handle)

        return fsync

    def _named(self, name: str, real: Callable[..., None]) -> Callable[..., None]:
        def operation(path: Any, *arguments: Any, **options: Any) -> None:
            handle = options.get("dir_fd")
            whole = self._below(path if handle is None else _path_of(handle) / path)
            if whole and (name == "mkdir") != Path(whole).exists():  # else it fails by itself
                self.step(name, whole, str(arguments[0]) if name in ("rename", "replace") else None)
            real(path, *arguments, **options)

        return operation

    def _connect(self, real: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                disk.step("sqlite", "")
                return super().execute(*arguments)

            def executemany(self, *arguments: Any) -> sqlite3.Cursor:
                disk.step("sqlite", "")
                return super().executemany(*arguments)

            def __exit__(self, *raised: Any) -> Any:
                if raised[0] is None:
                    try:
                        disk.step("sqlite commit", "")
                    except BaseException:
                        self.rollback()
                        raise
                return super().__exit__(*raised)

        def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return real(*arguments, **options, factory=Connection)

        return connect


def _path_of(handle: int) -> Path:
    return Path(f"/proc/self/fd/{handle}").readlink()


class _Unbuffered:
    """A file of which each write is an operation, and reaches the system at once."""

    def __init__(self, file: Any, path: str, disk: FaultyDisk) -> None:
        self._file, self._path, self._disk = file, path, disk

    def write(self, content: Any) -> int:
        whole = bytes(content)
        if whole:
            half = whole[: len(whole) // 2]
            self._disk.step("write", self._path, whole, torn=lambda: self._file.write(half))
            self._file.write(whole)
        return len(content)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def fileno(self) -> int:
        return int(self._file.fileno())

    def __enter__(self) -> "_Unbuffered":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _Text(_Unbuffered):
    def write(self, content: str) -> int:
        return super().write(content.encode())


@dataclass
class _File:
    now: bytes = b""
    flushed: bytes | None = None


@dataclass
class _Folder:
    now: "dict[str, _File | _Folder]" = field(default_factory=dict)
    flushed: "dict[str, _File | _Folder]" = field(default_factory=dict)


class PowerCut:
    """What of a folder is on the disk if the power goes after some operations.

    A file's bytes are there once it was flushed, and a name once its folder was. What was not flushed may
    have arrived or not: a disk may have written every name and half of each file's bytes, or nothing
    before it had to.
    """

    def __init__(self, folder: Path, *, but: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._root = self._read(folder, but)

    def _replay(self, kind: str, path: str, more: Any) -> None:
        if not path:
            return
        parent, name = self._find(path)
        match kind:
            case "open":
                file = parent.now.setdefault(name, _File())
                if isinstance(file, _File) and more is not None:
                    file.now = more
            case "mkdir":
                parent.now[name] = _Folder()
            case "unlink" | "rmdir":
                del parent.now[name]
            case "rename" | "replace":
                onto, new = self._find(more)
                onto.now[new] = parent.now.pop(name)
            case _:
                self._change(kind, parent.now[name] if name else self._root, more)

    def after_each(self, done: Iterable[tuple[str, str, Any]]) -> Iterator[dict[str, bytes | None]]:
        """Replay operations; yield each state that may be found after one of them, once.

        A state has the files by their paths, and folders without bytes.
        """
        known = []
        for operation in done:
            self._replay(*operation)
            for names_first in (True, False):
                state = dict(self._listed(self._root, "", names_first))
                if state not in known:
                    known.append(state)
                    yield state

    def _change(self, kind: str, node: _File | _Folder, more: Any) -> None:
        if isinstance(node, _Folder):
            node.flushed = dict(node.now)
        elif kind == "write":
            node.now += more
        else:
            node.flushed = node.now

    def _read(self, folder: Path, but: tuple[str, ...]) -> _Folder:
        found: dict[str, _File | _Folder] = {
            path.name: self._read(path, ()) if path.is_dir() else _File(path.read_bytes(), path.read_bytes())
            for path in folder.iterdir()
            if path.name not in but
        }
        return _Folder(found, dict(found))

    def _find(self, path: str) -> tuple[_Folder, str]:
        *folders, name = Path(path).relative_to(self._folder).parts or ("",)
        node = self._root
        for each in folders:
            inner = node.now[each]
            assert isinstance(inner, _Folder)
            node = inner
        return node, name

    def _listed(self, folder: _Folder, path: str, names_first: bool) -> Iterator[tuple[str, bytes | None]]:
        for name, node in (folder.now if names_first else folder.flushed).items():
            if isinstance(node, _Folder):
                yield f"{path}{name}", None
                yield from self._listed(node, f"{path}{name}/", names_first)
            elif node.flushed is not None:
                yield f"{path}{name}", node.flushed
            else:
                yield f"{path}{name}", node.now[: len(node.now) // 2] if names_first else b""


def laid_out(states: Iterable[dict[str, bytes | None]], folder: Path) -> Iterator[Path]:
    """Lay out each state in a folder of its own, one after the other."""
    for n, state in enumerate(states):
        place = folder / f"{n:05}"
        place.mkdir(parents=True)
        for name, content in state.items():
            if content is None:
                (place / name).mkdir()
            else:
                (place / name).write_bytes(content)
        yield place
