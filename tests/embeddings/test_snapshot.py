from pathlib import Path

import pytest

from embeddings.errors import SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from embeddings.refresh import refresh
from embeddings.snapshot import open_snapshot
from tests.hashing_encoder import HashingEncoder

FILES = ["manifest.json", "documents.jsonl", "passages.jsonl", "passages.faiss", "sentences.faiss"]


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
    assert len(opened.sentence_index) == opened.first_sentence[-1]


def test_an_index_nobody_made_is_missing(index: Path) -> None:
    with pytest.raises(SnapshotMissing, match="Run: footnote refresh"):
        open_snapshot(index)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_in_the_only_generation_is_refused(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    refresh(data, index, encoder=encoder)
    flip_a_byte(index / "generations" / "000001" / name)
    with pytest.raises(SnapshotDamaged, match="footnote refresh --rebuild"):
        open_snapshot(index)


@pytest.mark.parametrize("name", FILES)
def test_the_generation_before_serves_when_a_file_of_the_last_is_gone(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("Changed.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / "generations" / "000002" / name).unlink()
    opened = open_snapshot(index)
    assert opened.generation == 1
    assert not opened.current


@pytest.mark.parametrize("name", FILES)
def test_a_rebuild_mends_a_damaged_index_without_encoding(
    data: Path, index: Path, encoder: HashingEncoder, name: str
) -> None:
    _, before = refresh(data, index, encoder=encoder)
    flip_a_byte(index / "generations" / "000001" / name)
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
    flip_a_byte(index / "generations" / "000002" / "passages.faiss")
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
    (index / "generations" / ".building-000001" / "documents.jsonl").write_text("half", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    assert [path.name for path in (index / "generations").iterdir()] == ["000001"]
