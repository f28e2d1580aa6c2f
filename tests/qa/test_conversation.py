import pytest

from qa.conversation import standalone


def test_without_a_history_a_question_stays_as_it_is() -> None:
    assert standalone("What does its student network do?", ()) == "What does its student network do?"


def test_a_question_that_leans_on_nothing_stays_as_it_is() -> None:
    assert standalone("What is DIVA?", ["What is Cold Brew?"]) == "What is DIVA?"


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        (
            "What is Cold Brew?",
            "What does its student network do?",
            "What does Cold Brew's student network do?",
        ),
        ("What is Cold Brew?", "How does it work?", "How does Cold Brew work?"),
        ("What role does Mira Holm have?", "When did she begin?", "When did Mira Holm begin?"),
        (
            "Which economist jobs are there?",
            "Which cities are they in?",
            "Which cities are economist jobs in?",
        ),
        ("Which jobs are in Seattle?", "What about London?", "Which jobs are in London?"),
        ("Which jobs are in Seattle?", "And in London?", "Which jobs are in London?"),
        ("Which cooks are there?", "What about the one in Virginia?", "Which cooks in Virginia?"),
        ("Who is the island cook?", "And where is that job?", "And where is island cook?"),
        ("灯塔是什么?", "它在哪里?", "灯塔是什么? 它在哪里?"),
        ("入职日期是什么时候?", "工作地点呢?", "入职日期是什么时候? 工作地点呢?"),
    ],
)
def test_a_follow_up_is_made_whole(before: str, question: str, whole: str) -> None:
    assert standalone(question, [before]) == whole


def test_a_pronoun_with_its_own_name_before_it_stays() -> None:
    question = "What does the XR-Transformer do and how fast is it?"
    assert standalone(question, ["What is Cold Brew?"]) == question


def test_a_follow_up_of_a_follow_up_reaches_back() -> None:
    history = ["What is Cold Brew?", "How does it work?"]
    assert standalone("Who made it?", history) == "Who made Cold Brew?"


def test_that_as_a_conjunction_is_no_pronoun() -> None:
    question = "Which method shows that models forget?"
    assert standalone(question, ["What is Cold Brew?"]) == question


def test_a_chinese_question_that_names_its_thing_stays() -> None:
    question = "这个实习的入职日期是什么时候?"
    assert standalone(question, ["Who painted the Mona Lisa?"]) == question
