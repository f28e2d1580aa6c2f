"""A disk that is nearly full: a real one where this machine mounts it, an injected one elsewhere."""

import errno
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faulty_disk import FaultyDisk


@contextmanager
def small_disk(folder: Path, content: Path, *, room: int) -> Iterator[tuple[Path, Callable[[], object]]]:
    """Yield a copy of a folder on a disk that has so many KiB left, and what gives it more.

    Where nothing can be mounted, the writes after the first ``room`` fail as on a full disk.
    """
    folder.mkdir()
    if _mount(folder, "size=64m"):
        try:
            copy = Path(shutil.copytree(content, folder / content.name))
            used = shutil.disk_usage(folder).used // 1024
            _mount(folder, f"remount,size={used + room}k")
            yield copy, lambda: _mount(folder, "remount,size=64m")
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    copy = Path(shutil.copytree(content, folder / content.name))
    with FaultyDisk(copy, at=1 + room, error=errno.ENOSPC, lasting=True) as disk:
        yield copy, lambda: disk.__exit__(None, None, None)


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
