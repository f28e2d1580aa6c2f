"""A backup is a copied folder: restored it answers the same, and a copy of a moving index is safe."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embeddings.errors import SnapshotError
from embeddings.snapshot import open_snapshot
from qa import QA
from qa.answer import Json
from tests.hashing_encoder import HashingEncoder

ROOT = Path(__file__).parent.parent
QUESTIONS = [
    "When does the ferry leave?",
    "Who has kept the lamp?",
    "How many jobs are in Norway?",
    "灯塔实习生的入职日期是哪天？",
    "Who painted the Mona Lisa?",
    "What does the added file say of the kiosk?",
]
# Writes five documents of one edition and publishes them, as fast as it can, until it is told to stop.
REFRESHES = """
import sys
from itertools import count
from pathlib import Path
from embeddings.refresh import refresh
from tests.hashing_encoder import HashingEncoder
place = Path(sys.argv[1])
for edition in count(1):
    for number in range(5):
        (place / "data" / f"{number}.txt").write_text(f"Document {number}.\\n\\nThis is edition {edition}.")
    report, _ = refresh(place / "data", place / "index", encoder=HashingEncoder())
    assert report.added + report.changed == 5
    print(edition, flush=True)
    if (place / "stop").exists():
        break
"""


def answers(bot: QA) -> list[Json]:
    return [
        {"answer": bot.ask(question).to_dict(), "hits": [hit.to_dict() for hit in bot.retrieve(question)]}
        for question in QUESTIONS
    ]


def copy(folder: Path, to: Path, *, locked: bool = False) -> Path:
    """Copy a folder as a person would: by cp, and by flock where nothing may be published meanwhile."""
    held = ["flock", str(folder / "refresh.lock")] if locked else []
    subprocess.run([*held, "cp", "-r", str(folder), str(to)], stderr=subprocess.DEVNULL, check=locked)
    return to


def test_a_restored_backup_gives_the_same_answers_and_encodes_nothing(
    bot: QA, data: Path, index: Path, tmp_path: Path
) -> None:
    uploads = data.parent / "uploads"
    uploads.mkdir()
    (uploads / "kiosk.txt").write_text("The kiosk opens at eight, says the added file.", encoding="utf-8")
    bot.refresh()
    before = answers(bot)
    backup = tmp_path / "backup"
    backup.mkdir()
    for folder in (data, uploads, index):
        copy(folder, backup / folder.name)
        shutil.rmtree(folder)
    encoder = HashingEncoder()
    restored = QA.open(backup / "data", backup / "index", encoder=encoder, uploads=backup / "uploads")
    assert answers(restored) == before
    assert (restored.report.encoded, restored.report.kept, encoder.encoded) == (0, 7, [])


def test_the_vectors_come_with_a_backup(bot: QA, data: Path, index: Path, tmp_path: Path) -> None:
    before = answers(bot)
    backup = copy(index, tmp_path / "backup")
    shutil.rmtree(backup / "generations")
    (backup / "CURRENT").unlink()
    encoder = HashingEncoder()
    assert answers(QA.open(data, backup, encoder=encoder, uploads=bot.uploads)) == before
    assert encoder.encoded == []


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[tuple[Path, Callable[[], str]]]:
    """A folder whose index is published anew all the time, and what waits for the next edition."""
    place = tmp_path / "moving"
    (place / "data").mkdir(parents=True)
    command = [sys.executable, "-c", REFRESHES, str(place)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as refreshing:
        assert refreshing.stdout is not None
        refreshing.stdout.readline()
        yield place, refreshing.stdout.readline
        (place / "stop").touch()
        assert refreshing.stdout.read()
    assert refreshing.returncode == 0


def editions(index: Path) -> set[str] | None:
    """Return the editions that are served together, or none where the copy is refused."""
    try:
        snapshot = open_snapshot(index, card=HashingEncoder().card)
    except SnapshotError:
        return None
    texts = [document.text for document in snapshot.documents.values()]
    assert len(texts) == 5
    return set(re.findall(r"edition \d+", " ".join(texts)))


def test_a_copy_of_a_moving_index_is_whole_or_refused_and_never_mixed(
    moving: tuple[Path, Callable[[], str]], tmp_path: Path
) -> None:
    copies = [editions(copy(moving[0] / "index", tmp_path / f"copy-{n}")) for n in range(25)]
    assert {len(told) for told in copies if told is not None} == {1}


def test_a_copy_made_under_the_lock_of_the_index_is_always_whole(
    moving: tuple[Path, Callable[[], str]], tmp_path: Path
) -> None:
    place, next_edition = moving
    copies = [
        copy(place / "index", tmp_path / f"copy-{n}", locked=True) for n in range(25) if next_edition()
    ]  # else one copy after the other could hold the lock, and nothing would move
    opened = [open_snapshot(each, card=HashingEncoder().card) for each in copies]
    assert {snapshot.current for snapshot in opened} == {True}
    assert {len(editions(each) or ()) for each in copies} == {1}
    assert len({snapshot.generation for snapshot in opened}) > 1
