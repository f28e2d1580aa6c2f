import pytest

from embeddings.corpus import Document
from qa import QA
from qa.confidence import chinese_confidence
from qa.language import is_chinese, language_note

DOCUMENT = Document("a.md", "a.md", "A", "x")
CHINESE = Document("b.md", "b.md", "B", "x", {"language": "Chinese"})


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("解密AI是什么工作?", True),
        ("你会使用C++吗？", True),
        ("The word 灯塔 means lighthouse.", False),
        ("Lighthouse", False),
        ("42", False),
    ],
)
def test_a_text_is_in_the_language_of_most_of_its_words(text: str, chinese: bool) -> None:
    assert is_chinese(text) is chinese


@pytest.mark.parametrize(
    ("question", "quote", "document", "note"),
    [
        ("When is the start?", "入职日期是2026年6月", DOCUMENT, " (in Chinese)"),
        ("何时入职？", "The start is in June.", DOCUMENT, "（原文不是中文）"),
        ("何时入职？", "入职日期是2026年6月", DOCUMENT, ""),
        ("When is the start?", "The start is in June.", CHINESE, ""),
        ("When is the start?", "2026-06", CHINESE, " (in Chinese)"),
        ("When is the start?", "2026-06", DOCUMENT, ""),
    ],
)
def test_a_quote_in_another_language_than_the_question_is_said_to_be(
    question: str, quote: str, document: Document, note: str
) -> None:
    assert language_note(question, quote, document) == note


def test_an_answer_says_that_its_quote_is_in_another_language(bot: QA) -> None:
    answer = bot.ask("C++ 和 .NET 是什么？")
    assert answer.answered
    assert "The keeper's software is written in C++ and .NET." in answer.citations[0].quote
    assert answer.text.split("\n\n")[0].endswith("（原文不是中文） [1]")


def test_a_chinese_question_rests_on_the_share_of_its_words() -> None:
    assert chinese_confidence(0.6) > 0.8 > 0.5 > chinese_confidence(0.2) > chinese_confidence(0.0)
