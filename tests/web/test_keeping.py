from dataclasses import replace

from tests.web.answers import ABSENT, ANSWER, CITATION, HIT
from web.keeping import kept, markdown, plain, restored
from web.turn import Excerpt, Turn

ANSWERED = Turn(
    ANSWER.question,
    ANSWER,
    (Excerpt(CITATION, HIT.text, HIT.start, HIT),),
    where={"kind": ["guide"]},
    rating="up",
)
SEARCHED = Turn("lamp", found=(HIT,), search=True)


def test_a_kept_turn_comes_back_as_it_was() -> None:
    assert restored([kept(ANSWERED), kept(SEARCHED)]) == [ANSWERED, SEARCHED]


def test_a_passages_id_keeps_its_63_bits() -> None:
    hit = replace(HIT, passage_id=2**63 - 1)

    assert restored([kept(Turn("lamp", found=(hit,), search=True))])[0].found == (hit,)


def test_of_a_declined_answer_the_passages_shown_are_kept() -> None:
    (turn,) = restored([kept(Turn(ABSENT.question, ABSENT))])

    assert turn.answer == replace(ABSENT, hits=ABSENT.hits[:3])


def test_what_cannot_be_read_is_left_out() -> None:
    wrong = kept(ANSWERED).replace('"quote":"She climbs 212', '"quote":"She climbs 999')

    assert restored(["", "{}", None, 3, '{"question": "x"}', wrong, kept(SEARCHED)]) == [SEARCHED]
    assert restored("no list") == []


def test_a_copied_answer_is_what_the_command_line_says() -> None:
    assert plain(ANSWERED) == ANSWER.to_markdown()


def test_markdown_has_numbered_sources_and_no_live_signs() -> None:
    hostile = replace(ANSWERED, question="<script> *b* [x](javascript:1)")

    assert markdown(hostile) == (
        "## \\<script\\> \\*b\\* [x]\\(javascript:1)\n\n*Only in kind: guide*\n\n"
        "She climbs 212 steps every evening. [1]\n\nSources:\n\n"
        "1. The guide (guide.md, characters 116 to 151; also in copy.md)\n"
        "   > She climbs 212 steps every evening."
    )
