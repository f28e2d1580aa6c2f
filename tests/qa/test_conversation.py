import pytest

from qa import QA
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
        (
            "Which jobs are in London?",
            "Which of them are internships?",
            "Which of the jobs in London are internships?",
        ),
        ("Which jobs are in Seattle?", "What about London?", "Which jobs are in London?"),
        ("Which jobs are in Seattle?", "And in London?", "Which jobs are in London?"),
        ("Which cooks are there?", "What about the one in Virginia?", "Which cooks in Virginia?"),
        ("Who is the island cook?", "And where is that job?", "And where is the island cook?"),
        ("What is the robotics role about?", "And where is it?", "And where is the robotics role?"),
        ("What does the keeper do?", "And where is that?", "And where is the keeper?"),
        ("What does the island cook bake before dawn?", "Where is she?", "Where is the island cook?"),
        ("Who founded the bakery?", "When was it founded?", "When was the bakery founded?"),
        ("Which city is the branch in?", "How old is it?", "How old is the branch?"),
        ("What is machine learning used for?", "Is it hard?", "Is machine learning hard?"),
        ("What is a lamp?", "What is its weight?", "What is a lamp's weight?"),
        ("Is Cold Brew faster than XR?", "Who made it?", "Who made Cold Brew?"),
        (
            "How does a slow rise improve the bread?",
            "How long is it?",
            "How does a slow rise improve the bread? How long is it?",
        ),
        ("西雅图有几个职位？", "那在伦敦呢？", "伦敦有几个职位？"),
        ("有几个职位？", "伦敦呢？", "在伦敦有几个职位？"),
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


def test_metadata_answers_what_is_asked_of_the_document_before(bot: QA) -> None:
    answer = bot.ask("And which country is it in?", ["What does the island cook bake before dawn?"])
    assert answer.query == 'What is the country of "Island cook"?'
    assert answer.text == 'The country of "Island cook" is Norway. [1]'
    assert answer.citations[0].quote == "NO, Bergen"


def test_a_chinese_follow_up_is_answered_from_metadata_too(bot: QA) -> None:
    answer = bot.ask("那个职位在哪里？", ["灯塔实习生负责什么？"])
    assert answer.query == "“灯塔实习生”在哪里？"
    assert answer.text == "“灯塔实习生”的地点是大连，中国（据文档的元数据）。 [1]"


def test_after_a_list_it_is_asked_of_each(bot: QA) -> None:
    answer = bot.ask("And what is its language?", ["How many jobs are there?"])
    assert answer.query == "What is the language of each of the 3 jobs?"
    assert answer.text.count("metadata") == 3
