import errno
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import embeddings.cache
from embeddings.cache import Text, VectorCache, inspect_cache
from embeddings.corpus import Span
from embeddings.encoder import Vectors
from embeddings.errors import IndexLocationError, StorageError
from tests.faulty_disk import FaultyDisk
from tests.hashing_encoder import HashingEncoder


def text(words: str, *spans: Span) -> Text:
    return words, spans


def test_a_text_is_encoded_once_wherever_it_stands(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        rows = cache.vectors([text("a b"), text("c"), text("a b")])
        again = cache.vectors([text("c"), text("a b")])
    assert encoder.encoded == ["a b", "c"]
    assert rows[0].tolist() == rows[2].tolist() == again[1].tolist()


def test_vectors_of_another_encoder_are_not_shared(tmp_path: Path, encoder: HashingEncoder) -> None:
    other = HashingEncoder(model="other")
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
    with VectorCache(tmp_path / "v.sqlite", other) as cache:
        assert cache.missing([text("a")]) == [text("a")]


def test_a_damaged_row_is_encoded_again(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        before = cache.vectors([text("a")])
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        connection.execute("UPDATE vectors SET rows = substr(rows, 1, 100)")
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        assert np.array_equal(cache.vectors([text("a")]), before)
    assert encoder.encoded == ["a", "a"]


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, encoder: HashingEncoder) -> None:
    (tmp_path / "v.sqlite").write_bytes(b"rubbish " * 1000)
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        assert cache.vectors([text("a")])[0].shape == (1, 64)
    assert (tmp_path / "v.damaged").exists()


def test_progress_is_told_after_each_batch(tmp_path: Path, encoder: HashingEncoder) -> None:
    heard: list[tuple[int, int]] = []
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors(
            [text(str(n)) for n in range(100)], on_progress=lambda done, total: heard.append((done, total))
        )
    assert heard == [(64, 100), (100, 100)]


def test_the_rows_of_a_text_are_its_own_and_then_its_sentences(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("one. two.", Span(0, 4), Span(5, 9))])
        (rows,) = cache.vectors([text("one. two.", Span(0, 4), Span(5, 9))])
    assert rows.tolist() == [encoder.encode_query(part).tolist() for part in ("one. two.", "one.", "two.")]
    assert rows.dtype == np.float32


def test_the_same_text_cut_into_other_sentences_is_encoded_again(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("one. two.", Span(0, 4))])
        assert cache.missing([text("one. two.", Span(0, 9))]) == [text("one. two.", Span(0, 9))]


