import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.corpus import Span
from embeddings.encoder import Vectors
from embeddings.errors import CorpusError, IndexLocationError, SnapshotMismatch
from embeddings.lock import held
from embeddings.refresh import Failure, RefreshReport, dry_run, refresh
from tests.contents import content
from tests.hashing_encoder import HashingEncoder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_first_refresh_adds_everything_and_encodes_a_repeat_once(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    report, snapshot = refresh(data, index, encoder=encoder)
    assert (report.added, report.changed, report.removed, report.kept) == (6, 0, 0, 0)
    assert report.generation == snapshot.generation == 1
    assert len(encoder.encoded) == len(set(encoder.encoded))
    assert report.encoded < len(snapshot.passages)


def test_nothing_changed_publishes_and_encodes_nothing(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    encoder.encoded.clear()
    report, _ = refresh(data, index, encoder=encoder)
    assert report == RefreshReport(0, 0, 0, 6, 0, 1)
    assert encoder.encoded == []


def test_one_edited_sentence_changes_one_document_and_encodes_one_passage(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    encoder.encoded.clear()
    edit(data / "guide.md", "since 1987", "since 1991")
    report, snapshot = refresh(data, index, encoder=encoder)
    assert report == RefreshReport(0, 1, 0, 5, 1, 2)
    assert [text for text in encoder.encoded if "1991" not in text] == []
    assert "since 1991" in snapshot.documents["guide.md"].text


def test_added_and_removed_files_are_told_apart(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").unlink()
    (data / "new.txt").write_text("Seals rest on the pier.", encoding="utf-8")
    report, snapshot = refresh(data, index, encoder=encoder)
    assert str(report) == "added 1, changed 0, removed 1, kept 5"
    assert "notes.txt" not in snapshot.documents


def test_what_is_open_already_and_still_current_is_served_as_it_is(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, first = refresh(data, index, encoder=encoder)
    assert refresh(data, index, encoder=encoder, served=first)[1] is first
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    _, second = refresh(data, index, encoder=encoder)
    assert refresh(data, index, encoder=encoder, served=first)[1].generation == second.generation == 2


def test_what_is_open_of_another_encoder_is_not_started_from(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    _, first = refresh(data, index, encoder=encoder)
    with pytest.raises(SnapshotMismatch, match="made with hashing"):
        refresh(data, index, encoder=HashingEncoder(model="other"), served=first)


def test_a_touched_file_is_not_a_changed_one(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    os.utime(data / "guide.md", ns=(1, 1))
    assert refresh(data, index, encoder=encoder)[0] == RefreshReport(0, 0, 0, 6, 0, 1)


def test_a_touched_file_is_read_once_and_not_at_every_refresh(
    data: Path, index: Path, encoder: HashingEncoder, looked_at: list[str]
) -> None:
    for file in (file for file in data.rglob("*") if file.is_file()):
        os.utime(file, ns=(1, 1))
    refresh(data, index, encoder=encoder)
    looked_at.clear()
    os.utime(data / "guide.md", ns=(2, 2))
    edit(data / "jobs/cook.md", "city: Bergen", "city:  Bergen")  # other bytes, the same document
    os.utime(data / "jobs/cook.md", ns=(2, 2))
    reports = [refresh(data, index, encoder=encoder)[0] for _ in range(3)]
    assert reports == [RefreshReport(0, 0, 0, 6, 0, 1)] * 3
    assert sorted(looked_at) == ["guide.md", "jobs/cook.md"]


def test_an_edit_of_the_same_size_and_time_just_after_a_refresh_is_seen(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    before = (data / "guide.md").stat()
    edit(data / "guide.md", "since 1987", "since 1991")
    os.utime(data / "guide.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert refresh(data, index, encoder=encoder)[0].changed == 1


def test_metadata_alone_changes_a_document_and_encodes_nothing(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    edit(data / "jobs/cook.md", "country: Norway", "country: Noreg")
    assert refresh(data, index, encoder=encoder)[0] == RefreshReport(0, 1, 0, 5, 0, 2)


def test_a_bad_file_is_named_and_its_last_good_version_stays_marked_stale(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "guide.md").write_bytes(b"\xfa broken \xff")
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    report, snapshot = refresh(data, index, encoder=encoder)
    assert [failure.source for failure in report.failed] == ["guide.md"]
    assert snapshot.documents["guide.md"].stale
    assert "Mira Holm" in snapshot.documents["guide.md"].text
    assert "noon" in snapshot.documents["notes.txt"].text


def test_a_mended_file_is_fresh_again(data: Path, index: Path, encoder: HashingEncoder) -> None:
    good = (data / "guide.md").read_bytes()
    refresh(data, index, encoder=encoder)
    (data / "guide.md").write_bytes(b"\x00\x01")
    refresh(data, index, encoder=encoder)
    (data / "guide.md").write_bytes(good)
    report, snapshot = refresh(data, index, encoder=encoder)
    assert report.failed == ()
    assert not snapshot.documents["guide.md"].stale


def test_a_bad_file_is_reported_again_while_it_stays_bad(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (data / "bad.md").write_bytes(b"\x00\x01")
    first, _ = refresh(data, index, encoder=encoder)
    second, _ = refresh(data, index, encoder=encoder)
    assert first.failed == second.failed != ()
    assert second.generation == first.generation


def test_a_broken_front_matter_is_a_failure_with_its_line(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (data / "bad.md").write_text("---\ntitle: [open\n---\ntext\n", encoding="utf-8")
    report, _ = refresh(data, index, encoder=encoder)
    assert report.failed == (Failure("bad.md", report.failed[0].reason),)
    assert "line" in report.failed[0].reason


def test_a_missing_data_folder_is_an_error_and_loses_nothing(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    data.rename(data.with_name("elsewhere"))
    with pytest.raises(CorpusError, match=r"the data folder is missing: .*data\. Make it"):
        refresh(data, index, encoder=encoder)
    data.with_name("elsewhere").rename(data)
    assert refresh(data, index, encoder=encoder)[0] == RefreshReport(0, 0, 0, 6, 0, 1)


def test_an_emptied_data_folder_is_an_error_and_loses_nothing(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    shutil.move(data, data.with_name("elsewhere"))
    data.mkdir()
    with pytest.raises(CorpusError, match="the data folder is empty"):
        refresh(data, index, encoder=encoder)


def test_a_folder_of_only_bad_files_names_the_first_reason(
    tmp_path: Path, index: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.txt").write_bytes(b"\x00")
    with pytest.raises(CorpusError, match="no document could be read, the first because"):
        refresh(tmp_path / "bad", index, encoder=encoder)


def test_an_index_folder_that_is_a_file_is_an_error_with_a_remedy(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    index.write_text("occupied", encoding="utf-8")
    with pytest.raises(IndexLocationError, match="--index"):
        refresh(data, index, encoder=encoder)


def test_another_encoder_is_refused_with_the_command_that_mends_it(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    with pytest.raises(SnapshotMismatch, match="footnote refresh --rebuild"):
        refresh(data, index, encoder=HashingEncoder(model="other"))


def test_a_rebuild_takes_another_encoder(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    other = HashingEncoder(model="other", dimension=32)
    report, snapshot = refresh(data, index, encoder=other, rebuild=True)
    assert snapshot.card == other.card
    assert report.encoded > 0


def test_a_dry_run_counts_and_writes_nothing(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    edit(data / "guide.md", "since 1987", "since 1991")
    before = sorted(path.as_posix() for path in index.rglob("*"))
    report = dry_run(data, index, encoder=encoder)
    assert report == RefreshReport(0, 1, 0, 5, 1, 1)
    assert sorted(path.as_posix() for path in index.rglob("*")) == before


def test_a_dry_run_counts_what_the_cache_lacks(data: Path, index: Path, encoder: HashingEncoder) -> None:
    text = (data / "guide.md").read_text(encoding="utf-8")
    refresh(data, index, encoder=encoder)
    edit(data / "guide.md", "since 1987", "since 1991")
    refresh(data, index, encoder=encoder)
    (data / "guide.md").write_text(text, encoding="utf-8")
    report = dry_run(data, index, encoder=encoder)
    assert (report.changed, report.encoded) == (1, 0)


def test_a_dry_run_of_nothing_makes_no_index(data: Path, index: Path, encoder: HashingEncoder) -> None:
    report = dry_run(data, index, encoder=encoder)
    assert (report.added, report.encoded > 0, report.generation, index.exists()) == (6, True, 0, False)


def test_a_dry_run_counts_the_added_files_too(
    tmp_path: Path, data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "seals.txt").write_text("Seals rest.", encoding="utf-8")
    assert dry_run(data, index, encoder=encoder, uploads=tmp_path / "uploads").added == 7


def test_a_dry_run_with_another_encoder_is_refused(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    with pytest.raises(SnapshotMismatch, match="footnote refresh --rebuild"):
        dry_run(data, index, encoder=HashingEncoder(model="other"))


def test_progress_counts_the_texts_of_new_documents(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.part.PASSAGES", 1)
    heard: list[tuple[int, int]] = []
    refresh(data, index, encoder=encoder, on_progress=lambda done, total: heard.append((done, total)))
    assert heard == sorted(heard)
    assert {total for _, total in heard} == {heard[-1][0]}


def test_an_interrupted_run_resumes_from_its_last_batch(data: Path, index: Path) -> None:
    class Interrupted(HashingEncoder):
        def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
            if self.encoded:
                raise KeyboardInterrupt
            return super().encode_passages(texts, parts)

    (data / "long.txt").write_text("\n\n".join(f"Paragraph {n}." + " word" * 30 for n in range(150)), "utf-8")
    interrupted = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        refresh(data, index, encoder=interrupted)
    second = HashingEncoder()
    refresh(data, index, encoder=second)
    assert len(interrupted.encoded) == 64
    assert set(interrupted.encoded) & set(second.encoded) == set()


def test_hidden_files_and_links_out_of_the_folder_are_left_aside(
    tmp_path: Path, data: Path, index: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "secret.txt").write_text("A secret.", encoding="utf-8")
    (data / "link.txt").symlink_to(tmp_path / "secret.txt")
    (data / ".hidden.txt").write_text("Hidden.", encoding="utf-8")
    (data / "picture.png").write_bytes(b"png")
    _, snapshot = refresh(data, index, encoder=encoder)
    assert sorted(snapshot.documents) == sorted(
        ["guide.md", "jobs/cook.md", "jobs/keeper-again.md", "jobs/keeper.md", "notes.txt", "灯塔.md"]
    )


def test_an_index_inside_the_data_folder_is_no_document(data: Path, encoder: HashingEncoder) -> None:
    refresh(data, data / "index", encoder=encoder)
    assert refresh(data, data / "index", encoder=encoder)[0] == RefreshReport(0, 0, 0, 6, 0, 1)


def test_a_folder_of_other_files_is_refused_as_index(data: Path, encoder: HashingEncoder) -> None:
    before = sorted(path.name for path in data.rglob("*"))
    with pytest.raises(
        IndexLocationError,
        match=rf"^the index folder holds other files: {data}\. Give an empty or a new folder with --index\.$",
    ):
        refresh(data, data, encoder=encoder)
    assert sorted(path.name for path in data.rglob("*")) == before


def test_a_damaged_cache_costs_time_only(data: Path, index: Path, encoder: HashingEncoder) -> None:
    _, before = refresh(data, index, encoder=encoder)
    (index / "vectors.sqlite").write_bytes(b"not a database, but long enough to be read as one" * 99)
    edit(data / "notes.txt", "12 euros", "13 euros")
    _, after = refresh(data, index, encoder=encoder)
    assert len(after.passages) == len(before.passages)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["a.md", "b.txt", "c/d.md", "e.txt", "f.txt", "记.md"]),
        st.one_of(
            st.none(),
            st.lists(
                st.sampled_from(
                    ["# H\n\n", "One two. ", "三四五。", "- x\n", "\n\n", "A time machine (TM). ", "TM two. "]
                ),
                min_size=1,
            ),
        ),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("size", [1, 3, 2048])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_an_incremental_refresh_equals_a_clean_build(
    tmp_path_factory: pytest.TempPathFactory, size: int, edits: list[tuple[str, list[str] | None]]
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    data = folder / "data"
    (data / "c").mkdir(parents=True)
    (data / "always.txt").write_text("Always here.", encoding="utf-8")
    with pytest.MonkeyPatch.context() as small:
        small.setattr("embeddings.part.PASSAGES", size)
        step = refresh(data, folder / "step", encoder=HashingEncoder())[1]
        for name, parts in edits:
            if parts is None:
                (data / name).unlink(missing_ok=True)
            else:
                (data / name).write_text("Text. " + "".join(parts), encoding="utf-8")
            step = refresh(data, folder / "step", encoder=HashingEncoder(), served=step)[1]
        clean = refresh(data, folder / "clean", encoder=HashingEncoder())[1]
    assert content(step) == content(clean)


def test_a_rebuild_finds_an_edit_that_left_size_and_time_as_they_were(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    file = data / "guide.md"
    os.utime(file, (1_000_000_000, 1_000_000_000))
    refresh(data, index, encoder=encoder)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("since 1987", "since 1991"), encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert refresh(data, index, encoder=encoder)[0].changed == 0
    assert refresh(data, index, encoder=encoder, rebuild=True)[0].changed == 1


def test_added_files_are_served_beside_the_others(data: Path, index: Path, encoder: HashingEncoder) -> None:
    uploads = data.parent / "added"
    uploads.mkdir()
    (uploads / "parrot.md").write_text("The parrot sings.", encoding="utf-8")
    report, snapshot = refresh(data, index, encoder=encoder, uploads=uploads)
    assert report.added == 7
    assert "uploads/parrot.md" in snapshot.documents


def test_a_rebuild_splits_and_writes_again_what_did_not_change(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, before = refresh(data, index, encoder=encoder)
    (data / "guide.md").rename(data / "guide-2.md")
    monkeypatch.setattr("embeddings.splitter.TARGET_TOKENS", 1)
    monkeypatch.setattr("embeddings.splitter.SCRAP_TOKENS", 1)
    report, after = refresh(data, index, encoder=encoder, rebuild=True)
    assert (report.added, report.removed, report.kept) == (1, 1, 5)
    pieces = {document: len(before.rows_of(document)) for document in before.documents}
    assert any(len(after.rows_of(document)) > count for document, count in pieces.items() if count)
    report, _ = refresh(data, index, encoder=encoder, rebuild=True)
    assert (report.kept, report.generation) == (6, 3)


def test_what_another_published_before_the_lock_was_had_is_started_from(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(data, index, encoder=encoder)
    edit(data / "guide.md", "since 1987", "since 1991")

    @contextmanager
    def held_late(folder: Path) -> Iterator[bool]:
        monkeypatch.setattr("embeddings.refresh.held", held)
        refresh(data, folder, encoder=encoder)
        with held(folder) as waited:
            yield waited

    monkeypatch.setattr("embeddings.refresh.held", held_late)
    report, snapshot = refresh(data, index, encoder=encoder)
    assert (report.changed, report.kept, snapshot.generation) == (0, 6, 2)
