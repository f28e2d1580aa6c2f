"""The fewest permissions: an ordinary user, content and home read-only, one folder to write to.

Where the tests run as root, what they start is stripped of every privilege, so that the permissions of
files hold for it as they do for anybody.
"""

import os
import re
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STRIPPED = (
    ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if os.geteuid() == 0 else []
)
FOOTNOTE = [*STRIPPED, sys.executable, "-c", "import ui; ui.main()"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything in it, but a cache that holds the converted model of this machine."""
    import embeddings.conversion
    from embeddings.encoder import load_encoder

    load_encoder(backend="openvino")
    models = embeddings.conversion._models()
    folder = tmp_path / "home"
    (folder / "cache" / "footnote").mkdir(parents=True)
    (folder / "cache" / "footnote" / "models").symlink_to(models)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "share"))
    return folder


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Take the right to write from all that lies in a folder, until the test ends."""
    closed: list[tuple[Path, int]] = []

    def close(folder: Path) -> None:
        for path in [folder, *folder.rglob("*")]:
            if not path.is_symlink():
                closed.append((path, path.stat().st_mode))
                path.chmod(path.stat().st_mode & ~0o222)

    yield close
    for path, mode in closed:
        path.chmod(mode)


def footnote(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*FOOTNOTE, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)


def files(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*")}


def test_what_the_tests_start_may_not_write_where_nobody_may(
    tmp_path: Path, read_only: Callable[[Path], None]
) -> None:
    read_only(tmp_path)
    code = f"open({str(tmp_path / 'new')!r}, 'w')"
    done = subprocess.run([*STRIPPED, sys.executable, "-c", code], capture_output=True, text=True)
    assert "PermissionError" in done.stderr


@pytest.mark.model
def test_with_content_and_home_read_only_only_the_index_is_written(
    home: Path, data: Path, index: Path, read_only: Callable[[Path], None]
) -> None:
    index.mkdir()
    read_only(home)
    read_only(data)
    before = files(home, data)
    where = ("--data", data, "--index", index)
    refreshed = footnote("refresh", *where)
    asked = footnote("ask", "When does the ferry leave?", *where)
    assert (refreshed.returncode, refreshed.stderr) == (0, "")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "The ferry leaves at 7.45 every morning." in asked.stdout
    assert files(home, data) == before


@pytest.mark.model
def test_an_index_that_nobody_may_write_to_answers_and_says_where_it_is_behind(
    home: Path, data: Path, index: Path, read_only: Callable[[Path], None]
) -> None:
    where = ("--data", data, "--index", index)
    footnote("refresh", *where)
    read_only(home)
    read_only(index)
    current = footnote("ask", "When does the ferry leave?", *where)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    behind = footnote("ask", "When does the ferry leave?", *where)
    told = footnote("refresh", *where)
    examined = footnote("doctor", *where)
    assert (current.returncode, current.stderr) == (0, "")
    assert (behind.returncode, behind.stdout) == (0, current.stdout)
    assert re.fullmatch(
        r"footnote: what changed is not taken in, generation 1 serves: .* cannot be written .*\n",
        behind.stderr,
    )
    assert f"warning  index folder  the index cannot be written: {index}" in examined.stdout
    assert examined.returncode == 0
    assert told.returncode == 2
    assert re.fullmatch(r"footnote: the index folder cannot be written .*\n", told.stderr)


@pytest.mark.model
def test_the_page_is_served_with_nothing_to_write_to(
    home: Path, data: Path, index: Path, read_only: Callable[[Path], None]
) -> None:
    where = ("--data", data, "--index", index)
    footnote("refresh", *where)
    for folder in (home, data, index):
        read_only(folder)
    port = _free_port()
    command = [*FOOTNOTE, "chat", "--port", str(port), *map(str, where)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as chat:
        assert chat.stdout is not None
        line = chat.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
            served = page.status
        chat.terminate()
    assert line.startswith("Footnote is at ")
    assert served == 200


@pytest.mark.model
def test_what_is_kept_of_the_user_is_closed_to_others_and_the_umask_holds(home: Path, data: Path) -> None:
    (home / "cache" / "footnote" / "models").rename(home / "models")
    (home / "cache" / "footnote").rmdir()
    (home / "cache").rmdir()
    questions = data.parent / "questions.jsonl"
    questions.write_text('{"question": "When does the ferry leave?"}\n', encoding="utf-8")
    old = os.umask(0o027)
    footnote("eval", questions, "--data", data, "--backend", "torch")
    os.umask(old)
    made = [path for path in files(home) if not path.is_symlink() and path.parent != home / "models"]
    folders = {path.relative_to(home): _mode(path) for path in made if path.is_dir()}
    assert folders[Path("cache/footnote")] == 0o700
    assert folders[Path("share/footnote")] == 0o700
    assert {_mode(path) & 0o027 for path in made} == {0}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