def test_a_cache_damaged_inside_is_put_aside(tmp_path: Path, encoder: HashingEncoder) -> None:
    file = tmp_path / "v.sqlite"
    texts = [text(f"word{n}") for n in range(400)]
    with VectorCache(file, encoder) as cache:
        cache.vectors(texts)
    content = bytearray(file.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with VectorCache(file, encoder) as cache:
        assert len(cache.vectors(texts)) == 400
    assert (tmp_path / "v.damaged").exists()


def test_a_look_into_the_cache_writes_nothing(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with VectorCache(tmp_path / "v.sqlite", encoder, read_only=True) as cache:
        assert cache.missing([text("a")]) == [text("a")]
    assert list(tmp_path.iterdir()) == []
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
        assert cache.encoded == 1
    before = [(path.name, path.stat().st_mtime_ns) for path in tmp_path.iterdir()]
    with VectorCache(tmp_path / "v.sqlite", encoder, read_only=True) as cache:
        assert cache.missing([text("a"), text("b")]) == [text("b")]
    assert [(path.name, path.stat().st_mtime_ns) for path in tmp_path.iterdir()] == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vectors SET rows = NULL",
        "UPDATE vectors SET rows = 7",
        "UPDATE vectors SET rows = 0.5",
        "UPDATE vectors SET rows = 'text'",
        "UPDATE vectors SET rows = x''",
        "UPDATE vectors SET rows = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_row_of_another_kind_is_encoded_again(
    tmp_path: Path, encoder: HashingEncoder, statement: str
) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        before = cache.vectors([text("a")])
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    assert inspect_cache(tmp_path / "v.sqlite")[1].endswith("that costs time only")
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        assert np.array_equal(cache.vectors([text("a")]), before)
    assert encoder.encoded == ["a", "a"]


def test_what_is_being_written_is_seen_by_a_look(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
        with VectorCache(tmp_path / "v.sqlite", encoder, read_only=True) as look:
            assert look.missing([text("a"), text("b")]) == [text("b")]


def test_a_look_into_a_damaged_cache_finds_nothing(tmp_path: Path, encoder: HashingEncoder) -> None:
    (tmp_path / "v.sqlite").write_bytes(b"rubbish " * 1000)
    with VectorCache(tmp_path / "v.sqlite", encoder, read_only=True) as look:
        assert look.missing([text("a"), text("b"), text("a")]) == [text("a"), text("b")]


def test_what_was_encoded_is_counted_over_all_calls(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text(str(n)) for n in range(70)])
        cache.vectors([text("a"), text("1")])
        assert cache.encoded == 71


def test_many_texts_are_looked_up_in_few_statements(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.cache._LOOKUP", 2)
    texts = [text(str(n)) for n in range(5)]
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors(texts)
    with FaultyDisk(tmp_path) as disk, VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        before = disk.count
        assert cache.missing(texts) == []
        assert disk.count - before == 3


def test_a_commit_is_on_the_disk_itself_and_not_in_the_drives_memory(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    with VectorCache(tmp_path / "vectors.sqlite", encoder) as cache:
        assert cache._connection.execute("PRAGMA fullfsync").fetchone() == (1,)


def test_a_key_has_sixteen_bytes(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a", Span(0, 1))])
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        assert connection.execute("SELECT length(key) FROM vectors").fetchall() == [(16,)]
    connection.close()


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.ENOSPC, r"^the disk is full: {0}\."),
        (errno.EIO, r"^writing to the disk failed \(Input/output error\): {0}\."),
    ],
)
def test_a_disk_that_fails_costs_no_vector_that_was_kept(
    tmp_path: Path, encoder: HashingEncoder, at: int, error: int, said: str
) -> None:
    folder = tmp_path / "index"
    with VectorCache(folder / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
    with (
        FaultyDisk(folder, at=at, error=error),
        pytest.raises(StorageError, match=said.format(folder)),
        VectorCache(folder / "v.sqlite", encoder) as cache,
    ):
        cache.vectors([text("a"), text("b")])
    with VectorCache(folder / "v.sqlite", encoder) as cache:
        assert cache.missing([text("a")]) == []
    assert [path.name for path in folder.iterdir()] == ["v.sqlite"]


def test_a_folder_that_cannot_be_made_is_told_with_its_remedy(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        IndexLocationError, match=rf"cannot be written \(.*\): {tmp_path}/file/index\. Give a folder"
    ):
        VectorCache(tmp_path / "file" / "index" / "v.sqlite", encoder)


def test_a_file_that_cannot_be_opened_is_told_with_its_remedy(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "v.sqlite").mkdir()
    with pytest.raises(
        IndexLocationError,
        match=rf"cannot be written \(unable to open database file\): {tmp_path}\. Give a folder",
    ):
        VectorCache(tmp_path / "v.sqlite", encoder)


def test_a_file_that_another_program_holds_is_not_put_aside(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
    connect = sqlite3.connect

    def hasty(file: Path, **_: object) -> sqlite3.Connection:
        return connect(file, timeout=0.01)

    monkeypatch.setattr("sqlite3.connect", hasty)
    other = connect(tmp_path / "v.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(
            StorageError, match=r"^another program holds the vector cache: \S+v\.sqlite\. Close it"
        ),
        VectorCache(tmp_path / "v.sqlite", encoder) as cache,
    ):
        cache.vectors([text("b")])
    other.close()
    assert not (tmp_path / "v.damaged").exists()


def test_a_cache_that_turns_out_damaged_when_written_is_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "v.sqlite"

    class Dropping(HashingEncoder):
        def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
            if not self.encoded:
                with sqlite3.connect(file) as connection:
                    connection.execute("DROP TABLE vectors")
                connection.close()
            return super().encode_passages(texts, parts)

    encoder = Dropping()
    with VectorCache(file, encoder) as cache:
        assert len(cache.vectors([text("a"), text("b")])) == 2
        assert cache.missing([text("a"), text("b")]) == []
    assert encoder.encoded == ["a", "b"]
    assert caplog.messages == [
        f"the vector cache is damaged; it is put aside, and what it lacks is encoded again: {file}"
    ]


def test_nothing_of_a_damaged_cache_stays_beside_the_new_one(tmp_path: Path, encoder: HashingEncoder) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        (tmp_path / f"v.sqlite{ending}").write_bytes(b"rubbish " * 1000)
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors([text("a")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.damaged", "v.sqlite"]


def test_an_encoder_that_returns_too_few_vectors_is_an_error(tmp_path: Path) -> None:
    class Short(HashingEncoder):
        def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
            return super().encode_passages(texts, parts)[:-1]

    with VectorCache(tmp_path / "v.sqlite", Short()) as cache, pytest.raises(ValueError, match="zip"):
        cache.vectors([text("a"), text("b")])


def test_a_cache_is_inspected_row_by_row(tmp_path: Path, encoder: HashingEncoder) -> None:
    file = tmp_path / "v.sqlite"
    with VectorCache(file, encoder) as cache:
        cache.vectors([text("a"), text("b"), text("c")])
    assert inspect_cache(file) == (3, "")
    assert inspect_cache(tmp_path / "none.sqlite") == (0, "")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE vectors SET rows = x'00' WHERE key <> (SELECT min(key) FROM vectors)")
    connection.close()
    assert inspect_cache(file) == (3, "the vector cache is damaged (2 of its rows); that costs time only")
    file.write_bytes(b"rubbish " * 1000)
    assert inspect_cache(file) == (
        0,
        "the vector cache cannot be read (file is not a database); that costs time only",
    )


def test_what_is_written_while_a_cache_is_inspected_is_no_damage(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "v.sqlite"
    with VectorCache(file, encoder) as cache:
        cache.vectors([text(f"old {number}") for number in range(400)])
    is_whole, looked = embeddings.cache._is_whole, 0

    def meanwhile(blob: object) -> bool:
        nonlocal looked
        looked += 1
        if looked == 20:
            with VectorCache(file, encoder) as cache:
                cache.vectors([text(f"new {number}") for number in range(2_000)])
        return is_whole(blob)

    monkeypatch.setattr("embeddings.cache._is_whole", meanwhile)
    assert inspect_cache(file) == (2_400, "")
