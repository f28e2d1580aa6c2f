"""What a folder can hold beside files that are whole: each is named with its reason, and the rest go on."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from embeddings.apart import Apart
from embeddings.errors import DocumentError, visible
from embeddings.file import read_whole
from embeddings.folder import Found, look
from embeddings.plan import plan_refresh
from embeddings.readers import parse, read
from embeddings.refresh import refresh
from embeddings.snapshot import Snapshot
from tests.hashing_encoder import HashingEncoder
from tests.nasty_files import FILES, content

GOOD = "The lamp turns once in nine seconds.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of one good file."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.txt").write_text(GOOD, encoding="utf-8")
    return data


def taken_in(data: Path) -> tuple[Snapshot, dict[str, str]]:
    """Refresh the folder's index; return what serves, and the reason for each file that was not read."""
    report, snapshot = refresh(data, data.parent / "index", encoder=HashingEncoder())
    return snapshot, {failure.source: failure.reason for failure in report.failed}


def served(snapshot: Snapshot) -> set[str]:
    return {document.source for document in snapshot.documents.values()}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act as an ordinary user, also where the tests are run by root."""
    root = os.geteuid() == 0
    os.seteuid(65534 if root else os.geteuid())
    try:
        yield
    finally:
        os.seteuid(0 if root else os.geteuid())


@pytest.fixture
def shared() -> Iterator[Path]:
    """A data folder that an ordinary user can read, and whose index he can write."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)  # noqa: S103, PTH101 (an ordinary user writes the index)
        data = Path(name) / "data"
        (data / "closed").mkdir(parents=True)
        (data / "good.txt").write_text(GOOD, encoding="utf-8")
        (data / "secret.md").write_text("# Secret\n\nThe safe is behind the clock.\n", encoding="utf-8")
        (data / "closed" / "deep.txt").write_text("Ships pass at noon.\n", encoding="utf-8")
        yield data
        (data / "closed").chmod(0o755)


# Files that were built to break a reader


def test_each_nasty_file_is_read_or_named_and_the_rest_go_on(folder: Path) -> None:
    for name in FILES:
        (folder / name).write_bytes(content(name, 3_000))

    snapshot, failed = taken_in(folder)

    assert served(snapshot) ^ set(failed) == {"good.txt", *FILES}
    assert all(reason == visible(reason) and "\n" not in reason for reason in failed.values())
    assert all(len(reason) < 600 for reason in failed.values())
    for document in snapshot.documents.values():
        assert document.text == document.text.encode().decode()


def test_passages_and_sentences_of_nasty_files_lie_in_their_text_and_stay_short(folder: Path) -> None:
    for name in FILES:
        (folder / name).write_bytes(content(name, 9_000))

    snapshot, _ = taken_in(folder)

    assert len(snapshot.passages) > 1_000
    for passage in snapshot.passages:
        text = snapshot.documents[passage.document_id].text
        ends = [passage.start, *(edge for s in passage.sentences for edge in (s.start, s.end)), passage.end]
        assert ends == sorted(ends)
        assert 0 < passage.end - passage.start <= 4_000
        assert ends[-1] <= len(text)
        assert sum(map(len, passage.headings)) <= 6 * 200


@pytest.mark.parametrize("suffix", [".md", ".txt", ".html", ".jsonl"])
def test_a_single_line_of_ten_megabytes_is_read(tmp_path: Path, suffix: str) -> None:
    name = f"words{suffix}"
    file = tmp_path / name
    file.write_bytes(content(name, 10_000_000))
    (document,) = read(file, source=name)
    assert 9_900_000 < len(document.text) <= 10_000_100


def test_a_file_larger_than_is_read_is_named_without_being_opened_to_its_end(folder: Path) -> None:
    with (folder / "large.md").open("wb") as file:
        file.truncate(50_000_001)
    _, failed = taken_in(folder)
    assert failed == {"large.md": "It has 50 MB, and 50 is the most. Divide it into several files."}


def test_text_that_is_nested_too_deeply_is_kept_as_paragraphs(folder: Path) -> None:
    (folder / "deep.md").write_text("> " * 100 + "The keeper sleeps.\n", encoding="utf-8")
    snapshot, _ = taken_in(folder)
    text = snapshot.documents["deep.md"].text
    assert [text[p.start : p.end] for p in snapshot.passages if p.document_id == "deep.md"] == [text.strip()]


# Pages that are read apart


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with Apart(deadline=8.0) as apart:
        with pytest.raises(DocumentError, match=r"^Reading it takes longer than 8 seconds: slow\.html\."):
            parse(content("end-tags.html", 10_000_000), source="slow.html", apart=apart)
        (document,) = parse(content("good.pdf", 0), source="good.pdf", apart=apart)
    assert document.text == "Lighthouses warn ships."


