from dataclasses import replace

import pytest

from tests.web.answers import ABSENT, ANSWER, CITATION, HIT, HOSTILE
from web.chat import conversation, link_to, notice, offer
from web.chinese import CHINESE
from web.turn import Turn


def test_an_empty_conversation_says_what_the_page_does() -> None:
    assert "Ask your documents" in conversation(())


def test_a_footnote_links_to_its_card_and_says_its_source() -> None:
    html = conversation((Turn("How many steps?", ANSWER),))

    assert (
        '<p dir="auto">She climbs 212 steps every evening.<sup><a class="fn-mark" id="mark-1-1" '
        'href="#card-1-1" aria-label="Footnote 1: The guide" title="The guide">1</a></sup></p>'
    ) in html


def test_a_footnote_that_comes_twice_has_one_anchor() -> None:
    html = conversation((Turn("q", replace(ANSWER, text="One. [1]\n\nTwo. [1]")),))

    assert (html.count('id="mark-1-1"'), html.count('href="#card-1-1"')) == (1, 2)


def test_lines_that_begin_with_a_dash_are_a_list() -> None:
    html = conversation((Turn("q", replace(ANSWER, text="1 job:\n- Keeper [1]")),))

    assert '<p dir="auto">1 job:</p><ul><li dir="auto">Keeper<sup>' in html


def test_nothing_of_a_question_an_answer_or_a_title_becomes_markup() -> None:
    hostile = replace(
        ANSWER,
        question=HOSTILE,
        query=f"{HOSTILE}!",
        text=f"{HOSTILE} [1]",
        citations=(replace(CITATION, title=HOSTILE),),
    )

    html = conversation((Turn(HOSTILE, hostile),))

    assert ("<script" in html, "<img" in html, "<b>" in html) == (False, False, False)


def test_an_error_is_escaped_and_announced() -> None:
    assert notice("a file: <b>x</b>") == (
        '<div class="fn-error" role="alert"><strong>Error</strong> A file: &lt;b&gt;x&lt;/b&gt;</div>'
    )


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "High confidence, over 99%"),
        (0.85, "High confidence, 85%"),
        (0.6, "Fair confidence, 60%"),
        (0.59, "Low confidence, 59%"),
        (0.0, "Low confidence, under 1%"),
    ],
)
def test_confidence_is_said_in_words(confidence: float, words: str) -> None:
    assert f"<span>{words}</span>" in conversation((Turn("q", replace(ANSWER, confidence=confidence)),))


def test_what_is_not_in_the_sources_looks_like_no_answer() -> None:
    html = conversation((Turn("Who painted it?", ABSENT),))

    assert '<p class="fn-state">Not in the sources</p>' in html
    assert "fn-confidence" not in html


def test_the_question_really_searched_is_said_where_it_differs() -> None:
    html = conversation((Turn("q", replace(ANSWER, query="What is Cold Brew? its student")),))

    assert "Searched for: <q>What is Cold Brew? its student</q>" in html


def test_the_question_as_typed_is_not_repeated() -> None:
    assert "Searched for" not in conversation((Turn("q", ANSWER),))


def test_a_question_as_long_as_a_document_is_cut() -> None:
    assert "x" * 601 not in conversation((Turn("x" * 20_000),))


def test_a_question_that_was_changed_can_be_asked_as_it_was_typed() -> None:
    turn = Turn("its steps?", replace(ANSWER, query="the tower's steps?"), where={"kind": ["guide"]})

    html = conversation((turn,))

    assert (
        'data-literal="1" data-ask="its steps?" data-where="{&quot;kind&quot;: [&quot;guide&quot;]}"' in html
    )


def test_a_literal_question_says_so() -> None:
    assert "Searched exactly as typed" in conversation((Turn("q", ANSWER, literal=True),))


def test_a_search_lists_its_passages_and_no_confidence() -> None:
    html = conversation((Turn("lamp", found=(HIT,), search=True),))

    assert '<p class="fn-result" dir="auto">The guide &gt; The keeper</p>' in html
    assert 'id="mark-1-1" href="#card-1-1"' in html
    assert "fn-confidence" not in html


def test_a_search_that_found_nothing_says_what_to_do() -> None:
    assert "Use other words, or remove a filter." in conversation((Turn("x", found=(), search=True),))


def test_the_filters_of_a_question_are_said() -> None:
    turn = Turn("q", ANSWER, where={"city": ["Bergen", "Skagen"], "kind": ["job"]})

    assert "Only in City: Bergen, Skagen; Kind: job" in conversation((turn,))


def test_an_answer_links_to_the_question_really_searched() -> None:
    turn = Turn("q", replace(ANSWER, query="a & b?"), where={"city": ["Bergen"]})

    assert 'href="?q=a+%26+b%3F&amp;filter=city%3ABergen"' in conversation((turn,))


def test_a_link_that_would_be_cut_on_its_way_is_not_offered() -> None:
    assert link_to("x" * 2_000, {}) == ""


def test_the_conversation_speaks_chinese() -> None:
    html = conversation((Turn("q", ANSWER), Turn("r", ABSENT)), CHINESE)

    assert "可信度高, 90%" in html
    assert "资料中没有" in html


def test_examples_are_escaped_buttons() -> None:
    html = offer([HOSTILE])

    assert ("<script" in html, "<img" in html, html.count("<button")) == (False, False, 1)


def test_an_empty_folder_says_what_to_do() -> None:
    assert "into <bdi><code>/my/&lt;data&gt;</code></bdi>; then ask." in offer((), data="/my/<data>")
