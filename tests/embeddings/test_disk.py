"""A file is flushed as far as the system can: on macOS, out of the drive's own memory too."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.disk import flush, write

FULLY = 51  # macOS's F_FULLFSYNC


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How files are flushed on a macOS whose file systems can all do so fully."""
    told: list[str] = []
    monkeypatch.setattr("embeddings.disk._FULLY", FULLY)
    monkeypatch.setattr("fcntl.fcntl", lambda _, how: told.append(f"fcntl {how}"))
    monkeypatch.setattr("os.fsync", _noting(told, os.fsync))
    return told


def _noting(told: list[str], fsync: Callable[[int], None]) -> Callable[[int], None]:
    def noted(handle: int) -> None:
        told.append("fsync")
        fsync(handle)

    return noted


def test_files_and_folders_are_flushed_out_of_the_drives_memory(tmp_path: Path, flushed: list[str]) -> None:
    write(tmp_path / "a", [b"text"])
    flush(tmp_path)
    assert flushed == [f"fcntl {FULLY}"] * 2


def test_a_file_system_that_cannot_do_that_flushes_as_it_can(
    tmp_path: Path, flushed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: int, how: int) -> None:
        flushed.append(f"fcntl {how}")
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr("fcntl.fcntl", cannot)
    write(tmp_path / "a", [b"text"])
    assert flushed == [f"fcntl {FULLY}", "fsync"]


def test_any_other_system_flushes_once(
    tmp_path: Path, flushed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.disk._FULLY", None)
    write(tmp_path / "a", [b"text"])
    assert flushed == ["fsync"]
