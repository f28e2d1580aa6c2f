"""Who may write to an index: one at a time, in whichever process, on whichever machine.

The system lets go of the lock of a process that ends, however it ends. Beside it, ``refresh.holder`` says
in words who holds it; that is for people to read, and decides nothing.
"""

import logging
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embeddings.disk import make_folder, unwritable
from embeddings.errors import FootnoteError

_LOG = logging.getLogger("footnote")

# How long another's refresh is waited for, and how long before that is told.
PATIENCE = 600.0
_TELL_AFTER = 1.0
# So often it is tried: who holds the index for a moment only, again and again, keeps nobody out.
_POLL = 0.01
_LONGEST = 200


@contextmanager
def held(index: Path) -> Iterator[bool]:
    """Hold an index against other refreshes; yield whether another was waited for.

    Raises FootnoteError, which names the holder, where it takes too long, and IndexLocationError or
    StorageError where the folder or its lock cannot be made.
    """
    from filelock import FileLock, Timeout  # costs a start what only a refresh needs

    lock = FileLock(index / "refresh.lock")
    waited = False
    try:
        make_folder(index)
        for patience in (0.0, min(_TELL_AFTER, PATIENCE), PATIENCE):
            try:
                lock.acquire(timeout=patience, poll_interval=_POLL)
                break
            except Timeout:
                if patience:
                    ours = holder(index).startswith(f"process {os.getpid()} on {_machine()} ")
                    level = logging.INFO if ours else logging.WARNING
                    _LOG.log(level, "waiting for another refresh of this index (%s)", holder(index))
                waited = True
        else:
            raise FootnoteError(
                f"another refresh holds the index ({holder(index)})",
                place=str(index),
                remedy="Wait until it is done, or end that process.",
            )
    except OSError as error:
        raise unwritable(index, error) from error
    try:
        _sign(index)
        yield waited
    finally:
        with suppress(OSError):
            (index / "refresh.holder").unlink(missing_ok=True)
        lock.release()


def holder(index: Path) -> str:
    """Return in words who holds an index, as far as that can be told."""
    try:
        told = (index / "refresh.holder").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "it does not say whose"
    return " ".join(told[:_LONGEST].split()) or "it does not say whose"


def _sign(index: Path) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    told = f"process {os.getpid()} on {_machine()} since {since}\n"
    with suppress(OSError):  # without room for it, it is only not told
        (index / "refresh.holder").write_text(told, encoding="utf-8")


def _machine() -> str:
    return platform.node() or "this machine"
