import pytest

from qa import QA
from qa.confidence import confidence

GOOD = {"score": 0.9, "sentence": 0.8, "names": 0.2, "unexpected": 0.0}


def test_the_better_the_fit_the_surer() -> None:
    assert confidence(GOOD) > 0.99 > 0.5 > confidence({**GOOD, "score": 0.2, "sentence": 0.3})


def test_a_missing_number_or_a_question_full_of_names_makes_it_less_sure() -> None:
    assert confidence({**GOOD, "unexpected": 1.0}) < confidence(GOOD)
    assert confidence({**GOOD, "names": 1.0}) < confidence(GOOD)


def test_silent_sources_are_never_sure() -> None:
    assert confidence(GOOD, silent=True) == 0.1


@pytest.mark.parametrize(
    "question",
    [
        "What is the salary of the assistant keeper?",
        "Which GPU does the keeper's software run on?",
        "Who painted the Mona Lisa?",
        "火车票多少钱？",
    ],
)
def test_what_stands_nowhere_is_declined(bot: QA, question: str) -> None:
    answer = bot.ask(question)
    assert (answer.status, answer.citations) == ("not_in_sources", ())
    assert answer.confidence < 0.5


def test_a_refusal_is_in_the_language_of_the_question_and_names_what_is_nearest(bot: QA) -> None:
    assert bot.ask("火车票多少钱？").text.startswith("资料中没有这个问题的答案。最接近的是：")
    assert bot.ask("What is the salary of the island cook?").text == (
        "The sources do not hold an answer to this. What came nearest: Island cook (jobs/cook.md); "
        "The lighthouse guide (guide.md); Harbour notes (notes.txt)."
    )
