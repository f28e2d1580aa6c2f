from pathlib import Path

import numpy as np

from embeddings.index import FlatIndex

ROWS = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0]], dtype=np.float32)
EAST = np.array([1, 0], dtype=np.float32)


def test_the_nearest_come_first_and_equals_by_row() -> None:
    rows, scores = FlatIndex.build(ROWS).search(EAST, 4)
    assert rows.tolist() == [0, 3, 2, 1]
    assert np.allclose(scores, [1, 1, 0.6, 0])


def test_a_filter_is_applied_before_the_search() -> None:
    rows, _ = FlatIndex.build(ROWS).search(EAST, 2, within=np.array([1, 2]))
    assert rows.tolist() == [2, 1]


def test_a_filter_that_lets_nothing_through_finds_nothing() -> None:
    rows, scores = FlatIndex.build(ROWS).search(EAST, 2, within=np.array([], dtype=np.int64))
    assert (rows.tolist(), scores.tolist()) == ([], [])


def test_an_index_survives_its_file(tmp_path: Path) -> None:
    FlatIndex.build(ROWS).write(tmp_path / "rows.faiss")
    again = FlatIndex.read(tmp_path / "rows.faiss")
    assert (len(again), again.dimension) == (4, 2)
    assert again.vectors([2, 0]).tolist() == ROWS[[2, 0]].tolist()
    assert np.allclose(again.cosines(EAST, np.array([2, 1])), [0.6, 0])
