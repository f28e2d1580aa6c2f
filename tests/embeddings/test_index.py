import numpy as np
import pytest

from embeddings.index import CodeIndex, FlatIndex, IndexBackend, measure_recall, open_index
from embeddings.quantised import QuantisedRows, quantise

ROWS = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0]], dtype=np.float32)
EAST = np.array([1, 0], dtype=np.float32)


def rows_of(*blocks: np.ndarray) -> QuantisedRows:
    return QuantisedRows.of([quantise(block) for block in blocks], dimension=blocks[0].shape[1])


def random_rows(count: int, *, dimension: int = 64) -> np.ndarray:
    rows = np.random.default_rng(7).standard_normal((count, dimension), dtype=np.float32)
    unit: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.fixture(params=["flat", "codes"])
def index(request: pytest.FixtureRequest) -> IndexBackend:
    rows = rows_of(ROWS[:3], ROWS[3:])
    return FlatIndex(rows) if request.param == "flat" else CodeIndex(rows, shortlist=4)


def test_the_nearest_come_first_and_equals_by_row(index: IndexBackend) -> None:
    rows, scores = index.search(EAST, 4)
    assert rows.tolist() == [0, 3, 2, 1]
    assert np.allclose(scores, [1, 1, 0.6, 0], atol=0.005)


def test_a_filter_is_applied_before_the_search(index: IndexBackend) -> None:
    rows, _ = index.search(EAST, 2, within=np.array([1, 2]))
    assert rows.tolist() == [2, 1]


def test_a_filter_that_lets_nothing_through_finds_nothing(index: IndexBackend) -> None:
    rows, scores = index.search(EAST, 2, within=np.array([], dtype=np.int64))
    assert (rows.tolist(), scores.tolist()) == ([], [])


def test_cosines_come_in_the_order_that_is_asked_for(index: IndexBackend) -> None:
    assert np.allclose(index.cosines(EAST, np.array([3, 2, 1])), [1, 0.6, 0], atol=0.005)


def test_a_cosine_of_quantised_rows_is_off_by_less_than_two_thousandths() -> None:
    rows = random_rows(500, dimension=384)
    assert np.abs(rows_of(rows).cosines(rows[0], np.arange(500)) - rows @ rows[0]).max() < 0.002


def test_many_rows_get_an_index_by_their_codes_that_finds_nearly_what_the_exact_one_does() -> None:
    rows = rows_of(random_rows(3_000), random_rows(2_000) * -1)
    assert isinstance(open_index(rows), FlatIndex)
    assert isinstance(open_index(rows, exact=4_999), CodeIndex)
    measured = measure_recall(rows)
    assert measured.recall >= 0.95
    assert measure_recall(rows) == measured


def test_a_filter_over_many_codes_finds_what_an_exact_search_of_them_would() -> None:
    rows = rows_of(random_rows(5_000))
    within = np.arange(0, 5_000, 2)
    query = random_rows(5_001)[-1]
    near, _ = CodeIndex(rows, shortlist=1_000).search(query, 10, within=within)
    exact, _ = FlatIndex(rows).search(query, 10, within=within)
    assert set(near.tolist()) <= set(within.tolist())
    assert len(set(near.tolist()) & set(exact.tolist())) >= 9


@pytest.mark.parametrize("kind", ["scattered", "clustered", "repeated", "uneven"])
def test_a_flat_search_finds_exactly_the_rows_of_the_highest_cosines(kind: str) -> None:
    rows = random_rows(3_000, dimension=96)
    if kind == "clustered":
        rows = rows[np.arange(3_000) % 10] + 0.02 * rows
    elif kind == "repeated":
        rows[500:] = rows[np.arange(2_500) % 500]
    elif kind == "uneven":  # one row of a single component sets the scale of all
        rows[7] = 0
        rows[7, 0] = 1
    quantised = rows_of(rows[:1_000], rows[1_000:])
    flat, everything = FlatIndex(quantised), np.arange(3_000)
    for query in random_rows(40, dimension=96)[20:]:
        cosines = quantised.cosines(query, everything)
        best = np.lexsort((everything, -cosines))[:25]
        found, scores = flat.search(query, 25)
        assert found.tolist() == best.tolist()
        assert np.array_equal(scores, cosines[best])
