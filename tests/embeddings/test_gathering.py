"""Work that waits is done together, and nobody is lost or given another's result."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from embeddings.encoder import load_encoder
from embeddings.gathering import Gathering

QUESTIONS = [
    "Where?",
    "How many steps does Mira Holm climb every evening?",
    "When does the ferry leave every morning, and from which of the two harbours of the island?",
    "入职日期是什么时候?",
    "Which of the keepers " + "who like storms and silence " * 12 + "may use C++?",
    "lamp " * 600,
    *(f"What is the number of boat {number} in the harbour of Skagen?" for number in range(40)),
]


class Slow:
    """Doubles numbers; each pass waits until it may go on, and is noted."""

    def __init__(self) -> None:
        self.passes: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.passes.append(list(items))
        self.begun.release()
        assert self.may_end.acquire(timeout=10)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


def send(gathering: Gathering[int, int], pool: ThreadPoolExecutor, items: Sequence[int]) -> list[Future[int]]:
    """Send the items in this order, each once the one before waits."""
    futures = []
    for item in items:
        before = len(gathering._waiting)
        futures.append(pool.submit(gathering, item))
        while len(gathering._waiting) == before:
            pass
    return futures


def test_what_comes_during_a_pass_goes_with_the_next_all_at_once() -> None:
    work = Slow()
    gathering = Gathering(work, most=8)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering, 1)
        work.begun.acquire(timeout=10)
        others = send(gathering, pool, [2, 3, 4, 5])
        work.may_end.release(2)

        assert [first.result(), *(other.result() for other in others)] == [2, 4, 6, 8, 10]

    assert work.passes == [[1], [2, 3, 4, 5]]


def test_a_pass_takes_no_more_than_it_may_first_come_first_served() -> None:
    work = Slow()
    gathering = Gathering(work, most=2)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering, 1)
        work.begun.acquire(timeout=10)
        others = send(gathering, pool, [2, 3, 4, 5, 6])
        work.may_end.release(4)

        assert [first.result(), *(other.result() for other in others)] == [2, 4, 6, 8, 10, 12]

    assert work.passes == [[1], [2, 3], [4, 5], [6]]


def test_a_pass_that_fails_leaves_nobody_waiting() -> None:
    work = Slow()
    gathering = Gathering(work, most=8)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering, 1)
        work.begun.acquire(timeout=10)
        others = send(gathering, pool, [2, 13, 3, 4])
        work.may_end.release(20)
        ends = [other.exception(timeout=10) or other.result() for other in others]

    assert first.result() == 2
    assert isinstance(ends.pop(1), ValueError)
    assert ends == [4, 6, 8]
    work.may_end.release()
    assert gathering(5) == 10


def test_an_item_that_fails_alone_is_tried_once() -> None:
    work = Slow()
    gathering = Gathering(work, most=8)
    work.may_end.release(8)

    with pytest.raises(ValueError, match="thirteen"):
        gathering(13)

    assert work.passes == [[13]]


def test_a_hundred_threads_each_get_their_own() -> None:
    gathering = Gathering[int, int](lambda items: [2 * item for item in items], most=32)
    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(gathering, range(5_000))) == [2 * item for item in range(5_000)]


@pytest.mark.model
def test_a_question_has_the_same_vector_in_any_company() -> None:
    encoder = load_encoder(backend="openvino")
    alone = [encoder.encode_query(question) for question in QUESTIONS]

    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        for _ in range(3):
            together = list(pool.map(encoder.encode_query, QUESTIONS))
            assert np.array_equal(together, alone)
