"""The turns of one browser session, kept on the server.

Answers may come late or out of order: a question can be asked while another is looked up, and a new
chat begun meanwhile. So a turn is taken in by the ticket it was begun with, or not at all.
"""

import threading
from itertools import count

from web.turn import Turn


class Session:
    """Turns in the order they were asked. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets = count()
        self._turns: dict[int, Turn] = {}
        self.generation = -1  # of the index, as the browser was last told

    def __deepcopy__(self, memo: object) -> "Session":
        """Return an empty session: Gradio copies the first value of its state for each browser."""
        return Session()

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
        with self._lock:
            self._turns.clear()
