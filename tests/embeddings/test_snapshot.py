import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import (
    IndexLocationError,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    SnapshotMissing,
)
from embeddings.index import SHORTLIST, FlatIndex, IndexBackend, Recall
from embeddings.lexicon import abbreviations_of
from embeddings.manifest import Manifest
from embeddings.publication import publish
from embeddings.quantised import QuantisedRows
from embeddings.refresh import refresh
from embeddings.snapshot import SourceFile, current_generation, open_snapshot
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
    assert opened.abbreviations == abbreviations_of(opened.parts)
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
    opened = open_snapshot(index)
    assert (opened.generation, str(opened.damage)) == (
        1,
        f"a file of the index was changed or cut short: {index}/CURRENT. Run: footnote refresh --rebuild",
    )


def test_a_changed_manifest_is_told_as_that(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    manifest = index / "generations" / "000001" / "manifest.json"
    flip_a_byte(manifest)
    with pytest.raises(
        SnapshotDamaged, match=rf"^a file of the index was changed or cut short: {manifest}\."
    ):
        open_snapshot(index)


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


def test_where_nothing_is_indexed_the_message_says_what_to_do(index: Path) -> None:
    with pytest.raises(SnapshotMissing, match=rf"^nothing is indexed yet: {index}\. Run: footnote refresh$"):
        open_snapshot(index)


def test_an_index_folder_that_cannot_be_read_is_told_with_its_remedy(index: Path) -> None:
    (index / "CURRENT").mkdir(parents=True)
    with pytest.raises(
        IndexLocationError,
        match=rf"^the index folder cannot be read \(Is a directory\): {index}\. "
        r"Check its permissions, or give another with --index\.$",
    ):
        open_snapshot(index)


def test_a_snapshot_knows_what_current_says_of_it(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    opened = open_snapshot(index)
    assert opened.named == current_generation(index) == (index / "CURRENT").read_text("utf-8")
    assert opened.current


def test_without_current_the_newest_whole_generation_serves(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (index / "CURRENT").unlink()
    opened = open_snapshot(index)
    assert (opened.generation, opened.named, str(opened.damage)) == (
        1,
        "",
        f"a file of the index is missing: {index}/CURRENT. Run: footnote refresh --rebuild",
    )


def test_parts_that_are_open_already_are_taken_as_they_are(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, first = refresh(data, index, encoder=encoder)
    assert open_snapshot(index, opened=first.parts).parts[0] is first.parts[0]
    assert open_snapshot(index).parts[0] is not first.parts[0]


def test_an_encoder_is_refused_with_the_place_and_both_remedies(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    with pytest.raises(
        SnapshotMismatch,
        match=rf": {index}\. Ask with --model hashing --backend torch, or re-embed: "
        "footnote refresh --rebuild$",
    ):
        open_snapshot(index, card=HashingEncoder(model="other").card)


@pytest.mark.parametrize(
    ("harmed", "kind"), [("lexicon.safetensors", SnapshotDamaged), ("manifest.json", SnapshotMismatch)]
)
def test_a_generation_of_another_encoder_never_serves_for_a_damaged_one(
    data: Path, index: Path, encoder: HashingEncoder, harmed: str, kind: type[SnapshotError]
) -> None:
    refresh(data, index, encoder=encoder)
    other = HashingEncoder(model="other")
    refresh(data, index, encoder=other, rebuild=True)
    flip_a_byte(index / "generations" / "000002" / harmed)
    with pytest.raises(kind, match=str(index)):
        open_snapshot(index, card=other.card)


def test_a_generation_that_was_replaced_while_it_was_opened_gives_way_to_the_new_one(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = refresh(data, index, encoder=encoder)

    def replaced(folder: Path, *, sha256: str = "") -> Manifest:
        monkeypatch.undo()
        (data / "new.txt").write_text("Seals rest.", encoding="utf-8")
        refresh(data, index, encoder=HashingEncoder(model="other"), rebuild=True)
        raise SnapshotDamaged("a file of the index is missing", place=f"{folder} {sha256}")

    monkeypatch.setattr("embeddings.snapshot.read_manifest", replaced)
    with pytest.raises(SnapshotMismatch, match="made with other"):
        open_snapshot(index, card=encoder.card, opened=first.parts)
    assert open_snapshot(index).generation == 2


def test_what_was_open_already_is_not_opened_again_when_a_generation_is_replaced(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = refresh(data, index, encoder=encoder)

    def replaced(folder: Path, *, sha256: str = "") -> Manifest:
        monkeypatch.undo()
        sources = list(first.sources.values())
        publish(index, card=encoder.card, sources=sources, parts=first.parts, before=first)
        raise SnapshotDamaged("a file of the index is missing", place=f"{folder} {sha256}")

    monkeypatch.setattr("embeddings.snapshot.read_manifest", replaced)
    opened = open_snapshot(index, card=encoder.card, opened=first.parts)
    assert (opened.generation, opened.damage, opened.parts[0] is first.parts[0]) == (2, None, True)


def test_an_index_of_codes_is_searched_as_far_as_was_measured(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, snapshot = refresh(data, index, encoder=encoder)
    heard: list[tuple[int, int]] = []

    def told(rows: QuantisedRows, *, shortlist: int) -> IndexBackend:
        heard.append((len(rows), shortlist))
        return FlatIndex(rows)

    monkeypatch.setattr("embeddings.snapshot.open_index", told)
    measured = replace(snapshot, recalls={"passages": Recall(rows=5, shortlist=777, recall=1, queries=1)})
    searched = measured.passage_index, measured.sentence_index
    assert [len(each) for each in searched] == [each for each, _ in heard]
    assert [shortlist for _, shortlist in heard] == [777, SHORTLIST]


def test_a_changed_current_is_told_as_that(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    flip_a_byte(index / "CURRENT")
    assert str(open_snapshot(index).damage) == (
        f"a file of the index was changed or cut short: {index}/CURRENT. Run: footnote refresh --rebuild"
    )


def test_what_was_known_of_each_file_is_known_after_opening(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, snapshot = refresh(data, index, encoder=encoder)
    sources = [
        SourceFile("a.md", 5, 7, "", "it cannot be read (Input/output error)", 2),
        SourceFile("b.md", 0, 0, "0f" * 32, "", 1),
        SourceFile("c.md", 1 << 40, 1 << 60, "a0" * 32, "ungültig", 0),
        SourceFile("d.md", 1, 1, "", "", 3),
    ]
    publish(index, card=encoder.card, sources=sources, parts=snapshot.parts, before=snapshot)
    assert list(open_snapshot(index).sources.values()) == sources


def test_the_lexicon_counts_the_passages(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    opened = open_snapshot(index)
    assert opened.lexicon.passages == len(opened.passages) > 5
