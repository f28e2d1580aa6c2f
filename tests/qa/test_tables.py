import time
from pathlib import Path

import pytest

from embeddings.corpus import Document, Span
from qa import QA
from qa.tables import tops_of

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


def test_words_that_name_columns_do_not_choose_between_rows(bot: QA, data: Path) -> None:
    table = (
        "| Day | Opens | Note |\n|---|---|---|\n| Monday | 9 | |\n| Tuesday | 10 | it opens after Monday |\n"
    )
    (data / "hours.md").write_text(f"# Museum\n\n{table}", encoding="utf-8")
    quotes = [citation.quote for citation in bot.ask("When does the museum open on Monday?").citations]
    assert "| Monday | 9 | |" in quotes


def test_where_one_or_another_is_asked_for_the_fullest_row_hides_none(bot: QA, data: Path) -> None:
    table = "| Loaf | Flour |\n|---|---|\n| Tin | wheat |\n| Cob | rye |\n| Mixed | wheat, rye |\n"
    (data / "loaves.md").write_text(f"# Loaves\n\n{table}", encoding="utf-8")
    quotes = [c.quote for c in bot.ask("Which loaf has wheat or rye as its flour?").citations]
    assert {"| Tin | wheat |", "| Cob | rye |"} <= set(quotes)


def test_a_long_table_is_gone_through_once() -> None:
    rows = "".join(f"| row {number} | {number} |\n" for number in range(50_000))
    text = f"# Long\n\n| Name | Number |\n|---|---|\n{rows}"
    document = Document("long", "long.md", "Long", text, {})
    spans = [Span(at := text.index(f"| row {number} |"), at + 9) for number in range(49_900, 50_000)]
    assert set(tops_of(document, spans)) == {2}
    started = time.perf_counter()
    for _ in range(100):
        tops_of(document, spans)
    assert time.perf_counter() - started < 1


def test_an_empty_cell_is_shown_as_one(bot: QA, data: Path) -> None:
    table = "| Planet | Discovered by |\n|---|---|\n| Mercury | |\n| Uranus | Herschel |\n"
    (data / "planets.md").write_text(f"# Planets\n\n{table}", encoding="utf-8")
    assert "Planet: Mercury; Discovered by: —" in bot.ask("Who is Mercury discovered by?").text


def test_a_web_table_whose_rows_begin_with_their_names_has_no_other_head(bot: QA, data: Path) -> None:
    rows = {"Opening day": "Tuesday", "Manager": "Hugo Brandt"}
    cells = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows.items())
    (data / "house.html").write_text(f"<h1>House</h1><table>{cells}</table>", encoding="utf-8")
    assert "Opening day: Tuesday" in bot.ask("What is the opening day of the house?").text
    assert "Manager: Hugo Brandt" in bot.ask("Who is the manager of the house?").text


def test_rows_of_others_do_not_answer_for_a_name_that_none_has(bot: QA, data: Path) -> None:
    table = "| Planet | Moons |\n|---|---|\n| Mars | 2 |\n| Venus | 0 |\n"
    (data / "planets.md").write_text(f"# Planets\n\n{table}", encoding="utf-8")
    (data / "saturn.md").write_text("# Saturn\n\nThe lamp of Saturn is a ship.\n", encoding="utf-8")
    assert {c.source for c in bot.ask("How many moons does Saturn have?").citations} <= {"saturn.md"}
    assert [c.quote for c in bot.ask("How many moons does Mars have?").citations][:1] == ["| Mars | 2 |"]


def test_rows_are_not_compared_but_what_says_the_comparison_answers(bot: QA, data: Path) -> None:
    table = "| Planet | Moons |\n|---|---|\n| Mars | 2 |\n| Jupiter | 95 |\n"
    (data / "planets.md").write_text(f"# Planets\n\n{table}", encoding="utf-8")
    assert bot.ask("Which planet has the most moons?").citations == ()
    (data / "giants.md").write_text("# Giants\n\nThe planet with the most moons is Saturn.\n", "utf-8")
    (citation, *_) = bot.ask("Which planet has the most moons?").citations
    assert citation.source == "giants.md"
