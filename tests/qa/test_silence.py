from pathlib import Path

import pytest

from qa import QA
from qa.silence import denied, exact

KETTLE = """# Aurora K2 kettle

The Aurora K2 is a kettle of steel. The K2 comes with a warranty of three years. The kettle costs 89 euros.
"""
GRINDER = """# Borealis G1 grinder

The Borealis G1 is a grinder of steel. It weighs 480 grams. The grinder opened its first season in 2019.
"""


@pytest.fixture
def shop(bot: QA, data: Path) -> QA:
    (data / "kettle.md").write_text(KETTLE, encoding="utf-8")
    (data / "grinder.md").write_text(GRINDER, encoding="utf-8")
    return bot


@pytest.mark.parametrize(
    "question",
    [
        "What is the warranty of the Aurora K2?",
        "How long is the warranty of the kettle?",
        "How much does the kettle cost?",
        "How much does the Borealis G1 weigh?",
    ],
)
def test_what_stands_in_the_document_of_the_thing_is_answered(shop: QA, question: str) -> None:
    assert shop.ask(question).answered


@pytest.mark.parametrize(
    "question",
    [
        "What is the warranty of the grinder?",
        "What is the warranty of the Borealis G1?",
        "What is the Borealis G1's warranty?",
        "What is the warranty of the Aurora K3?",
        "How much does the Borealis G1 cost?",
        "Who are the authors of the Aurora K2 kettle?",
        "How many lids does the Aurora K2 kettle have?",
    ],
)
def test_what_only_a_neighbour_says_is_not_in_the_sources(shop: QA, question: str) -> None:
    answer = shop.ask(question)
    assert (answer.status, answer.confidence < 0.5) == ("not_in_sources", True)


@pytest.mark.parametrize(
    "question",
    [
        "In which year between 1987 and 1999 did Mira Holm keep the lamp?",
        "Who has not kept the lamp since 1987?",
        "Who never kept the lamp since 1987?",
    ],
)
def test_another_year_or_a_denial_is_another_question(bot: QA, question: str) -> None:
    assert not bot.ask(question).answered


@pytest.mark.parametrize(
    ("question", "quote", "is_denied"),
    [
        ("What was not sold?", "The lamp was sold.", True),
        ("What wasn't sold?", "The lamp was never sold.", False),
        ("What failed to sell?", "The lamp was sold.", False),
        ("Was it known whether or not it sold?", "The lamp was sold.", False),
        ("Why was it not sold?", "They refused to sell it.", False),
    ],
)
def test_a_denial_wants_a_denial(question: str, quote: str, is_denied: bool) -> None:
    assert denied(question, [quote]) is is_denied


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What happened in 1953?", ["1953"]),
        ("How heavy is the K2?", ["k2"]),
        ("Who ruled in the 1800s, in the 19th century?", []),
        ("Which 4-5 lamps?", []),
    ],
)
def test_a_year_and_a_name_with_digits_stand_as_they_are_or_not_at_all(
    question: str, terms: list[str]
) -> None:
    assert exact(question) == terms