def test_a_page_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read() -> None:
    with Apart(memory_mb=200) as apart:
        with pytest.raises(DocumentError, match=r"^Reading it takes more than 200 MB of memory: big\.html\."):
            parse(content("columns.html", 4_000_000), source="big.html", apart=apart)
        (document,) = parse(content("good.pdf", 0), source="good.pdf", apart=apart)
    assert document.text == "Lighthouses warn ships."


def test_nothing_of_it_runs_on_once_it_is_closed() -> None:
    with Apart() as apart:
        parse(content("good.pdf", 0), source="good.pdf", apart=apart)
        process = apart._process
    assert process is not None
    assert process.returncode is not None


def test_small_pages_and_text_start_no_process() -> None:
    with Apart() as apart:
        parse(b"<p>A small page.", source="a.html", apart=apart)
        parse(b"Some text.", source="a.txt", apart=apart)
        assert apart._process is None


# What stopped the reading, and not the file


@pytest.fixture
def slow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A folder with a good PDF, on a machine that takes too long to read it until this is undone."""
    (folder / "page.pdf").write_bytes(content("good.pdf", 0))
    os.utime(folder / "page.pdf", ns=(1, 1))
    monkeypatch.setattr("embeddings.plan.Apart", partial(Apart, deadline=0.0))
    return monkeypatch


def test_a_page_whose_reading_was_stopped_is_read_once_it_is_touched(
    folder: Path, slow: pytest.MonkeyPatch
) -> None:
    _, stopped = taken_in(folder)
    slow.undo()

    os.utime(folder / "page.pdf", ns=(2, 2))
    snapshot, failed = taken_in(folder)

    assert stopped["page.pdf"].startswith("Reading it takes longer than 0 seconds. ")
    assert "touch" in stopped["page.pdf"]
    assert failed == {}
    assert served(snapshot) == {"good.txt", "page.pdf"}


def test_a_page_that_takes_too_long_is_read_once_for_each_touch_and_not_at_every_refresh(
    folder: Path, slow: pytest.MonkeyPatch, looked_at: list[str]
) -> None:
    assert slow
    os.utime(folder / "good.txt", ns=(1, 1))
    taken_in(folder)
    os.utime(folder / "page.pdf", ns=(2, 2))
    failed = [taken_in(folder)[1].keys() for _ in range(3)]

    assert failed == [{"page.pdf"}] * 3
    assert looked_at == ["good.txt", "page.pdf", "page.pdf"]


def test_a_plan_that_is_to_retry_reads_again_whatever_could_not_be_read(
    folder: Path, slow: pytest.MonkeyPatch
) -> None:
    os.utime(folder / "good.txt", ns=(1, 1))
    (folder / "broken.txt").write_bytes(b"a\0b")
    os.utime(folder / "broken.txt", ns=(1, 1))
    before, _ = taken_in(folder)
    slow.undo()

    index = folder.parent / "index"
    plans = [plan_refresh(folder, index, before, retry=retry) for retry in (False, True)]

    assert [[file.source for file in plan.sources if file.reason] for plan in plans] == [
        ["broken.txt", "page.pdf"],
        ["broken.txt"],
    ]


def test_an_interrupt_is_not_taken_for_a_fault_of_the_page() -> None:
    code = (
        "import os, signal, sys; from embeddings.apart import Apart; page = sys.stdin.buffer.read()\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "with Apart() as apart:\n"
        "    apart.read(page, suffix='.pdf', source='page.pdf')\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "    print(apart.read(page, suffix='.pdf', source='page.pdf').text)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=content("good.pdf", 0), capture_output=True, start_new_session=True)
    assert (done.stdout.decode(), done.stderr.decode()) == ("Lighthouses warn ships.\n", "")


def test_it_does_not_read_on_when_whoever_asked_is_gone() -> None:
    page = content("end-tags.html", 10_000_000)
    what = json.dumps({"suffix": ".html", "size": len(page), "source": "slow.html"}).encode()
    start = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-m', 'embeddings.apart', '1500', '120']); time.sleep(300)"
    )
    asker = subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert asker.stdin
    asker.stdin.write(what + b"\n" + page)
    asker.stdin.flush()

    asker.kill()

    assert asker.communicate(timeout=10)[0] == b""  # its end is that of all who might write to it


def test_the_bounds_hold_where_the_system_has_narrower_ones() -> None:
    code = (
        "import ctypes, resource, sys; from embeddings.apart import Apart; page = sys.stdin.buffer.read()\n"
        "ctypes.CDLL(None).prctl(24, 24)\n"  # not even root's children may lift a bound (CAP_SYS_RESOURCE)
        "resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))\n"
        "with Apart(memory_mb=200) as apart:\n"
        "    apart.read(page, suffix='.html', source='big.html')\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=content("columns.html", 4_000_000), capture_output=True)
    assert b"Reading it takes more than 200 MB of memory: big.html" in done.stderr


# What is no file


def test_what_is_no_file_is_named_and_never_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.md"))
        (folder / "device.txt").symlink_to("/dev/zero")
        _, failed = taken_in(folder)
    assert failed == {
        "pipe.md": "It is a pipe, not a file. Take it out of the folder, or rename it.",
        "s.md": "It is a socket, not a file. Take it out of the folder, or rename it.",
        "device.txt": "It is a device, not a file. Take it out of the folder, or rename it.",
    }


def test_a_file_that_became_a_pipe_since_it_was_listed_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    with pytest.raises(DocumentError, match=r"^It is a pipe, not a file"):
        read_whole(folder / "pipe.md", source="pipe.md", largest=100)


def test_links_that_lead_nowhere_to_themselves_or_out_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("outside", encoding="utf-8")
    (tmp_path / "more").mkdir()
    (folder / "out.md").symlink_to(tmp_path / "outside.md")
    (folder / "gone.md").symlink_to("nothing.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "again").symlink_to(folder)
    (folder / "more").symlink_to(tmp_path / "more")
    (folder / "same.txt").symlink_to("good.txt")

    snapshot, failed = taken_in(folder)

    assert served(snapshot) == {"good.txt", "same.txt"}
    linked = "It is a link to a folder, and these are not followed. Put the files themselves there."
    assert failed == {
        "out.md": "It is a link to a file outside the folder. Put the file itself there.",
        "gone.md": "It is a link that leads nowhere (No such file or directory). Remove it.",
        "loop.md": "It is a link that leads to itself. Remove it.",
        "again/": linked,
        "more/": linked,
    }


def test_folders_in_folders_are_walked_however_deep(folder: Path) -> None:
    where = os.open(folder, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=where)
        inner = os.open("d", os.O_RDONLY, dir_fd=where)
        os.close(where)
        where = inner
    os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=where))
    os.close(where)
    snapshot, failed = taken_in(folder)
    assert served(snapshot) == {"good.txt"}
    assert list(failed.values()) == ["The file holds no text. Write something in it or take it out."]
    subprocess.run(["rm", "-r", folder / "d"], check=True)


# Permissions


def test_what_may_not_be_read_is_named_and_its_last_good_version_serves_until_it_may(shared: Path) -> None:
    with as_nobody():
        taken_in(shared)
    (shared / "secret.md").chmod(0)
    (shared / "closed").chmod(0)

    with as_nobody():
        snapshot, failed = taken_in(shared)

    denied = "Cannot be opened (Permission denied). Make the file readable or take it out of the folder."
    closed = "Its folder cannot be looked into. Check its permissions."
    assert failed == {
        "secret.md": denied,
        "closed/": "The folder cannot be looked into (Permission denied). Check its permissions.",
        "closed/deep.txt": closed,
    }
    assert {d.source: d.stale for d in snapshot.documents.values()} == {
        "good.txt": False,
        "secret.md": True,
        "closed/deep.txt": True,
    }
    (shared / "secret.md").chmod(0o644)
    (shared / "closed").chmod(0o755)
    with as_nobody():
        snapshot, failed = taken_in(shared)
    assert failed == {}
    assert not any(document.stale for document in snapshot.documents.values())


# Files that move


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What others do while a file is read: the first thing after the first piece, and so on."""
    read, to_do = os.read, list[Callable[[], object]]()

    def interrupted(file: int, count: int) -> bytes:
        piece = read(file, min(count, 1_000_000))
        if to_do:
            to_do.pop(0)()
        return piece

    monkeypatch.setattr("os.read", interrupted)
    return to_do


