from embeddings.corpus import Document
from qa.places import elsewhere, place_of, places_of


def posting(name: str, text: str = "", **metadata: str) -> Document:
    return Document(name, name, name, text, metadata)


LONDON = posting("london", city="London", country="United Kingdom")
ARLINGTON = posting("arlington", city="Arlington", region="Virginia", country="United States")
ARTICLE = posting("article", text="It says much of nothing.")
VISITOR = posting("visitor", text="You will visit London twice a year.", city="Reno", country="United States")
ALL = {document.id: document for document in (LONDON, ARLINGTON, ARTICLE, VISITOR)}
PLACES = {document.id: places_of(document) for document in ALL.values()}


def test_a_question_that_names_a_place_leaves_out_who_is_elsewhere() -> None:
    assert elsewhere("What benefits does the London economist get?", ALL, PLACES) == {"arlington"}


def test_a_place_is_known_by_its_chinese_name_too() -> None:
    assert elsewhere("伦敦的经济学家有什么福利？", ALL, PLACES) == {"arlington"}


def test_a_question_that_names_two_places_keeps_both() -> None:
    assert elsewhere("Is London or Virginia better?", ALL, PLACES) == set()


def test_a_question_that_names_no_place_leaves_nobody_out() -> None:
    assert elsewhere("What benefits does the economist get?", ALL, PLACES) == set()


def test_a_place_is_told_from_near_to_far() -> None:
    assert place_of(ARLINGTON) == "Arlington, Virginia, United States"
