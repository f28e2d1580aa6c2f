from embeddings.corpus import Document, MetadataValue
from web.facets import Facet, facets, repeats, where_of


def document(name: str, **metadata: MetadataValue) -> Document:
    return Document(name, name, name, f"The text of {name}.", metadata)


def test_values_are_counted_the_most_frequent_first() -> None:
    documents = [document("a", city="Bergen"), document("b", city="Skagen"), document("c", city="Skagen")]

    assert facets(documents) == (Facet("city", (("Skagen", 2), ("Bergen", 1))),)


def test_a_repeat_names_the_first_document_of_its_text() -> None:
    one, again = (
        Document(name, name, name, text, {}) for name, text in (("a", "Same text."), ("b", "Same\ntext."))
    )

    assert repeats([one, again, document("c")]) == {"b": "a"}


def test_a_document_counts_for_each_of_its_values() -> None:
    documents = [document("a", tags=("red", "blue")), document("b", tags=("red",))]

    assert facets(documents) == (Facet("tags", (("red", 2), ("blue", 1))),)


def test_what_tells_no_document_from_another_is_no_facet() -> None:
    assert facets([document("a", kind="job"), document("b", kind="job")]) == ()


def test_a_key_of_one_document_is_no_facet() -> None:
    assert facets([document("a", published="2022"), document("b")]) == ()


def test_a_key_with_many_values_or_long_ones_or_addresses_is_no_facet() -> None:
    documents = [
        document(str(n), number=n, about=f"{n} " * 40, url=f"https://example.org/{n % 2}") for n in range(30)
    ]

    assert facets(documents) == ()


def test_keys_that_more_documents_have_come_first() -> None:
    documents = [
        document("a", kind="job", city="Bergen"),
        document("b", kind="job", city="Skagen"),
        document("c", kind="guide"),
    ]

    assert [facet.key for facet in facets(documents)] == ["kind", "city"]


def test_filters_of_a_browser_are_lists_of_texts() -> None:
    assert where_of({"city": ["Bergen", 7], "kind": [], "x": "no list"}) == {"city": ["Bergen", "7"]}


def test_a_browser_that_sends_something_else_has_no_filters() -> None:
    assert (where_of(None), where_of([1]), where_of("city")) == ({}, {}, {})
