"""The shipped corpus holds the whole source text, and what its front matter adds is true."""

from pathlib import Path

import pytest

from embeddings.corpus import Document
from embeddings.readers import read
from qa.folders import default_data

SOURCE = Path(__file__).parent / "content" / "amazon-at-iclr.txt"
DATA = default_data()
POSTINGS = sorted((DATA / "postings").glob("*.md"))
FACETS = {"kind", "role", "team", "city", "region", "country", "language"}


def posting(name: str) -> Document:
    (document,) = read(DATA / "postings" / f"{name}.md", source=f"postings/{name}.md")
    return document


def test_every_line_of_the_source_stands_in_the_data_word_for_word() -> None:
    data = "\n".join(file.read_text(encoding="utf-8") for file in sorted(DATA.rglob("*.md")))
    lost = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line not in data]
    assert lost == []


def test_the_lines_of_the_article_stand_in_their_order() -> None:
    article = (DATA / "article.md").read_text(encoding="utf-8").partition("\n---\n")[2]
    lines = SOURCE.read_text(encoding="utf-8").split("Research areas")[0].splitlines()
    places = [article.find(line) for line in lines if len(line) > 60]
    assert places == sorted(places)


def test_the_article_has_its_sections_as_headings() -> None:
    text = (DATA / "article.md").read_text(encoding="utf-8")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Graphs",
        "Time series",
        "Data augmentation",
        "Natural-language processing",
        "Dataset optimization",
        "Limitations",
    ]


def test_a_figure_s_caption_follows_its_figure() -> None:
    text = (DATA / "article.md").read_text(encoding="utf-8")
    assert "Figure: DIVA weighting.png\n\nTraining examples that DIVA assigns high weights" in text


def test_teasers_are_marked_as_asides() -> None:
    text = (DATA / "article.md").read_text(encoding="utf-8")
    assert text.count("> Aside: Related content\n") == text.count("Related content") == 4


def test_there_are_ten_postings_and_two_of_them_are_repeats() -> None:
    texts = [posting(file.stem).text for file in POSTINGS]
    assert (len(texts), len(set(texts))) == (10, 8)


@pytest.mark.parametrize("name", [file.stem for file in POSTINGS])
def test_each_posting_says_what_it_is_and_where(name: str) -> None:
    document = posting(name)
    assert set(document.metadata) - {"employment"} == FACETS
    assert document.metadata["kind"] == "posting"
    assert document.title.isascii()


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("03-robotics-scientist-north-reading", ("North Reading", "Massachusetts", "United States")),
        ("02-applied-scientist-intern-shenzhen", ("Shenzhen", "Guangdong", "China")),
        ("01-data-scientist-rufus-london", ("London", "England", "United Kingdom")),
        ("10-senior-economist-benefits-arlington", ("Arlington", "Virginia", "United States")),
    ],
)
def test_codes_are_written_out_in_words(name: str, place: tuple[str, str, str]) -> None:
    metadata = posting(name).metadata
    assert (metadata["city"], metadata["region"], metadata["country"]) == place


def test_employment_is_said_where_the_text_says_it() -> None:
    internships = [
        file.stem for file in POSTINGS if posting(file.stem).metadata.get("employment") == "internship"
    ]
    assert internships == [
        "02-applied-scientist-intern-shenzhen",
        "04-economist-intern-prime-seattle",
        "09-economist-intern-prime-seattle",
    ]
