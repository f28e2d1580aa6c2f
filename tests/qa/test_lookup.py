from pathlib import Path

import pytest

from qa import QA


@pytest.mark.parametrize(
    "question", ["What does SAR stand for?", "What is SAR short for?", "What does the abbreviation SAR mean?"]
)
def test_an_abbreviation_is_answered_by_the_sentence_that_explains_it(
    bot: QA, data: Path, question: str
) -> None:
    (data / "rescue.txt").write_text(
        "The SAR boat is red. Search and rescue (SAR) is the work of nine men. The SAR boat is fast.", "utf-8"
    )
    quotes = [citation.quote for citation in bot.ask(question).citations]
    assert quotes == ["Search and rescue (SAR) is the work of nine men."]


def test_an_abbreviation_that_nothing_explains_is_declined(bot: QA) -> None:
    assert not bot.ask("What does KPI stand for?").answered


@pytest.mark.parametrize(
    "question",
    [
        "Does any job mention bread?",
        "Do any of the jobs mention bread?",
        "Is bread mentioned in any job?",
        "Which jobs mention bread?",
    ],
)
def test_whether_a_thing_is_mentioned_is_answered_by_a_sentence_that_does(bot: QA, question: str) -> None:
    quotes = [citation.quote for citation in bot.ask(question).citations]
    assert quotes == ["The island cook bakes bread before dawn."]


def test_a_mention_in_a_document_of_another_kind_is_none(bot: QA) -> None:
    assert not bot.ask("Does any job mention rocks?").answered
    assert bot.ask("Does any guide mention rocks?").answered


def test_each_document_is_quoted_once_and_its_repeat_named(bot: QA) -> None:
    citations = bot.ask("Does any job mention ships?").citations
    assert [(citation.source, citation.also_in) for citation in citations] == [
        ("jobs/keeper-again.md", ("jobs/keeper.md",))
    ]


def test_a_name_is_told_from_the_same_word_in_small_letters(bot: QA, data: Path) -> None:
    (data / "ideas.md").write_text("---\nkind: essay\n---\n\nGood ideas spark in the dark.\n", "utf-8")
    assert not bot.ask("Does any essay mention Spark?").answered
    assert bot.ask("Does any essay mention spark?").answered


def test_a_mention_keeps_to_the_filter(bot: QA) -> None:
    assert not bot.ask("Does any job mention bread?", where={"city": "Skagen"}).answered


@pytest.mark.parametrize("question", ["What is the guide about?", "What is the lighthouse guide about?"])
def test_what_a_document_is_about_is_told_by_its_opening(bot: QA, question: str) -> None:
    quotes = [citation.quote for citation in bot.ask(question).citations]
    assert quotes[0] == "Lighthouses warn ships of rocks."


def test_a_question_for_a_section_gets_its_sentences_in_order(bot: QA, data: Path) -> None:
    (data / "cellar.md").write_text(
        "# Cellar book\n\n## Opening hours\n\n- Monday is quiet\n- Friday is loud\n\n## Wines\n\nMany.\n",
        "utf-8",
    )
    answer = bot.ask("What are the opening hours of the cellar book?")
    assert [citation.quote for citation in answer.citations] == ["Monday is quiet", "Friday is loud"]
