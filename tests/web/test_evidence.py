from dataclasses import replace

from embeddings.corpus import Document
from qa.answer import Answer
from tests.web.answers import ABSENT, ANSWER, CITATION, HIT, HOSTILE
from web.chinese import CHINESE
from web.evidence import evidence
from web.reader import digest_of
from web.turn import Turn, answered_turn


def turn(answer: Answer) -> Turn:
    return answered_turn(
        Turn(answer.question), answer, document=lambda _: Document("guide.md", "guide.md", "The guide", "")
    )


def test_a_card_marks_the_quote_inside_its_passage() -> None:
    html = evidence([turn(ANSWER)])

    assert (
        '<blockquote class="fn-passage" dir="auto">The lamp turns. '
        "<mark>She climbs 212 steps every evening.</mark></blockquote>"
    ) in html


def test_a_card_names_title_headings_file_and_repeats() -> None:
    html = evidence([turn(ANSWER)])

    assert '<h3 dir="auto">The guide</h3><p class="fn-path" dir="auto">The keeper</p>' in html
    assert '<p class="fn-source"><bdi>guide.md</bdi></p>' in html
    assert '<p class="fn-also">Also in <bdi>copy.md</bdi></p>' in html


def test_a_card_links_back_to_its_footnote() -> None:
    assert 'href="#mark-1-1">Back to the answer</a>' in evidence([turn(ANSWER)])


def test_a_stale_file_is_said_to_be_stale() -> None:
    stale = replace(ANSWER, hits=(replace(HIT, stale=True),))

    assert "can no longer be read" in evidence([turn(stale)])


def test_not_in_the_sources_shows_three_nearest_passages_and_marks_nothing() -> None:
    html = evidence([turn(ABSENT)])

    assert "<h3>Nearest passages</h3>" in html
    assert (html.count("<article"), html.count("<mark")) == (3, 0)


def test_only_the_latest_answers_evidence_is_shown() -> None:
    html = evidence([turn(ANSWER), turn(ABSENT), Turn("pending")])

    assert '<section class="fn-evidence" id="evidence-1" data-turn="1" tabindex="-1" hidden>' in html
    assert '<section class="fn-evidence" id="evidence-2" data-turn="2" tabindex="-1">' in html


def test_without_answers_the_panel_says_what_comes_here() -> None:
    assert "appear here" in evidence([])


def test_nothing_of_a_document_becomes_markup() -> None:
    citation = replace(
        CITATION, quote=HOSTILE, title=HOSTILE, source=HOSTILE, start=0, end=len(HOSTILE), also_in=(HOSTILE,)
    )
    hit = replace(HIT, text=HOSTILE + HOSTILE, start=0, end=2 * len(HOSTILE), headings=(HOSTILE,))

    html = evidence([turn(replace(ANSWER, question=HOSTILE, citations=(citation,), hits=(hit,)))])

    assert ("<script" in html, "<img" in html) == (False, False)


def test_a_card_opens_its_document_at_the_quote() -> None:
    html = evidence([turn(ANSWER)])

    assert (
        f'data-document="guide.md" data-start="116" data-end="151" data-digest="{digest_of(CITATION.quote)}"'
        in html
    )


def test_a_card_says_why_this_passage() -> None:
    hit = replace(HIT, parts={"dense": 0.5, "bm25": 1.25})

    html = evidence([turn(replace(ANSWER, hits=(hit,)))])

    assert "<summary>Why this passage</summary>" in html
    assert '<th scope="row">Meaning of the passage</th>' in html
    assert '<span style="width: 50%"></span></span></td><td>0.50</td>' in html
    assert '<span style="width: 100%"></span></span></td><td>1.25</td>' in html
    assert "<td>0.90</td></tr></tbody>" in html


def test_what_a_search_found_has_numbered_cards() -> None:
    html = evidence([Turn("lamp", found=(HIT, replace(HIT, rank=2)), search=True)])

    assert 'id="card-1-2" tabindex="-1" aria-label="Passage 2: The guide"' in html
    assert "<mark>" not in html


def test_the_evidence_speaks_chinese() -> None:
    assert "回到答案" in evidence([turn(ANSWER)], CHINESE)
