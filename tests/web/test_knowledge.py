from dataclasses import replace

from embeddings.corpus import Document
from embeddings.refresh import Failure
from web.knowledge import knowledge


def document(text: str, kind: str = "") -> Document:
    return Document(text, text, text, text, {"kind": kind} if kind else {})


def sentence(*documents: Document, passages: int = 3) -> str:
    html = knowledge(documents, passages=passages)
    return html.partition('<p class="fn-knows">')[2].partition("</p>")[0]


def test_documents_are_counted_by_kind() -> None:
    known = sentence(document("a", "posting"), document("b", "posting"), document("c", "article"))

    assert known == "1 article and 2 postings, in 3 passages."


def test_repeats_are_counted_apart() -> None:
    known = sentence(document("a b", "posting"), document("a\nb", "posting"), passages=1)

    assert known == "2 postings (one a repeat), in 1 passage."


def test_documents_without_a_kind_are_documents() -> None:
    assert sentence(document("a"), document("b")) == "2 documents, in 3 passages."


def test_documents_of_a_kind_and_without_are_both_named() -> None:
    assert sentence(document("a", "guide"), document("b")) == ("1 guide and 1 other document, in 3 passages.")


def test_kinds_beyond_the_fourth_are_counted_together() -> None:
    known = sentence(*(document(str(number), f"kind{number}") for number in range(6)))

    assert known.endswith("and 2 other documents, in 3 passages.")


def test_an_empty_folder_is_said_to_be_empty() -> None:
    assert sentence() == "There are no documents yet."


def test_a_kind_is_escaped() -> None:
    assert "<b>" not in knowledge([document("a", "<b>"), document("b", "c"), document("d", "c")], passages=1)


def test_files_that_could_not_be_read_are_named_with_the_reason() -> None:
    html = knowledge([document("a")], passages=1, failed=[Failure("<x>.pdf", "not a PDF")])

    assert '<p class="fn-source"><bdi>&lt;x&gt;.pdf</bdi></p>' in html
    assert '<p class="fn-failed">Could not be read: not a PDF</p>' in html


def test_facets_are_ticked_by_key_and_value() -> None:
    html = knowledge([document("a", "job"), document("b", "job"), document("c", "guide")], passages=1)

    assert '<input type="checkbox" data-key="kind" value="job">' in html
    assert '<span dir="auto">job</span><span class="fn-count">2</span>' in html


def test_a_filter_counts_a_repeat_once() -> None:
    html = knowledge([document("a", "job"), document(" a", "job"), document("c", "guide")], passages=1)

    assert '<span dir="auto">job</span><span class="fn-count">1</span>' in html


def test_a_document_says_its_state() -> None:
    stale = replace(document("b"), stale=True)

    html = knowledge([document("a"), stale, document("a ")], passages=1, failed=[Failure("b", "no PDF")])

    assert "2 up to date, 1 no longer readable" in html
    assert '<li class="fn-fresh-document">' in html
    assert '<p class="fn-stale">Last good version; the file can no longer be read: no PDF</p>' in html
    assert '<p class="fn-also">Repeats <bdi>a</bdi> word for word</p>' in html
    assert "fn-failed" not in html