def in_place(file: Path, letter: bytes) -> None:
    """Write to a file so that neither its size nor its mtime tells."""
    told = file.stat()
    with file.open("r+b") as out:
        out.write(letter * 3_000_000)
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))


def test_a_file_that_is_written_once_while_it_is_read_is_read_again_and_whole(
    tmp_path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    file = tmp_path / "moving.txt"
    file.write_bytes(b"a" * 3_000_000)
    meanwhile.append(lambda: in_place(file, b"b"))

    assert read_whole(file, source="moving.txt", largest=10_000_000) == b"b" * 3_000_000


def test_a_file_that_is_written_whenever_it_is_read_is_not_served(
    tmp_path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    file = tmp_path / "moving.txt"
    file.write_bytes(b"a" * 3_000_000)
    meanwhile += [partial(in_place, file, bytes([letter])) for letter in range(128)]

    with pytest.raises(DocumentError, match="It changes while it is read"):
        read_whole(file, source="moving.txt", largest=10_000_000)


def test_a_file_that_grows_for_ever_is_named_and_not_read_for_ever(
    tmp_path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    file = tmp_path / "log.txt"
    file.write_bytes(b"a line\n" * 1_000)

    def grow() -> None:
        meanwhile.append(grow)
        with file.open("ab") as out:
            out.write(b"a line more\n")

    meanwhile.append(grow)
    with Apart() as apart:
        state, documents = look(Found("log.txt", str(file), 0, 0), None, apart)

    assert documents is None
    assert state.reason.startswith("It changes while it is read.")


def test_a_file_that_is_gone_since_it_was_listed_is_named(folder: Path) -> None:
    with Apart() as apart:
        state, documents = look(Found("gone.md", str(folder / "gone.md"), 5, 1), None, apart)
    assert documents is None
    assert "No such file" in state.reason


# Names


@pytest.mark.parametrize(
    "name",
    [
        "-rf.md",
        "--help.txt",
        "$(id).md",
        "a;b&c|d.md",
        "%2e%2e.md",
        "..md",
        "a b\u3000c.md",
        "гид.md",
        "دليل.md",
        "灯塔 👨‍👩‍👧.md",
        "\u202egpj.exe.md",
        "cafe\u0301.md",
        "x" * 252 + ".md",
        "灯" * 84 + ".md",
        "GOOD.TXT",
        "uploads",
        "#1?x=y.md",
    ],
)
def test_a_file_is_served_whatever_it_is_called(folder: Path, name: str) -> None:
    file = folder / name / "own.md" if name == "uploads" else folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("Ships pass at noon.\n", encoding="utf-8")
    snapshot, failed = taken_in(folder)
    assert failed == {}
    assert served(snapshot) == {"good.txt", file.relative_to(folder).as_posix()} - {"..md"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb.md", "a\\nb.md"),
        (b"a\tb.md", "a\\tb.md"),
        (b"\x1b[31mred.md", "\\x1b[31mred.md"),
        (b"caf\xe9.md", "caf\\udce9.md"),
        ("next\u2028line.md".encode(), "next\\u2028line.md"),
    ],
)
def test_a_name_that_is_no_line_of_text_is_named_as_it_can_be_shown(
    folder: Path, name: bytes, shown: str
) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("Ships.\n", encoding="utf-8")
    snapshot, failed = taken_in(folder)
    assert served(snapshot) == {"good.txt"}
    assert failed == {shown: "Its name is not UTF-8, or holds a control character. Rename it."}


def test_many_small_files_are_taken_in_and_found_unchanged(folder: Path) -> None:
    for number in range(2_000):
        (folder / f"{number}.txt").write_text(f"Ship {number}.\n", encoding="utf-8")
    snapshot, failed = taken_in(folder)
    assert (len(snapshot.documents), failed) == (2_001, {})


def test_what_the_shell_says_of_bad_files_steers_no_terminal(folder: Path, tmp_path: Path) -> None:
    (folder / "\x1b]0;owned\x07.md").write_text("x", encoding="utf-8")
    (folder / "\u202egpj.md").write_bytes(b"a\0b")
    code = (
        "import sys; from pathlib import Path; from embeddings.refresh import refresh;"
        "from qa.printing import print_report; from tests.hashing_encoder import HashingEncoder;"
        "report, _ = refresh(Path(sys.argv[1]), Path(sys.argv[2]), encoder=HashingEncoder());"
        "print_report(report, as_json=False, verb='encoded'); print_report(report, as_json=True, verb='')"
    )
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "index")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert visible(done.stdout + done.stderr) == done.stdout + done.stderr
    assert "not read: \\x1b]0;owned\\x07.md: Its name" in done.stderr
    assert "not read: \\u202egpj.md: Not text" in done.stderr


def test_a_rebuild_reads_again_whatever_could_not_be_read(folder: Path, slow: pytest.MonkeyPatch) -> None:
    os.utime(folder / "good.txt", ns=(1, 1))
    taken_in(folder)
    slow.undo()

    index = folder.parent / "index"
    rebuilt, snapshot = refresh(folder, index, encoder=HashingEncoder(), rebuild=True)

    assert rebuilt.failed == ()
    assert served(snapshot) == {"good.txt", "page.pdf"}
