import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from embeddings.errors import StorageError
from qa import QA
from tests.hashing_encoder import HashingEncoder

LAMP = "Who has kept the lamp?"
SEALS = "Where do grey seals rest?"
SEALS_TEXT = "Grey seals rest on the eastern pier in August."


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were looked through between questions, one entry a look."""
    from embeddings import folder

    seen: list[Path] = []

    def counted(data: Path, *others: Path, on_folder: Callable[[str], object] = str) -> list[folder.Found]:
        seen.append(data)
        return folder.files_of(data, *others, on_folder=on_folder)

    monkeypatch.setattr("qa.following.files_of", counted)
    return seen


@pytest.fixture
def settled(bot: QA, looks: list[Path]) -> QA:
    """A bot that was asked until the kernel tells it of changes."""
    for _ in range(3):
        bot.retrieve(LAMP)
    looks.clear()
    return bot


def in_place(data: Path) -> None:
    edit(data / "guide.md", "since 1987", "since 1991")


def by_another_file(data: Path) -> None:
    new = data.parent / "guide.md"
    new.write_text((data / "guide.md").read_text(encoding="utf-8").replace("1987", "1991"), encoding="utf-8")
    new.replace(data / "guide.md")


def by_another_folder(data: Path) -> None:
    data.rename(data.with_name("before"))
    data.mkdir()
    (data / "guide.md").write_text("Mira Holm has kept the lamp since 1991.", encoding="utf-8")


def by_another_folder_above(data: Path) -> None:
    above = data.parent
    (above.with_name("new") / "data").mkdir(parents=True)
    (above.with_name("new") / "data" / "guide.md").write_text(
        "Mira Holm has kept the lamp since 1991.", encoding="utf-8"
    )
    above.rename(above.with_name("old"))
    above.with_name("new").rename(above)


def test_where_nothing_changed_the_folder_is_not_looked_through(settled: QA, looks: list[Path]) -> None:
    for _ in range(5):
        settled.retrieve(LAMP)

    assert looks == [] or sys.platform != "linux"


@pytest.mark.parametrize("change", [in_place, by_another_file, by_another_folder, by_another_folder_above])
def test_however_a_file_is_changed_the_next_answer_knows(
    settled: QA, data: Path, change: Callable[[Path], None]
) -> None:
    change(data)

    assert "1991" in settled.retrieve(LAMP)[0].text


def test_a_file_in_a_folder_just_made_is_in_the_next_answer_and_so_is_its_edit(
    settled: QA, data: Path
) -> None:
    (data / "animals" / "sea").mkdir(parents=True)
    (data / "animals" / "sea" / "seals.txt").write_text(SEALS_TEXT, encoding="utf-8")
    found = settled.retrieve(SEALS)[0]
    edit(data / "animals" / "sea" / "seals.txt", "eastern", "western")
    edited = settled.retrieve(SEALS)[0]

    assert found.source == "animals/sea/seals.txt"
    assert "western" in edited.text


def test_a_file_that_is_gone_is_gone_from_the_next_answer(settled: QA, data: Path) -> None:
    (data / "guide.md").unlink()

    assert "guide.md" not in {hit.source for hit in settled.retrieve(LAMP)}


def test_the_first_added_file_makes_a_folder_that_is_looked_into(settled: QA, data: Path) -> None:
    uploads = data.parent / "uploads"
    uploads.mkdir()
    (uploads / "seals.txt").write_text(SEALS_TEXT, encoding="utf-8")

    assert settled.retrieve(SEALS)[0].source == "uploads/seals.txt"


@pytest.mark.parametrize("link", [Path.hardlink_to, Path.symlink_to])
def test_a_file_that_has_another_name_is_looked_at_before_each_question(
    data: Path, index: Path, looks: list[Path], link: Callable[[Path, Path], None]
) -> None:
    hidden = data / ".kept"
    hidden.mkdir()
    (data / "guide.md").rename(hidden / "guide.md")
    link(data / "guide.md", hidden / "guide.md")
    bot = QA.open(data, index, encoder=HashingEncoder())
    for _ in range(3):
        bot.retrieve(LAMP)
    looks.clear()

    edit(hidden / "guide.md", "since 1987", "since 1991")

    assert "1991" in bot.retrieve(LAMP)[0].text
    assert looks


def test_an_edit_of_a_large_folder_that_others_may_write_to_is_in_the_next_answer(
    bot: QA, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.watching._LOCAL", frozenset())
    monkeypatch.setattr("qa.following._QUICK", -1.0)  # every folder is a large one
    monkeypatch.setattr("qa.following._PAUSE", 0.0)
    bot.retrieve("Who has kept the lamp?")  # the folder is found to be large
    bot.retrieve("Who has kept the lamp?")  # and the kernel to be of no use
    bot.retrieve("Who has kept the lamp?")  # the watch begins, and looks
    watcher = bot._following.watcher
    assert watcher is not None
    assert watcher._changed.wait(10.0)  # it has begun
    bot.retrieve("Who has kept the lamp?")
    edit(data / "guide.md", "since 1987", "since 1991")
    assert watcher._changed.wait(10.0)
    assert "1991" in bot.retrieve("Who has kept the lamp?")[0].text


def test_what_could_not_be_taken_in_is_tried_again_though_nothing_changes(
    settled: QA, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full, taken = True, settled.refresh

    def refused() -> object:
        if full:
            raise StorageError("the disk is full", place=str(data))
        return taken()

    monkeypatch.setattr(settled._following, "_refresh", refused)
    monkeypatch.setattr("qa.following._RETRY", 0.2)
    in_place(data)
    for _ in range(3):
        assert "1987" in settled.ask(LAMP).text
        time.sleep(0.25)
    full = False
    assert "1991" in settled.ask(LAMP).text
    assert [record.message for record in caplog.records].count(
        f"still serving the last good generation: the disk is full: {data}"
    ) == 1


def test_what_a_refresh_by_hand_could_not_take_in_is_taken_in_later(
    settled: QA, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.following._RETRY", 0.1)
    in_place(data)
    with monkeypatch.context() as patch:
        patch.setattr("qa.engine.refresh", full_disk)
        with pytest.raises(StorageError):
            settled.refresh()
        assert "1987" in settled.ask(LAMP).text
    time.sleep(0.2)
    assert "1991" in settled.ask(LAMP).text


def test_a_look_that_fails_once_does_not_end_the_looking(
    settled: QA, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.following._RETRY", 0.1)
    in_place(data)
    with monkeypatch.context() as patch:
        patch.setattr(settled._following, "_state", full_disk)
        patch.setattr(settled._following, "_slow", True)  # looked at beside the question
        assert "1987" in settled.ask(LAMP).text
    time.sleep(0.2)
    assert "1991" in settled.ask(LAMP).text


def full_disk(*_: object, **__: object) -> NoReturn:
    raise StorageError("the disk is full")
