import sqlite3
from pathlib import Path

import numpy as np

from embeddings.cache import VectorCache
from tests.hashing_encoder import HashingEncoder


def test_a_text_is_encoded_once_wherever_it_stands(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        rows = cache.vectors(["a b", "c", "a b"])
        again = cache.vectors(["c", "a b"])
    assert encoder.encoded == ["a b", "c"]
    assert rows[0].tolist() == rows[2].tolist() == again[1].tolist()


def test_vectors_of_another_encoder_are_not_shared(tmp_path: Path, encoder: HashingEncoder) -> None:
    other = HashingEncoder(model="other")
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors(["a"])
    with VectorCache(tmp_path / "v.sqlite", other) as cache:
        assert cache.missing(["a"]) == ["a"]


def test_a_damaged_row_is_encoded_again(tmp_path: Path, encoder: HashingEncoder) -> None:
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        before = cache.vectors(["a"])
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        connection.execute("UPDATE vectors SET vector = substr(vector, 1, 100)")
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        assert np.array_equal(cache.vectors(["a"]), before)
    assert encoder.encoded == ["a", "a"]


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, encoder: HashingEncoder) -> None:
    (tmp_path / "v.sqlite").write_bytes(b"rubbish " * 1000)
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        assert cache.vectors(["a"]).shape == (1, 64)
    assert (tmp_path / "v.damaged").exists()


def test_progress_is_told_after_each_batch(tmp_path: Path, encoder: HashingEncoder) -> None:
    heard: list[tuple[int, int]] = []
    with VectorCache(tmp_path / "v.sqlite", encoder) as cache:
        cache.vectors(
            [str(n) for n in range(200)], on_progress=lambda done, total: heard.append((done, total))
        )
    assert heard == [(128, 200), (200, 200)]
