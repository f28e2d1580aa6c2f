"""Being told that something in a folder changed, instead of looking through it.

ExactWatcher   Linux's inotify, asked directly: the kernel notes a change before the write returns
Watcher        watchfiles, on any system: some tenths of a second later
"""

import contextlib
import ctypes
import logging
import os
import re
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

_LOG = logging.getLogger("footnote")
# What is told of a folder (linux/inotify.h): MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE,
# DELETE, DELETE_SELF, MOVE_SELF, and ONLYDIR, since there are folders only.
_CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x01000000
# Changes that follow each other so fast (milliseconds) are told as one.
_DEBOUNCE = 100
_STEP = 20
_BEAT = 500
_ESCAPE = re.compile(r"\\([0-7]{3})")
# File systems of which everything that is written passes through this machine's kernel. On any other
# (NFS, SMB, a folder lent to a virtual machine) somebody else may write untold.
_LOCAL = frozenset(
    [
        *("bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3", "overlay", "ramfs"),
        *("reiserfs", "tmpfs", "vfat", "xfs", "zfs"),
    ]
)


class ExactWatcher:
    """Knows of every change in some folders the moment it was made. Where it cannot, ``complete`` is False.

    Each look through the folders begins with ``begin`` and calls ``add`` for a folder before it looks
    into it: so what is written while it looks is told of afterwards.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._roots: list[tuple[int, int] | None] = []
        self._local: set[int] = set()
        self._inotify: _INotify | None = None
        self.complete = False
        try:
            self._inotify = _INotify()
        except OSError as error:  # too many of them for the system
            _LOG.info("changes are looked for, since the kernel cannot tell of them: %s", error)

    def begin(self) -> None:
        """Forget what was told so far."""
        self.complete = self._inotify is not None
        if self._inotify is not None:
            self._inotify.told()
        self._roots = self._found()

    def add(self, folder: str) -> None:
        """Be told of changes in a folder, those below its own folders aside."""
        if self._inotify is None or not self.complete:
            return
        try:
            self._inotify.watch(folder)
            device = os.stat(folder).st_dev  # noqa: PTH116 (a Path of each would cost more than the look)
            if device in self._local or _is_local(folder):
                self._local.add(device)
            else:
                self.complete = False
        except FileNotFoundError:  # told of by the folder above it, or seen by its root
            return
        except OSError as error:  # too many folders for the system, or one closed to us
            _LOG.info(
                "changes are looked for, since the kernel cannot tell of those in %s: %s", folder, error
            )
            self.complete = False

    def take_change(self) -> bool:
        """Tell whether anything changed since this was last asked, or since the last look began."""
        return self._inotify is None or self._inotify.told() or self._found() != self._roots

    def _found(self) -> list[tuple[int, int] | None]:
        """Return which folders stand where they are looked for: one above them may have been renamed."""
        return [_identity(folder) for folder in self._folders]


class _INotify:
    """The kernel's own calls (man 7 inotify); the packages that wrap them run ldconfig to find libc."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._add = library.inotify_add_watch
        self._queue = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._queue < 0:
            raise _system_error()
        weakref.finalize(self, os.close, self._queue)

    def watch(self, folder: str) -> None:
        """Have changes in a folder told. Raises OSError."""
        if self._add(self._queue, os.fsencode(folder), _CHANGES) < 0:
            raise _system_error()

    def told(self) -> bool:
        """Tell whether there was a change, and forget all there were."""
        told = False
        with contextlib.suppress(BlockingIOError):
            while os.read(self._queue, 1 << 16):
                told = True
        return told


class Watcher:
    """Knows whether anything in some folders changed since it was last asked. Runs until the process ends.

    Where the system cannot watch the folder, it always says so: then it must be looked through.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._changed = threading.Event()
        self._watching = False
        threading.Thread(target=self._watch, daemon=True).start()

    def take_change(self) -> bool:
        """Tell whether anything changed since this was last asked."""
        changed = self._changed.is_set()
        self._changed.clear()
        return changed or not self._watching

    def _watch(self) -> None:
        from watchfiles import watch  # costs a start what only a large folder needs

        try:
            for changes in watch(
                *self._folders,
                debounce=_DEBOUNCE,
                step=_STEP,
                rust_timeout=_BEAT,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if changes or not self._watching:  # what happened before the watch began is not known
                    self._changed.set()
                self._watching = True
        except (OSError, RuntimeError) as error:  # too many folders for the system, or the folder is gone
            _LOG.warning("the data folder cannot be watched, and is looked through instead: %s", error)
        self._watching = False


def _system_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        told = folder.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def _is_local(folder: str) -> bool:
    """Tell whether a folder lies on a file system of this machine's own."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    kinds = {_unescaped(line.split(" ")[1]): line.split(" ")[2] for line in mounts.splitlines()}
    path = Path(os.path.realpath(folder))
    nearest = next((str(each) for each in (path, *path.parents) if str(each) in kinds), "/")
    return kinds.get(nearest, "") in _LOCAL


def _unescaped(place: str) -> str:
    r"""Return a mount's place as it is spelt: spaces and the like are written as \040."""
    return _ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), place)
