"""Files of an index go missing, are cut short, or change by a byte: noticed, mended, and nothing lost."""

import errno
import hashlib
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from embeddings.errors import SnapshotDamaged, SnapshotMismatch
from embeddings.folder import read_seen, write_seen
from embeddings.plan import Plan, plan_refresh
from embeddings.refresh import dry_run, refresh
from embeddings.snapshot import Snapshot, SourceFile, open_snapshot
from qa import QA
from tests.conftest import WORLD
from tests.contents import content
from tests.faulty_disk import FaultyDisk
from tests.hashing_encoder import HashingEncoder

OWN_FILES = ("manifest.json", "lexicon.safetensors", "directory.safetensors")
Harm = Callable[[bytes], bytes | None]
# Bytes of each file that are changed, one at a time: all of a small file, some of a large one.
SMALL = 1000
SAMPLE = 25


@dataclass(frozen=True)
class Scene:
    """An index of several parts, what its generations hold, and the files that the last is made of."""

    data: Path
    index: Path
    generations: list[dict[str, object]]
    files: list[str]

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.index, folder / "harmed"))

    def unnoticed(self, index: Path, name: str, harm: Harm) -> bool:
        """Tell whether an index is opened as if a file had not been harmed. The file is mended after."""
        whole = (index / name).read_bytes()
        _put(index / name, harm(whole))
        try:
            opened = open_snapshot(index)
            return opened.current or content(opened) not in self.generations
        except SnapshotDamaged as damage:
            return len(self.generations) == 1 and Path(damage.place) != index / name
        finally:
            (index / name).write_bytes(whole)

    def losses(self, folder: Path, name: str, harm: Harm) -> list[str]:
        """Return what is lost where a file of a copy of the index is harmed, and then mended."""
        index = self.copy(folder)
        _put(index / name, harm((index / name).read_bytes()))
        encoder = HashingEncoder()
        report, mended = refresh(self.data, index, encoder=encoder)
        opened = open_snapshot(index)
        shutil.rmtree(index)
        lost = []
        if content(mended) != self.generations[-1] or content(opened) != self.generations[-1]:
            lost.append(f"{name}: what was mended is not what it was")
        if not opened.current:
            lost.append(f"{name}: it was not mended")
        if encoder.encoded or report.encoded:
            lost.append(f"{name}: something was encoded again")
        return lost


def _put(file: Path, content: bytes | None) -> None:
    """Put a file in the place of another that may be mapped into memory, or take it away."""
    file.unlink()
    if content is not None:
        file.write_bytes(content)


def _files(snapshot: Snapshot) -> list[str]:
    own = [f"generations/{snapshot.generation:06}/{name}" for name in OWN_FILES]
    return ["CURRENT", *own, *(f"parts/{part.name}" for part in snapshot.parts)]


