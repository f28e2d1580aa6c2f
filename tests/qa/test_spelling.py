import pytest

from qa import QA
from qa.spelling import corrected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Who keeps the lighthuose?", "Who keeps the lighthouse?"),
        ("asistant keeper", "assistant keeper"),
        ("Who is Mira Holmm?", "Who is Mira Holm?"),
    ],
)
def test_a_misspelt_word_becomes_the_nearest_word_of_the_sources(bot: QA, typed: str, meant: str) -> None:
    assert corrected(typed, bot._current()).casefold() == meant.casefold()


@pytest.mark.parametrize(
    "question",
    [
        "Who painted the Mona Lisa?",
        "What is the weather in Paris?",
        "Which GPU was used?",
        "入职日期是什么时候?",
        "Does it run on C++ or Kubernetes?",
    ],
)
def test_a_word_that_is_spelt_correctly_or_is_near_nothing_stays(bot: QA, question: str) -> None:
    assert corrected(question, bot._current()) == question


def test_what_was_searched_is_told(bot: QA) -> None:
    answer = bot.ask("Who has kept the lmap of the lighthuose since 1987?")
    assert (answer.question, "lighthouse" in answer.query.lower()) == (
        "Who has kept the lmap of the lighthuose since 1987?",
        True,
    )
