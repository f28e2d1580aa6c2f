"""Work that waits is done together: while one pass runs, what comes meanwhile gathers for the next.

Nobody waits for company. Who comes alone is served alone and at once; who comes while a pass runs goes
with the next, in the order of coming. There is no timer and no thread.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Ticket(Generic[Item, Result]):
    """One who waits."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.results: list[Result] = []


class Gathering(Generic[Item, Result]):
    """Calls ``work`` with all that wait, up to ``most`` at a time. Safe to share between threads.

    ``work`` returns a result for each item, in their order. Where it fails for several, whoever made that
    pass has his item tried alone, and is told what that raises; the others go with the next.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], *, most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: list[_Ticket[Item, Result]] = []
        self._guard = threading.Lock()
        self._pass = threading.Lock()

    def __call__(self, item: Item) -> Result:
        """Return the item's result; whoever comes first to the next pass does it for all that wait."""
        ticket = _Ticket[Item, Result](item)
        with self._guard:
            self._waiting.append(ticket)
        while not ticket.results:
            with self._pass:
                if not ticket.results:
                    self._serve(ticket)
        return ticket.results[0]

    def _serve(self, leader: _Ticket[Item, Result]) -> None:
        with self._guard:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._work_for(batch)
        except BaseException as error:
            self._put_back(batch, leader)
            if batch == [leader] or not isinstance(error, Exception):
                raise
            self._work_for([leader])  # it may be another's fault, who is told when he makes a pass

    def _work_for(self, batch: Sequence[_Ticket[Item, Result]]) -> None:
        results = self._work([ticket.item for ticket in batch])
        for ticket, result in zip(batch, results, strict=True):
            ticket.results.append(result)

    def _put_back(self, batch: list[_Ticket[Item, Result]], leader: _Ticket[Item, Result]) -> None:
        """Let those wait again that a failed pass did not serve, but its leader, who is told."""
        with self._guard:
            unserved = [t for t in (*batch, *self._waiting) if t is not leader and not t.results]
            self._waiting = unserved
