"""Two refreshes of one index: one works, the other waits, or says for whom."""

import logging
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import FootnoteError
from embeddings.lock import held
from embeddings.refresh import refresh
from embeddings.snapshot import open_snapshot
from tests.contents import content
from tests.hashing_encoder import HashingEncoder
from tests.refreshing import PROCESSES, hold, refresh_when_told


@dataclass(frozen=True)
class Holder:
    """Another process, which holds the index until it is told to go on or is killed."""

    process: BaseProcess
    line: Connection

    def let_go(self) -> object:
        self.line.send("go on")
        return self.line.recv()


Start = Callable[..., Holder]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes, and end them with the test."""
    started: list[Holder] = []

    def begin(work: Callable[..., None], *arguments: object) -> Holder:
        here, there = PROCESSES.Pipe()
        process = PROCESSES.Process(target=work, args=(*arguments, there))
        process.start()
        started.append(Holder(process, here))
        assert here.recv() == "begun"
        return started[-1]

    yield begin
    for holder in started:
        holder.process.kill()
        holder.process.join()


def test_who_holds_the_index_too_long_is_named(
    data: Path, index: Path, encoder: HashingEncoder, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.lock.PATIENCE", 0.1)
    holder = start(hold, index)
    with pytest.raises(
        FootnoteError,
        match=rf"^another refresh holds the index \(process {holder.process.pid} on {platform.node()} since "
        rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{{4}}\): {index}\. Wait until it is done, or end",
    ):
        refresh(data, index, encoder=encoder)


def test_a_killed_holder_blocks_nobody(
    data: Path, index: Path, encoder: HashingEncoder, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.lock.PATIENCE", 0.1)
    holder = start(hold, index)
    holder.process.kill()
    holder.process.join()
    assert (index / "refresh.holder").read_text(encoding="utf-8").startswith(f"process {holder.process.pid} ")
    assert refresh(data, index, encoder=encoder)[0].generation == 1
    assert not (index / "refresh.holder").exists()


def test_a_holder_that_cannot_be_read_is_waited_for_without_a_name(
    index: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.lock.PATIENCE", 0.1)
    start(hold, index)
    (index / "refresh.holder").unlink()
    with pytest.raises(FootnoteError, match="it does not say whose"), held(index):
        pass


def test_who_waits_is_told_for_whom_and_finds_the_work_done(
    data: Path,
    index: Path,
    encoder: HashingEncoder,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.lock._TELL_AFTER", 0.1)
    other = start(refresh_when_told, data, index)  # holds the lock, and waits in its encoder
    heard: list[tuple[Any, ...]] = []

    def hear(*told: Any) -> None:
        heard.append(told)
        other.line.send("go on")

    monkeypatch.setattr("embeddings.lock._LOG.log", hear)
    report, snapshot = refresh(data, index, encoder=encoder)
    assert heard[0] == (logging.WARNING, "waiting for another refresh of this index (%s)", heard[0][2])
    assert heard[0][2].startswith(f"process {other.process.pid} on ")
    assert (encoder.encoded, report.generation, report.kept) == ([], 1, 6)
    assert other.line.recv() > 0
    assert content(snapshot) == content(open_snapshot(index))


def test_many_refreshes_at_once_end_in_one_clean_build(
    data: Path, index: Path, tmp_path: Path, encoder: HashingEncoder, start: Start
) -> None:
    others = [start(refresh_when_told, data, index, False) for _ in range(4)]
    encoded = [other.let_go() for other in others]
    clean = content(refresh(data, tmp_path / "clean", encoder=encoder)[1])
    assert content(refresh(data, index, encoder=HashingEncoder())[1]) == clean
    assert sum(int(str(count)) for count in encoded) == len(set(encoder.encoded))


def test_the_lock_says_that_it_is_ours_and_then_nothing(index: Path) -> None:
    with held(index) as waited:
        told = (index / "refresh.holder").read_text(encoding="utf-8")
    assert (waited, told.startswith(f"process {os.getpid()} on ")) == (False, True)
    assert [path.name for path in index.iterdir()] == ["refresh.lock"]
