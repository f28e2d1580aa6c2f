from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.corpus import Document
from qa import QA
from qa.plain import said, shown

TABLE = """# Kettle

| Property | Value |
| --- | --- |
| Colour | **black** |
| Price | 89 euros |

Colour | black
"""


def plain(text: str, source: str = "a.md") -> str:
    return shown(Document(source, source, "A", text), 0, len(text))


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("The **gooseneck** kettle is *new*.", "The gooseneck kettle is new."),
        ("See the [care guide](care.md) for `E330`.", "See the care guide for E330."),
        ("Lid &amp; base, at <https://a.example>.", "Lid & base, at https://a.example."),
        ("One line\n> of an aside\n>> and more.", "One line of an aside and more."),
        ("A<br>B, H<sub>2</sub>O and List<String>.", "A B, H2O and List<String>."),
        ("![The lamp](lamp.png) at night.", "The lamp at night."),
        ("5 * 3 * 2 and snake_case_name, 3 > 2", "5 * 3 * 2 and snake_case_name, 3 > 2"),
        ("1. is no list here", "1. is no list here"),
        ("cited [7] there", "cited (7) there"),
    ],
)
def test_a_markdown_quote_is_said_without_its_marks(quote: str, text: str) -> None:
    assert plain(quote) == text


@pytest.mark.parametrize("source", ["a.txt", "a.pdf", "a.jsonl"])
def test_marks_in_a_text_that_is_no_markdown_are_its_own(source: str) -> None:
    assert plain("2 **stars** & | bars", source) == "2 **stars** & | bars"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("| Price | 89 euros |", "Property: Price; Value: 89 euros"),
        ("| Colour | **black** |", "Property: Colour; Value: black"),
        ("| Property | Value |", "Property; Value"),
        (
            "| Colour | **black** |\n| Price | 89 euros |",
            "Property: Colour; Value: black; Property: Price; Value: 89 euros",
        ),
        ("Colour | black", "Colour | black"),
    ],
)
def test_a_row_is_said_with_the_names_of_its_columns(row: str, text: str) -> None:
    start = TABLE.rindex(row)
    assert shown(Document("a.md", "a.md", "A", TABLE), start, start + len(row)) == text


@given(
    st.text(
        alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"], include_characters=" .,;:?!()'-“”，。")
    )
)
def test_without_a_mark_a_quote_is_said_as_it_stands(text: str) -> None:
    assert plain(text) == said(text)


def test_what_stands_around_a_table_is_no_row_of_it() -> None:
    table = "| Item | Price |\n|---|---|\n| Bun | 30 |\n| Loaf | 60 |\n"
    text = f"Prices of *today*:\n\n{table}\nThe oven is cleaned."
    rows = "Item: Loaf; Price: 60 The oven is cleaned."
    assert plain(text) == f"Prices of today: Item: Bun; Price: 30; {rows}"
    start = text.index("| Loaf")
    assert shown(Document("a.md", "a.md", "A", text), start, len(text)) == rows


def test_an_answer_reads_plain_and_its_citation_stays_exact(bot: QA, data: Path) -> None:
    (data / "kettle.md").write_text("# Kettle\n\nThe kettle is made of **blue steel** in Bremen.\n", "utf-8")
    answer = bot.ask("What is the kettle made of in Bremen?")
    assert answer.text.startswith("The kettle is made of blue steel in Bremen. [1]")
    assert answer.citations[0].quote == "The kettle is made of **blue steel** in Bremen."


@pytest.mark.parametrize(("quote", "text"), [("a\n b", "a b"), ("x [3] y", "x (3) y"), ("[a]", "[a]")])
def test_a_text_is_said_on_one_line_without_marks(quote: str, text: str) -> None:
    assert said(quote) == text
