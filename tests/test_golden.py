"""The real encoder on real questions: the shipped documents, and a small corpus of another world.

No rule is written for a question here; the second corpus shows that the rules hold for documents they
were not made with. A figure that falls below its floor is a loss someone must look at.
"""

from pathlib import Path

import pytest

from qa import QA
from qa.evaluate import evaluate_questions
from qa.folders import default_data
from qa.metrics import Evaluation

GOLDEN = Path(__file__).parent / "golden"

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    bot = QA.open(default_data(), tmp_path_factory.mktemp("shipped"))
    return evaluate_questions(bot, GOLDEN / "shipped.jsonl")


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    bot = QA.open(GOLDEN / "bakery", tmp_path_factory.mktemp("bakery"))
    return evaluate_questions(bot, GOLDEN / "bakery.jsonl")


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    bot = QA.open(GOLDEN / "chinese", tmp_path_factory.mktemp("chinese"))
    return evaluate_questions(bot, GOLDEN / "chinese.jsonl")


def test_no_citation_is_inexact(shipped: Evaluation, bakery: Evaluation, chinese: Evaluation) -> None:
    assert (shipped.inexact, bakery.inexact, chinese.inexact) == (0, 0, 0)


def test_the_shipped_documents_answer_what_they_hold(shipped: Evaluation) -> None:
    assert shipped.figure("answerable", "right").value >= 13 / 14


def test_the_shipped_documents_are_silent_on_what_they_do_not_hold(shipped: Evaluation) -> None:
    assert shipped.figure("unanswerable", "answered").value == 0


def test_another_corpus_answers_what_it_holds(bakery: Evaluation) -> None:
    assert bakery.figure("answerable", "right").value >= 17 / 18


def test_another_corpus_is_silent_on_what_it_does_not_hold(bakery: Evaluation) -> None:
    assert bakery.figure("unanswerable", "answered").value <= 1 / 6


def test_chinese_documents_answer_what_they_hold(chinese: Evaluation) -> None:
    assert chinese.figure("answerable", "right").value >= 17 / 18


def test_chinese_documents_are_silent_on_what_they_do_not_hold(chinese: Evaluation) -> None:
    assert chinese.figure("unanswerable", "answered").value <= 1 / 10
