from dataclasses import replace

import pytest

from embeddings.corpus import Document
from embeddings.errors import DocumentError
from tests.web.answers import ANSWER, CITATION, HIT
from web.turn import Excerpt, Turn, answered_turn

ASKED = Turn(ANSWER.question)
TEXT = f"First.\n\n{'x' * 92}{HIT.text}\n\nLast."


def guide(_: str) -> Document:
    return Document("guide.md", "guide.md", "The guide", TEXT)


def removed(_: str) -> Document:
    raise DocumentError("there is no such document")


def test_an_excerpt_is_the_passage_parted_at_the_quote() -> None:
    turn = answered_turn(ASKED, ANSWER, document=removed)

    (excerpt,) = turn.excerpts
    assert (excerpt.before, excerpt.quoted, excerpt.after) == ("The lamp turns. ", CITATION.quote, "")


def test_a_citation_outside_the_hits_shows_its_paragraph() -> None:
    turn = answered_turn(ASKED, replace(ANSWER, hits=()), document=guide)

    (excerpt,) = turn.excerpts
    assert (excerpt.text, excerpt.quoted) == (f"{'x' * 92}{HIT.text}", CITATION.quote)


def test_a_citation_whose_document_was_removed_shows_the_quote_alone() -> None:
    turn = answered_turn(ASKED, replace(ANSWER, hits=()), document=removed)

    assert turn.excerpts == (Excerpt(CITATION, CITATION.quote, CITATION.start),)


def test_a_citation_whose_document_was_edited_shows_the_quote_alone() -> None:
    turn = answered_turn(
        ASKED, replace(ANSWER, hits=()), document=lambda _: replace(guide(""), text="Other.")
    )

    assert turn.excerpts == (Excerpt(CITATION, CITATION.quote, CITATION.start),)


def test_an_excerpt_that_would_mark_other_words_is_refused() -> None:
    with pytest.raises(ValueError, match="holds its citation's quote"):
        Excerpt(CITATION, HIT.text, HIT.start + 1)
