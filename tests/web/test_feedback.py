import json
from pathlib import Path

import pytest

from embeddings.errors import FootnoteError, InputError
from qa.cases import read_questions
from tests.web.answers import ABSENT, ANSWER
from web.feedback import Feedback, Rating
from web.turn import Turn

ANSWERED = Turn(ANSWER.question, ANSWER, where={"kind": ["guide"]})
DECLINED = Turn(ABSENT.question, ABSENT)


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "new" / "feedback.jsonl")


def test_a_liked_answer_must_cite_one_of_its_quotes_again(feedback: Feedback) -> None:
    feedback.write("a-1", ANSWERED, ["Who?"], Rating("up"))

    (case,) = read_questions(feedback.file)
    assert (case.question, case.history) == (ANSWER.question, ("Who?",))
    assert case.evidence == (ANSWER.citations[0].quote,)
    assert case.where == {"kind": ("guide",)}
    assert case.answerable


def test_a_liked_refusal_must_be_declined_again(feedback: Feedback) -> None:
    feedback.write("a-1", DECLINED, [], Rating("up"))

    assert not read_questions(feedback.file)[0].answerable


def test_an_answer_that_should_have_been_declined_is_unanswerable(feedback: Feedback) -> None:
    feedback.write("a-1", ANSWERED, [], Rating("down", unanswerable=True))

    assert not read_questions(feedback.file)[0].answerable


def test_a_disliked_answer_of_which_nothing_more_is_known_is_left_aside(feedback: Feedback) -> None:
    feedback.write("a-1", ANSWERED, [], Rating("down", "too long"))

    assert json.loads(feedback.file.read_text(encoding="utf-8"))["reason"] == "too long"
    with pytest.raises(InputError, match="holds no question whose answer is known"):
        read_questions(feedback.file)


def test_rating_again_replaces_the_line(feedback: Feedback) -> None:
    feedback.write("a-1", ANSWERED, [], Rating("up"))
    feedback.write("a-11", DECLINED, [], Rating("up"))
    feedback.write("a-1", ANSWERED, [], Rating("down", expected="212"))

    cases = read_questions(feedback.file)
    assert [(case.id, case.kind) for case in cases] == [("a-11", "unanswerable"), ("a-1", "disliked")]


def test_what_is_no_rating_is_refused() -> None:
    with pytest.raises(ValueError, match="up or down"):
        Rating.of({"verdict": "sideways"})


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(FootnoteError, match="cannot be written"):
        Feedback(tmp_path / "file" / "feedback.jsonl").write("a-1", ANSWERED, [], Rating("up"))
