"""A refresh is cut off everywhere: whatever fails, the old generation or the new one serves, whole."""

import errno
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from embeddings.cache import Text, VectorCache
from embeddings.errors import FootnoteError, IndexLocationError, StorageError
from embeddings.refresh import refresh
from embeddings.snapshot import open_snapshot
from embeddings.splitter import embedded_text
from tests.conftest import WORLD
from tests.contents import content
from tests.faulty_disk import FaultyDisk, Killed, PowerCut, laid_out
from tests.hashing_encoder import HashingEncoder
from tests.refreshing import committed, duration, killed_after
from tests.small_disk import small_disk

# What an index folder holds when all is done.
TIDY = {"CURRENT", "generations", "parts", "refresh.lock", "vectors.sqlite"}
MAY_REMAIN = {"seen.json", "refresh.holder", "vectors.sqlite-wal", "vectors.sqlite-shm"}
KILLS = 50


@dataclass(frozen=True)
class Scene:
    """An index of several parts and two generations, a data folder that changed since, and what should be."""

    data: Path
    index: Path
    old: dict[str, object]
    new: dict[str, object]
    texts: tuple[Text, ...]

    def copy(self, name: str) -> Path:
        """Return a copy of the index as it was before the refresh."""
        return Path(shutil.copytree(self.index, self.index.with_name(name)))

    def losses(self, index: Path, what: str, *, committed: set[str]) -> list[str]:
        """Return what is lost where a refresh was cut off: at once, and when it is done again."""
        lost = []
        if content(open_snapshot(index)) not in (self.old, self.new):
            lost.append(f"{what}: neither the old generation nor the new one is opened")
        second = HashingEncoder()
        with VectorCache(index / "vectors.sqlite", second, read_only=True) as cache:
            lacking = {text for text, _ in cache.missing(self.texts)}
        _, after = refresh(self.data, index, encoder=second)
        if content(after) != self.new or content(open_snapshot(index)) != self.new:
            lost.append(f"{what}: the next refresh is not a clean build")
        if len(set(second.encoded)) != len(second.encoded) or not lacking.issuperset(second.encoded):
            lost.append(f"{what}: a text of the cache was encoded again")
        if again := committed.intersection(second.encoded):
            lost.append(f"{what}: committed and encoded again: {again}")
        if names := {path.name for path in index.iterdir()} - MAY_REMAIN ^ TIDY:
            lost.append(f"{what}: left behind or gone: {names}")
        return lost


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    data, index = folder / "data", folder / "index"
    for name, text in WORLD.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text, encoding="utf-8")
    for n in range(4):
        (data / f"buoy{n}.txt").write_text(f"Buoy {n} is red. It lies {n} miles off the pier.", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embeddings.part.PASSAGES", 3)  # several parts
        patch.setattr("embeddings.cache.BATCH", 2)  # several commits
        patch.setattr("os.fsync", lambda _handle: None)  # only counted: there is no power to be cut
        refresh(data, index, encoder=HashingEncoder())
        (data / "buoy0.txt").write_text("Buoy 0 is green now.", encoding="utf-8")
        old = content(refresh(data, index, encoder=HashingEncoder())[1])
        (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
        (data / "guide.md").write_text(WORLD["guide.md"].replace("1987", "1991"), encoding="utf-8")
        (data / "buoy1.txt").unlink()
        (data / "buoy9.txt").write_text("A new buoy was laid. It is yellow.", encoding="utf-8")
        new = refresh(data, folder / "clean", encoder=HashingEncoder())[1]
        texts = tuple(embedded_text(new.documents[p.document_id], p) for p in new.passages)
        yield Scene(data, index, old, content(new), texts)


def failures(scene: Scene, **disk: object) -> Iterator[tuple[FaultyDisk, Path, set[str]]]:
    """Refresh copies of the index, one operation after another failing, until there is no more to fail."""
    for n in count(1):
        index, encoder = scene.copy(f"{disk}-{n}"), HashingEncoder()
        try:
            with FaultyDisk(index, at=n, **disk) as failing:  # type: ignore[arg-type]
                refresh(scene.data, index, encoder=encoder)
        except (FootnoteError, Killed):
            assert failing.failed
        if not failing.failed:
            return
        kept = set() if failing.failed.startswith("sqlite") else set(encoder.encoded)
        yield failing, index, kept
        shutil.rmtree(index)


@pytest.mark.parametrize(
    "disk",
    [
        {"error": errno.ENOSPC},
        {"error": errno.EIO, "torn": True, "lasting": True},
        {"error": None, "torn": True},
    ],
    ids=["one operation fails", "a torn write and all after it", "the process dies in a torn write"],
)
def test_whichever_operation_of_a_refresh_fails_nothing_is_lost(
    scene: Scene, disk: dict[str, object]
) -> None:
    tried = [
        scene.losses(index, f"operation {failing.at}, {failing.failed}", committed=kept)
        for failing, index, kept in failures(scene, **disk)
    ]
    assert [loss for losses in tried for loss in losses] == []
    assert len(tried) > 100


def test_whenever_the_power_goes_what_reached_the_disk_is_whole(scene: Scene, tmp_path: Path) -> None:
    index = scene.copy("power")
    power = PowerCut(index, but=("vectors.sqlite",))
    with FaultyDisk(index) as disk:
        refresh(scene.data, index, encoder=HashingEncoder())

    opened = [
        (open_snapshot(place), refresh(scene.data, place, encoder=HashingEncoder())[1])
        for place in laid_out(power.after_each(disk.done), tmp_path)
    ]

    assert [found.damage for found, _ in opened if found.damage] == []
    assert all(content(found) in (scene.old, scene.new) for found, _ in opened)
    assert all(content(after) == scene.new for _, after in opened)
    assert len(opened) > 20


def test_a_refresh_killed_at_any_moment_loses_nothing(scene: Scene) -> None:
    longest = duration(scene.data, scene.copy("timed"))
    moments = random.Random(6)

    told = [
        (index := scene.copy(f"killed-{n}"), killed_after(moments.uniform(0, longest), scene.data, index))
        for n in range(KILLS)
    ]

    tried = [scene.losses(index, index.name, committed=committed(heard)) for index, heard in told]
    assert [loss for losses in tried for loss in losses] == []
    assert sum("done" not in heard for _, heard in told) > KILLS / 2


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (errno.ENOSPC, StorageError, r"the disk is full: \S+\. Free some space and do this again; what was"),
        (errno.EDQUOT, StorageError, r"the disk is full"),
        (errno.EIO, StorageError, r"writing to the disk failed \(Input/output error\): \S+\. Look after the"),
        (errno.EROFS, IndexLocationError, r"the index folder cannot be written \(Read-only file system\)"),
        (errno.EACCES, IndexLocationError, r"cannot be written \(Permission denied\): \S+\. Give a folder"),
    ],
)
def test_what_keeps_a_refresh_from_writing_is_told_with_its_remedy(
    scene: Scene, tmp_path: Path, error: int, kind: type[FootnoteError], said: str
) -> None:
    with FaultyDisk(tmp_path, at=20, error=error), pytest.raises(kind, match=said):
        refresh(scene.data, tmp_path / "index", encoder=HashingEncoder())


def refresh_on_full_disk(scene: Scene, folder: Path, room: int) -> tuple[str, list[str]]:
    """Refresh where so many KiB are left; return what was said, and what was lost by the end."""
    with small_disk(folder, scene.index, room=room) as (index, give_room):
        said = ""
        try:
            refresh(scene.data, index, encoder=HashingEncoder())
        except StorageError as error:
            said = str(error)
        served = content(open_snapshot(index))
        give_room()
        lost = scene.losses(index, f"{room} KiB", committed=set())
        return said, lost if served in (scene.old, scene.new) else [f"{room} KiB: lost at once", *lost]


def test_a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_room(
    scene: Scene, tmp_path: Path
) -> None:
    tried = [refresh_on_full_disk(scene, tmp_path / str(room), room) for room in range(0, 240, 8)]
    assert [loss for _, losses in tried for loss in losses] == []
    full = [said for said, _ in tried if said]
    assert {said.partition(":")[0] for said in full} == {"the disk is full"}
    assert 5 < len(full) < len(tried)
