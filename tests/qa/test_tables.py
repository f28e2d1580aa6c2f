from pathlib import Path

import pytest

from qa import QA

PRICES = """# Prices

| Bread | Price |
|---|---|
| Rye | 32 kroner |
| Sourdough | 41 kroner |

The refund period is 14 days for unopened boxes.
"""


@pytest.fixture
def shop(bot: QA, data: Path) -> QA:
    (data / "prices.md").write_text(PRICES, encoding="utf-8")
    return bot


RYE, SOURDOUGH = "| Rye | 32 kroner |", "| Sourdough | 41 kroner |"


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the price of sourdough?", {SOURDOUGH}),
        ("How much is the rye bread?", {RYE}),
        ("What is the refund period?", set()),
        ("bread price", {RYE, SOURDOUGH}),
        ("What are the prices of the breads?", {RYE, SOURDOUGH}),
    ],
)
def test_the_rows_asked_about_are_quoted_each_by_itself(shop: QA, question: str, rows: set[str]) -> None:
    quoted = {citation.quote for citation in shop.ask(question).citations}
    assert quoted - {"The refund period is 14 days for unopened boxes."} == rows


def test_a_row_is_said_with_the_names_of_its_columns(shop: QA) -> None:
    assert shop.ask("How much is the rye bread?").text == "Bread: Rye; Price: 32 kroner [1]"


def test_neighbours_in_a_paragraph_still_come_together(bot: QA, data: Path) -> None:
    story = "The lamp of the lighthouse was lit in 1901. The lamp of the lighthouse was oil-fired in 1901."
    (data / "lamp.md").write_text(f"# Lamps\n\n{story}\n", encoding="utf-8")
    (citation, *_) = bot.ask("What was the lamp of the lighthouse in 1901?").citations
    assert citation.quote == story
