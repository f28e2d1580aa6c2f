"""The turns of one browser session, kept on the server.

Answers may come late or out of order: a question can be asked while another is looked up, and a new
chat begun meanwhile. So a turn is taken in by the ticket it was begun with, or not at all.
"""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from web.turn import Turn


class Session:
    """Turns in the order they were asked. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets = count()
        self._turns: dict[int, Turn] = {}
        self._identity = secrets.token_hex(8)
        self.generation = -1  # of the index, as the browser was last told

    def __deepcopy__(self, memo: object) -> "Session":
        """Return an empty session: Gradio copies the first value of its state for each browser."""
        return Session()

    @property
    def conversation(self) -> tuple[str, tuple[Turn, ...]]:
        """The open conversation's id, by which the browser keeps it, and its turns."""
        with self._lock:
            return self._identity, tuple(self._turns.values())

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Every turn; one that is being looked up has no answer yet."""
        with self._lock:
            return tuple(self._turns.values())

    def begin(self, turn: Turn) -> int | None:
        """Add a question and return its ticket; None where it is blank, or the same, while one is pending.

        So a second Enter, pressed before the first has cleared the box, asks nothing.
        """
        with self._lock:
            pending = [turn for turn in self._turns.values() if turn.pending]
            if pending and (not turn.question.strip() or turn == pending[-1]):
                return None
            ticket = next(self._tickets)
            self._turns[ticket] = turn
            return ticket

    def finish(self, ticket: int, turn: Turn | None) -> bool:
        """Put the turn in its place, or take it out where it failed; False where a new chat was begun."""
        with self._lock:
            if ticket not in self._turns:
                return False
            if turn is None:
                del self._turns[ticket]
            else:
                self._turns[ticket] = turn
            return True

    def clear(self) -> None:
        """Begin a new chat."""
        self.restore(secrets.token_hex(8), ())

    def restore(self, identity: str, turns: Sequence[Turn]) -> None:
        """Open a conversation that the browser kept; answers that are looked up now are dropped."""
        with self._lock:
            self._identity = identity
            self._turns = {next(self._tickets): turn for turn in turns}

    def rate(self, identity: str, number: int, verdict: str) -> Turn | None:
        """Note a verdict on turn ``number``, counted from 1, and return it; None where it is gone."""
        with self._lock:
            tickets = list(self._turns)
            if identity != self._identity or not 1 <= number <= len(tickets):
                return None
            turn = replace(self._turns[tickets[number - 1]], rating=verdict)
            if turn.answer is None:
                return None
            self._turns[tickets[number - 1]] = turn
            return turn