@pytest.fixture(scope="module", params=[1, 2], ids=["one generation", "two generations"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    data, index = folder / "data", folder / "index"
    for name, text in WORLD.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embeddings.part.PASSAGES", 4)
        patch.setattr("os.fsync", lambda _handle: None)
        generations = [refresh(data, index, encoder=HashingEncoder())[1]]
        if request.param == 2:
            (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
            generations.append(refresh(data, index, encoder=HashingEncoder())[1])
        yield Scene(data, index, [content(each) for each in generations], _files(generations[-1]))


def flipped(place: int) -> Harm:
    return lambda whole: whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]


def cut_to(length: int) -> Harm:
    return lambda whole: whole[:length]


def missing(_: bytes) -> None:
    return None


def places(size: int, chosen: random.Random) -> Sequence[int]:
    return range(size) if size <= SMALL else sorted(chosen.sample(range(size), SAMPLE))


def test_any_changed_byte_is_noticed(scene: Scene, tmp_path: Path) -> None:
    index, chosen = scene.copy(tmp_path), random.Random(7)
    tried = [
        (name, place, scene.unnoticed(index, name, flipped(place)))
        for name in scene.files
        for place in places((index / name).stat().st_size, chosen)
    ]
    assert [(name, place) for name, place, unnoticed in tried if unnoticed] == []
    assert len(tried) > 900


def test_a_missing_file_or_one_cut_short_is_noticed(scene: Scene, tmp_path: Path) -> None:
    index = scene.copy(tmp_path)
    sizes = {name: (index / name).stat().st_size for name in scene.files}
    harms = [
        (name, harm)
        for name, size in sizes.items()
        for harm in (missing, *map(cut_to, (0, 1, 8, size // 2, size - 1)))
    ]
    assert [name for name, harm in harms if scene.unnoticed(index, name, harm)] == []


@pytest.mark.parametrize("harm", [missing, cut_to(0), cut_to(50), flipped(50)])
def test_whichever_file_is_harmed_it_is_mended_and_nothing_is_encoded(
    scene: Scene, tmp_path: Path, harm: Harm
) -> None:
    assert [loss for name in scene.files for loss in scene.losses(tmp_path, name, harm)] == []


def test_an_index_that_lost_all_but_its_cache_is_mended(scene: Scene, tmp_path: Path) -> None:
    index, encoder = scene.copy(tmp_path), HashingEncoder()
    shutil.rmtree(index / "generations")
    shutil.rmtree(index / "parts")
    _, mended = refresh(scene.data, index, encoder=encoder)
    assert (content(mended) == scene.generations[-1], encoder.encoded) == (True, [])


@pytest.mark.parametrize("scene", [2], indirect=True, ids=[""], scope="module")
@pytest.mark.parametrize(
    "harm",
    [
        missing,
        cut_to(0),
        cut_to(1),
        cut_to(100),
        cut_to(4096),
        cut_to(9000),
        lambda _: b"not a database " * 500,
        lambda whole: whole[:4096] + bytes(4096) + whole[8192:],
        lambda whole: whole[:4096] + b"\xff" * (len(whole) - 4096),
        lambda whole: whole.replace(b"CREATE TABLE vectors", b"CREATE TABLE vectorz"),
        lambda whole: whole.replace(b"rows BLOB", b"rowz BLOB"),
        *(flipped(place) for place in range(0, 100, 5)),
        *(flipped(random.Random(place).randrange(100, 20_000)) for place in range(40)),
    ],
)
def test_a_damaged_cache_costs_time_only(scene: Scene, tmp_path: Path, harm: Harm) -> None:
    index = scene.copy(tmp_path)
    _put(index / "vectors.sqlite", harm((index / "vectors.sqlite").read_bytes()))
    _, after = refresh(scene.data, index, encoder=HashingEncoder(), rebuild=True)
    again = HashingEncoder()
    _, last = refresh(scene.data, index, encoder=again, rebuild=True)
    assert content(after) == content(last) == scene.generations[-1]
    assert again.encoded == []


@pytest.mark.parametrize("scene", [2], indirect=True, ids=[""], scope="module")
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_rubbish_beside_the_cache_costs_time_only(scene: Scene, tmp_path: Path, ending: str) -> None:
    index = scene.copy(tmp_path)
    (index / f"vectors.sqlite{ending}").write_bytes(random.Random(3).randbytes(40_000))
    _, after = refresh(scene.data, index, encoder=HashingEncoder(), rebuild=True)
    assert content(after) == scene.generations[-1]


def test_any_changed_byte_of_what_was_seen_makes_it_be_looked_at_again(tmp_path: Path) -> None:
    seen = {"a.md": SourceFile("a.md", 3, 4, "ab" * 32, "", 1)}
    write_seen(tmp_path, "000001 x", seen)
    whole = (tmp_path / "seen.json").read_bytes()

    def read(content: bytes | None) -> dict[str, SourceFile]:
        _put(tmp_path / "seen.json", content)
        return read_seen(tmp_path, "000001 x")

    assert read(whole) == seen
    assert [place for place in range(len(whole)) if read(flipped(place)(whole))] == []
    assert (read(whole[:-20]), read(b""), read(b"[]")) == ({}, {}, {})


def broken(file: Path) -> None:
    file.write_bytes(b"\xfa broken \xff")


def part_of(index: Path, document_id: str) -> Path:
    """Return the file of the part that holds a document."""
    (name,) = (
        part.name
        for part in open_snapshot(index).parts
        if document_id in [part.identity(n) for n in range(part.documents)]
    )
    return index / "parts" / name


@pytest.mark.usefixtures("small_parts")
def test_the_last_good_version_of_an_unreadable_file_outlives_damage_elsewhere(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    broken(data / "guide.md")
    part_of(index, "notes.txt").unlink()
    report, snapshot = refresh(data, index, encoder=encoder)
    assert [failure.source for failure in report.failed] == ["guide.md"]
    assert (snapshot.documents["guide.md"].stale, "Mira Holm" in snapshot.documents["guide.md"].text) == (
        True,
        True,
    )
    assert (snapshot.current, report.encoded) == (True, 0)


@pytest.mark.usefixtures("small_parts")
def test_of_two_good_versions_the_later_one_outlives_damage_elsewhere(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "guide.md").write_text("# Guide\n\nThe second edition of the guide.\n", encoding="utf-8")
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    broken(data / "guide.md")
    part_of(index, "notes.txt").unlink()  # of the second generation: the first is whole
    snapshot = refresh(data, index, encoder=encoder)[1]
    assert "second edition" in snapshot.documents["guide.md"].text
    assert "noon" in snapshot.documents["notes.txt"].text


@pytest.mark.usefixtures("small_parts")
def test_a_record_that_was_taken_out_does_not_come_back_from_an_older_part(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    records = [f'{{"_id": "{n}", "text": "Record {n} tells of seal {n}."}}\n' for n in range(4)]
    (data / "seals.jsonl").write_text("".join(records), encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (data / "seals.jsonl").write_text("".join(records[:3]), encoding="utf-8")
    refresh(data, index, encoder=encoder)
    broken(data / "seals.jsonl")
    (index / "generations" / "000002" / "lexicon.safetensors").unlink()
    snapshot = refresh(data, index, encoder=encoder)[1]
    assert [name for name in snapshot.documents if "seals" in name] == [f"seals.jsonl#{n}" for n in range(3)]


def test_an_index_that_cannot_be_mended_says_why_in_one_line(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (index / "parts" / "000001-0000").write_bytes(b"")
    with (
        FaultyDisk(index, at=1, error=errno.EROFS, lasting=True),
        pytest.raises(
            SnapshotDamaged,
            match=r"^a file of the index was changed or cut short, and it cannot be mended: the index folder "
            r"cannot be written \(Read-only file system\): \S+/parts/000001-0000\. Give a folder you may",
        ),
    ):
        QA.open(data, index, encoder=encoder)


@pytest.mark.parametrize("error", [errno.EROFS, errno.ENOSPC])
def test_where_nothing_can_be_written_the_last_good_generation_serves(
    data: Path, index: Path, encoder: HashingEncoder, caplog: pytest.LogCaptureFixture, error: int
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / "generations" / "000002" / "lexicon.safetensors").write_bytes(b"")
    with FaultyDisk(index, at=1, error=error, lasting=True):
        bot = QA.open(data, index, encoder=encoder)
    assert (bot.report.generation, bot.report.kept) == (1, 6)
    assert "7.45" in bot.document("notes.txt").text
    assert caplog.messages[0].startswith(
        "what changed is not taken in, generation 1 serves: a file of the index was changed"
    )
    assert (bot.refresh().generation, "noon" in bot.document("notes.txt").text) == (3, True)


def test_a_dry_run_of_a_damaged_index_says_so_and_writes_nothing(
    data: Path, index: Path, encoder: HashingEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    refresh(data, index, encoder=encoder)
    (index / "parts" / "000001-0000").unlink()
    before = sorted(index.rglob("*"))
    assert (dry_run(data, index, encoder=encoder).encoded, sorted(index.rglob("*"))) == (0, before)
    assert caplog.messages == [
        f"a file of the index is missing: {index}/parts/000001-0000. A refresh would mend it"
    ]


@pytest.mark.parametrize("harmed", ["parts/000001-0000", "generations/000001/lexicon.safetensors"])
def test_a_damaged_index_of_another_encoder_is_refused_and_not_replaced(
    data: Path, index: Path, encoder: HashingEncoder, harmed: str
) -> None:
    refresh(data, index, encoder=encoder)
    (index / harmed).unlink()
    with pytest.raises(SnapshotMismatch, match="made with hashing"):
        refresh(data, index, encoder=HashingEncoder(model="other"))


def test_what_another_program_published_is_refused_by_name(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (index / "generations" / "000001").mkdir(parents=True)
    (index / "generations" / "000001" / "manifest.json").write_bytes(b'{"segments": []}')
    digest = hashlib.sha256(b'{"segments": []}').hexdigest()
    (index / "CURRENT").write_text(f"000001 {digest}\n", encoding="utf-8")
    with pytest.raises(SnapshotMismatch, match=r"none of Footnote's: .*Run: footnote refresh --rebuild"):
        refresh(data, index, encoder=encoder)


@pytest.mark.usefixtures("small_parts")
def test_a_part_whose_file_went_while_it_was_served_is_written_again(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, served = refresh(data, index, encoder=encoder)
    part_of(index, "guide.md").unlink()
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    report, _ = refresh(data, index, encoder=encoder, served=served)
    opened = open_snapshot(index)
    assert (opened.current, opened.generation, report.encoded) == (True, 2, 1)
    assert "Mira Holm" in opened.documents["guide.md"].text


@pytest.mark.usefixtures("small_parts")
def test_a_number_that_was_published_is_not_given_again(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, served = refresh(data, index, encoder=encoder)
    shutil.rmtree(index / "generations")
    (data / "guide.md").write_text("The guide is shorter now.", encoding="utf-8")
    report, _ = refresh(data, index, encoder=encoder, served=served)
    assert (report.generation, open_snapshot(index).current) == (2, True)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each document a part of its own."""
    monkeypatch.setattr("embeddings.part.PASSAGES", 1)


def test_what_an_index_was_mended_from_is_told(
    data: Path, index: Path, encoder: HashingEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / "generations" / "000002" / "lexicon.safetensors").unlink()
    (data / "new.txt").write_text("Grey seals rest on the pier.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    part = part_of(index, "new.txt")
    part.unlink()
    (index / "generations" / "000001" / "lexicon.safetensors").unlink()
    (data / "new.txt").write_text("Grey seals rest. Two more texts.", encoding="utf-8")
    (data / "newer.txt").write_text("Puffins nest here.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    assert caplog.messages == [
        f"a file of the index is missing: {index}/generations/000002/lexicon.safetensors. "
        "The index was mended from generation 1 and the data folder; 1 passage had to be encoded",
        f"a file of the index is missing: {part}. "
        "The index was mended from the data folder; 2 passages had to be encoded",
    ]


def test_a_dry_run_of_a_damaged_index_counts_the_last_good_versions(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    broken(data / "guide.md")
    (index / "generations" / "000001" / "lexicon.safetensors").unlink()
    report = dry_run(data, index, encoder=encoder)
    assert (report.added, report.encoded, [failure.source for failure in report.failed]) == (
        6,
        0,
        ["guide.md"],
    )


def test_a_rebuild_for_another_encoder_keeps_the_last_good_versions(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    broken(data / "guide.md")
    _, snapshot = refresh(data, index, encoder=HashingEncoder(model="other"), rebuild=True)
    assert snapshot.documents["guide.md"].stale
    assert "Mira Holm" in snapshot.documents["guide.md"].text


@pytest.mark.parametrize("rebuild", [False, True])
def test_mending_and_rebuilding_look_through_the_folder_once(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rebuild: bool
) -> None:
    index, looks = scene.copy(tmp_path), []
    newest = max((index / "generations").iterdir(), key=lambda folder: folder.name)
    _put(newest / "lexicon.safetensors", b"rubbish")

    def counted(*given: object, **named: object) -> Plan:
        looks.append(given)
        return plan_refresh(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("embeddings.refresh.plan_refresh", counted)
    refresh(scene.data, index, encoder=HashingEncoder(), rebuild=rebuild)
    assert len(looks) == 1
