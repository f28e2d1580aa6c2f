from copy import deepcopy

from tests.web.answers import ABSENT, ANSWER
from web.session import Session
from web.turn import Turn

FIRST, SECOND = Turn("first", ANSWER), Turn("second", ABSENT)


def begun(session: Session, question: str) -> int:
    ticket = session.begin(Turn(question))
    assert ticket is not None
    return ticket


def test_answers_stand_in_the_order_asked_whichever_comes_first() -> None:
    session = Session()
    one, two = begun(session, "first"), begun(session, "second")

    session.finish(two, SECOND)
    session.finish(one, FIRST)

    assert session.turns == (FIRST, SECOND)


def test_an_answer_that_comes_after_a_new_chat_is_dropped() -> None:
    session = Session()
    ticket = begun(session, "first")
    session.clear()

    assert not session.finish(ticket, FIRST)
    assert session.turns == ()


def test_a_failed_question_leaves_no_turn() -> None:
    session = Session()

    assert session.finish(begun(session, "first"), None)
    assert session.turns == ()


def test_a_second_enter_while_the_question_is_looked_up_asks_nothing() -> None:
    session = Session()
    begun(session, "first")

    assert (session.begin(Turn("first")), session.begin(Turn(""))) == (None, None)
    assert session.turns == (Turn("first"),)


def test_the_same_question_can_be_asked_again_once_it_is_answered() -> None:
    session = Session()
    session.finish(begun(session, "first"), FIRST)

    assert session.begin(Turn("first")) is not None


def test_a_copy_for_another_browser_is_empty() -> None:
    session = Session()
    begun(session, "first")

    assert deepcopy(session).turns == ()
