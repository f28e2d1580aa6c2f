import sqlite3
from pathlib import Path

import numpy as np
import pytest

from embeddings.cache import Text, VectorCache, inspect_cache
from embeddings.corpus import Span
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


def test_a_look_into_the_cache_writes_nothing(tmp_path: Path, encoder: HashingEncoder) -> None:
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
