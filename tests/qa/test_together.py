"""Many ask while the documents change: nobody sees two generations at once, and nothing piles up."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import QA
from tests.hashing_encoder import HashingEncoder
from together import ask_together, write_edition


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Leave rings of objects in memory, as a large process does for long."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def use(bot: QA) -> None:
    bot.ask("Who keeps lamp 7?", ["Which rock does lamp 3 warn of?"])
    bot.ask("Hw many documents are there?")
    bot.retrieve("lamp 3", where={"title": "Lamp 3"})
    bot.chart("lamp 5", bot.retrieve("lamp 5"))
    bot.documents()


@pytest.mark.usefixtures("no_collector")
def test_a_generation_that_nobody_reads_any_more_is_let_go_at_once(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    bot = QA.open(data, index, encoder=encoder, follow=False)
    use(bot)
    kept = weakref.ref(bot._reading.snapshot), weakref.ref(bot._reading.snapshot.lexicon)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    bot.refresh()
    assert [each() for each in kept] == [None, None]


def test_thirty_two_threads_ask_while_refreshes_run(tmp_path: Path, encoder: HashingEncoder) -> None:
    figures = ask_together(tmp_path / "data", tmp_path / "index", encoder=encoder, seconds=8, threads=32)
    assert (figures.errors, figures.mixed) == ([], [])
    assert figures.asked > 100
    assert len(figures.editions) > 3
    assert figures.handles[1] <= figures.handles[0] + 20
    assert figures.memory[1] <= figures.memory[0] + 40


def test_a_follow_up_is_answered_from_the_generation_of_its_question(
    tmp_path: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    write_edition(tmp_path / "data", 1)
    bot = QA.open(tmp_path / "data", index, encoder=encoder)
    looks: list[None] = []
    current = bot._current

    def counted() -> object:
        looks.append(None)
        return current()

    monkeypatch.setattr(bot, "_current", counted)
    bot.ask("What is its title?", ["Who keeps lamp 7?"])
    assert len(looks) == 1
