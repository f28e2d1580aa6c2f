import pytest

from qa.expectation import Asked, asked_for, expectation, meets


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did it begin?", "date"),
        ("In which year did it begin?", "date"),
        ("How many steps are there?", "number"),
        ("Who keeps the lamp?", "who"),
        ("Which city is it in?", "where"),
        ("Why is it red?", "why"),
        ("How does it turn?", "how"),
        ("What is a lens?", "anything"),
        ("What happens when it turns?", "anything"),
        ("入职日期是什么时候?", "date"),
        ("多少钱?", "number"),
        ("工作地点在哪里?", "where"),
    ],
)
def test_a_question_word_says_what_is_expected(question: str, kind: str) -> None:
    assert expectation(question) == kind


@pytest.mark.parametrize(
    ("question", "text", "met"),
    [
        ("When did it begin?", "It began in 1987.", True),
        ("When in 1987 did it begin?", "It began in 1987.", False),
        ("When did it begin?", "It may have begun in May.", True),
        ("When did it begin?", "It may have begun.", False),
        ("How many steps?", "She climbs 212 steps.", True),
        ("How many steps?", "See leaderboard 1 | leaderboard 2 | leaderboard 3.", False),
        ("How many steps?", "She climbs them all.", False),
        ("Who keeps the lamp?", "The lamp is kept by Mira Holm.", True),
        ("Who is Mira Holm?", "Mira Holm keeps it.", False),
        ("Why is it red?", "It is red because ships see it.", True),
        ("入职日期是什么时候?", "入职日期:2026年6月", True),
    ],
)
def test_a_text_meets_it_with_something_the_question_does_not_say(
    question: str, text: str, met: bool
) -> None:
    assert meets(expectation(question), question, text) is met


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What is the salary of the keeper?", Asked(("salari",), ("keeper",))),
        ("Who are the authors of the guide?", Asked(("author",), ("guid",))),
        ("What is the prize offered for the lamp?", Asked(("prize",), ("lamp",))),
        ("What is the keeper's salary?", Asked(("salari",), ("keeper",))),
        ("What is the starting salary?", Asked(("salari",))),
        ("How many steps does she climb?", Asked(("step",))),
        ("How much does the lamp cost?", Asked(("cost",), ("lamp",))),
        ("Which GPU was used?", Asked(("gpu",))),
        ("What tool was used?", Asked()),
        ("What is the lamp made of?", Asked()),
        ("Who keeps the lamp?", Asked()),
    ],
)
def test_what_is_asked_for_is_told_from_what_it_is_asked_of(question: str, asked: Asked) -> None:
    assert asked_for(question) == asked
