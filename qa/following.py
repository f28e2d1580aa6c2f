"""Noticing that the data folder or the index changed, and having it taken in beside the questions."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings.errors import FootnoteError
from embeddings.refresh import fingerprint_of_folder
from embeddings.snapshot import current_generation
from qa.watching import Watcher

_LOG = logging.getLogger("footnote")

# A folder that takes longer than this to look through is watched, and looked through when something
# changed, at most once a second, and once a minute in any case.
_QUICK = 0.02
_PAUSE = 1.0
_SWEEP = 60.0
# A question waits so long for what changed, whoever noticed it, and then goes on without.
_PATIENCE = 1.0


class Following:
    """Looks for changes when asked to, and calls ``refresh`` for them in a thread of its own."""

    def __init__(self, folders: Sequence[Path], index: Path, refresh: Callable[[], object]) -> None:
        """Follow a data folder, and the folder of the added files where there is a second."""
        self._folders = folders
        self._index = index
        self._refresh = refresh
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._next_look = 0.0
        self._slow = False
        self.watcher: Watcher | None = None
        self._seen = self._state()

    def catch_up(self) -> None:
        """Have changes taken in, where that is quickly done before this returns."""
        with self._lock:
            if self._thread is None:
                self._look()
            thread = self._thread
        if thread is not None:
            thread.join(_PATIENCE)

    def begin(self) -> None:
        """Note that what the folder holds now is about to be taken in."""
        self._seen = fingerprint_of_folder(*self._folders), self._seen[1]

    def end(self) -> bool:
        """Note that it was taken in; tell whether that made a new generation."""
        before, self._seen = self._seen[1], (self._seen[0], current_generation(self._index))
        return self._seen[1] != before

    def _look(self) -> None:
        """Set off a refresh if the folder or the index changed; a slow folder is looked at beside."""
        started = time.monotonic()
        if started < self._next_look or not self._may_have_changed(started):
            return
        if not self._slow and self._state() == self._seen:
            self._next_look = time.monotonic()
            self._slow = self._next_look - started > _QUICK
            return
        self._thread = threading.Thread(target=self._take_in, daemon=True)
        self._thread.start()

    def _may_have_changed(self, now: float) -> bool:
        """Ask whoever watches a slow folder; once a minute, look whatever he says."""
        if not self._slow:
            return True
        if self.watcher is None:
            self.watcher = Watcher(*self._folders)
        told = self.watcher.take_change() or current_generation(self._index) != self._seen[1]
        return told or now > self._next_look + _SWEEP

    def _take_in(self) -> None:
        """Take in what changed; where that fails, the last good generation serves."""
        started = time.monotonic()
        state = self._state()
        ended = time.monotonic()
        self._slow = ended - started > _QUICK
        try:
            if state != self._seen:
                self._refresh()
        except FootnoteError as error:
            self._seen = state
            _LOG.warning("still serving the last good generation: %s", error)
        finally:
            self._next_look = ended + _PAUSE if self._slow else ended
            self._thread = None

    def _state(self) -> tuple[int, str]:
        return fingerprint_of_folder(*self._folders), current_generation(self._index)
