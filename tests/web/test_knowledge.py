import pytest

from embeddings.corpus import Document
from embeddings.refresh import Failure
from web.knowledge import knowledge, plural


def document(text: str, kind: str = "") -> Document:
    return Document(text, text, text, text, {"kind": kind} if kind else {})


def sentence(*documents: Document, passages: int = 3) -> str:
    html = knowledge(documents, passages=passages)
    return html.removeprefix('<p class="fn-knows">').removesuffix("</p>")


def test_documents_are_counted_by_kind() -> None:
    known = sentence(document("a", "posting"), document("b", "posting"), document("c", "article"))

    assert known == "Knows 1 article and 2 postings, in 3 passages."


def test_repeats_are_counted_apart() -> None:
    known = sentence(document("a b", "posting"), document("a\nb", "posting"), passages=1)

    assert known == "Knows 2 postings (one a repeat), in 1 passage."


def test_documents_without_a_kind_are_documents() -> None:
    assert sentence(document("a"), document("b")) == "Knows 2 documents, in 3 passages."


def test_documents_of_a_kind_and_without_are_both_named() -> None:
    assert sentence(document("a", "guide"), document("b")) == (
        "Knows 1 guide and 1 other document, in 3 passages."
    )


def test_kinds_beyond_the_fourth_are_counted_together() -> None:
    known = sentence(*(document(str(number), f"kind{number}") for number in range(6)))

    assert known.endswith("and 2 other documents, in 3 passages.")


def test_an_empty_folder_says_what_to_do() -> None:
    assert sentence() == "Knows no documents yet: put some into the data folder."


def test_a_kind_is_escaped() -> None:
    assert "<b>" not in sentence(document("a", "<b>"))


def test_files_that_could_not_be_read_are_named_with_the_reason() -> None:
    html = knowledge([document("a")], passages=1, failed=[Failure("<x>.pdf", "not a PDF")])

    assert "<summary>1 file could not be read</summary>" in html
    assert "<bdi>&lt;x&gt;.pdf</bdi>: not a PDF" in html


@pytest.mark.parametrize(
    ("noun", "several"),
    [("job", "jobs"), ("story", "stories"), ("essay", "essays"), ("box", "boxes"), ("文章", "文章")],
)
def test_a_noun_has_its_plural(noun: str, several: str) -> None:
    assert plural(noun) == several
