import hashlib
from pathlib import Path

import pytest

from embeddings.errors import SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from embeddings.refresh import refresh
from embeddings.snapshot import open_snapshot
from tests.hashing_encoder import HashingEncoder

FILES = [
    "generations/{0:06}/manifest.json",
    "generations/{0:06}/lexicon.safetensors",
    "generations/{0:06}/directory.safetensors",
    "parts/{0:06}-0000",
]


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_what_is_opened_is_what_was_published(data: Path, index: Path, encoder: HashingEncoder) -> None:
    _, published = refresh(data, index, encoder=encoder)
    opened = open_snapshot(index, card=encoder.card)
    assert opened.documents == published.documents
    assert opened.passages == published.passages
    assert opened.sources == published.sources
    assert len(opened.sentence_index) == opened.first_sentence[-1] == published.first_sentence[-1]


def test_an_index_nobody_made_is_missing(index: Path) -> None:
    with pytest.raises(SnapshotMissing, match="Run: footnote refresh"):
        open_snapshot(index)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_in_the_only_generation_is_refused(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    refresh(data, index, encoder=encoder)
    flip_a_byte(index / name.format(1))
    with pytest.raises(SnapshotDamaged, match="footnote refresh --rebuild"):
        open_snapshot(index)


@pytest.mark.parametrize("name", FILES)
def test_the_generation_before_serves_when_a_file_of_the_last_is_gone(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("Changed.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / name.format(2)).unlink()
    opened = open_snapshot(index)
    assert opened.generation == 1
    assert not opened.current


@pytest.mark.parametrize("name", FILES)
def test_a_rebuild_mends_a_damaged_index_without_encoding(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    _, before = refresh(data, index, encoder=encoder)
    flip_a_byte(index / name.format(1))
    encoder.encoded.clear()
    report, after = refresh(data, index, encoder=encoder, rebuild=True)
    assert after.passages == before.passages
    assert (encoder.encoded, report.encoded) == ([], 0)


def test_a_refresh_replaces_a_damaged_generation_when_the_one_before_serves(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    text = (data / "notes.txt").read_text(encoding="utf-8")
    (data / "notes.txt").write_text("Changed.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text(text, encoding="utf-8")
    flip_a_byte(index / "parts" / "000002-0000")
    report, _ = refresh(data, index, encoder=encoder)
    assert report.generation == 3
    assert open_snapshot(index).current


def test_a_current_file_full_of_rubbish_falls_back(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    (index / "CURRENT").write_bytes(b"\xff\xfe../../etc 0\n")
    assert open_snapshot(index).generation == 1


def test_a_snapshot_of_another_encoder_is_refused(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    with pytest.raises(SnapshotMismatch, match=r"made with hashing .* not other"):
        open_snapshot(index, card=HashingEncoder(model="other").card)


def test_two_generations_are_kept_and_no_more(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("One.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("Two.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    assert sorted(path.name for path in (index / "generations").iterdir()) == ["000002", "000003"]


def test_what_a_killed_publication_left_is_cleared_away(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (index / "generations" / ".building-000001").mkdir(parents=True)
    (index / "generations" / ".building-000001" / "manifest.json").write_text("half", encoding="utf-8")
    (index / "parts").mkdir()
    (index / "parts" / "000001-0000").write_text("half", encoding="utf-8")
    (index / "parts" / "000001-0007").write_text("half", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    assert [path.name for path in (index / "generations").iterdir()] == ["000001"]
    assert [path.name for path in (index / "parts").iterdir()] == ["000001-0000"]
    assert open_snapshot(index).current


def test_an_index_of_an_older_format_is_refused_by_name_with_the_remedy(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (index / "generations" / "000001").mkdir(parents=True)
    manifest = '{"format": 1, "splitter": 1, "files": {}}'
    (index / "generations" / "000001" / "manifest.json").write_text(manifest, encoding="utf-8")
    (index / "CURRENT").write_text(
        f"000001 {hashlib.sha256(manifest.encode()).hexdigest()}\n", encoding="utf-8"
    )
    with pytest.raises(
        SnapshotMismatch, match=r"format, splitter and analyser \(1, 1, 0\).*refresh --rebuild"
    ):
        refresh(data, index, encoder=encoder)
    assert refresh(data, index, encoder=encoder, rebuild=True)[1].generation == 2


def test_a_part_that_did_not_change_is_named_again_and_not_written(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.part.PASSAGES", 1)  # a part for each document
    refresh(data, index, encoder=encoder)
    before = {path: path.stat().st_ino for path in (index / "parts").iterdir()}
    (data / "notes.txt").write_text("Changed.", encoding="utf-8")
    _, after = refresh(data, index, encoder=encoder)
    kept = {path: path.stat().st_ino for path in before}
    assert kept == before
    assert sum(part.name.startswith("000002") for part in after.parts) == 1


def test_a_damaged_part_of_both_generations_is_mended_by_a_rebuild_without_encoding(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.part.PASSAGES", 1)
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("Changed.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    flip_a_byte(index / "parts" / "000001-0000")
    with pytest.raises(SnapshotDamaged, match="footnote refresh --rebuild"):
        open_snapshot(index)
    assert refresh(data, index, encoder=encoder, rebuild=True)[0].encoded == 0
    assert open_snapshot(index).current


def test_a_reader_keeps_what_it_opened_when_its_generation_is_gone(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    reader = open_snapshot(index)
    before = tuple(reader.passages)
    for text in ("One.", "Two.", "Three."):
        (data / "guide.md").write_text(text, encoding="utf-8")
        refresh(data, index, encoder=encoder)
    assert tuple(reader.passages) == before
    assert len(reader.sentence_index.search(encoder.encode_query("lamp"), 5)[0]) == 5
