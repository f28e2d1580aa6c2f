import pytest

from embeddings.corpus import Document
from qa.gazetteer import other_names
from qa.places import elsewhere, place_names, place_of


def posting(name: str, text: str = "", **metadata: str) -> Document:
    return Document(name, name, name, text, metadata)


LONDON = posting("london", city="London", country="United Kingdom")
ARLINGTON = posting("arlington", city="Arlington", region="Virginia", country="United States")
ARTICLE = posting("article", text="It says much of nothing.")
VISITOR = posting("visitor", text="You will visit London twice a year.", city="Reno", country="United States")
ALL = {document.id: document for document in (LONDON, ARLINGTON, ARTICLE, VISITOR)}
NAMES = {document.id: place_names(document) for document in ALL.values()}


@pytest.mark.parametrize(
    ("place", "country", "names"),
    [
        ("United Kingdom", "", {"UK", "GB", "GBR", "Britain"}),
        ("United States", "", {"US", "USA", "America"}),
        ("Washington", "United States", {"WA"}),
        ("Virginia", "United States", {"VA"}),
        ("Atlantis", "", set()),
    ],
)
def test_a_place_has_codes_and_short_forms(place: str, country: str, names: set[str]) -> None:
    assert set(other_names(place, country=country)) >= names


def test_a_question_that_names_a_place_leaves_out_who_is_elsewhere() -> None:
    assert elsewhere("What benefits does the London economist get?", ALL, NAMES) == {"arlington"}


def test_a_question_that_names_two_places_keeps_both() -> None:
    assert elsewhere("Is London or Virginia better?", ALL, NAMES) == set()


def test_a_question_that_names_no_place_leaves_nobody_out() -> None:
    assert elsewhere("What benefits does the economist get?", ALL, NAMES) == set()


def test_a_place_is_told_from_near_to_far() -> None:
    assert place_of(ARLINGTON) == "Arlington, Virginia, United States"
