"""Noticing that the data folder or the index changed, and having it taken in beside the questions.

sure      the kernel tells of each change as it is made (watching.py): a question asks it, and looks
          through the folder only when told of one
quick     a folder that is soon looked through is, before each question
slow      any other is looked through when something seems to have changed, and once a minute
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings.errors import FootnoteError
from embeddings.folder import files_of, fingerprint
from embeddings.snapshot import current_generation
from qa.watching import ExactWatcher, Watcher

_LOG = logging.getLogger("footnote")

# A folder that takes longer than this to look through is looked through at most once a second.
_QUICK = 0.02
_PAUSE = 1.0
# What could not be taken in, for want of room perhaps, is tried again after so many seconds.
_RETRY = 5.0
# However sure or slow, each folder is looked through so often: nobody tells of what is written through
# a memory map.
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
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None
        self._next_look = 0.0
        self._slow = False
        self._failure = ""
        self._exact: ExactWatcher | None = None
        self._sure = False
        self.watcher: Watcher | None = None
        self._seen = self._before = self._state()

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
        self._before = self._seen
        self._seen = self._state()[0], self._seen[1]

    def end(self) -> bool:
        """Note that it was taken in; tell whether that made a new generation."""
        self._failure = ""
        before, self._seen = self._seen[1], (self._seen[0], current_generation(self._index))
        return self._seen[1] != before

    def fail(self, error: FootnoteError) -> None:
        """Note that it could not be, and say so once; it is tried again after a while."""
        self._seen = self._before
        if str(error) != self._failure:
            _LOG.warning("still serving the last good generation: %s", error)
        self._failure = str(error)

    def _look(self) -> None:
        """Set off a refresh if the folder or the index changed; a slow folder is looked at beside."""
        started = time.monotonic()
        if started < self._next_look or not self._may_have_changed(started):
            return
        if not self._slow and self._state() == self._seen:
            self._next_look = time.monotonic()
            self._slow = self._next_look - started > _QUICK
            self._be_sure()
            return
        self._thread = threading.Thread(target=self._take_in, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # no thread is to be had; another question may get one
            self._thread = None

    def _may_have_changed(self, now: float) -> bool:
        """Ask the kernel, or whoever watches a slow folder; once a minute, look whatever they say."""
        if self._failure or now > self._next_look + _SWEEP:
            return True
        if current_generation(self._index) != self._seen[1]:
            return True
        if self._sure and self._exact:
            return self._exact.take_change()
        if not self._slow:
            return True
        if self.watcher is None:
            self.watcher = Watcher(*self._folders)
        return self.watcher.take_change()

    def _take_in(self) -> None:
        """Take in what changed; where that fails, the last good generation serves."""
        started = ended = time.monotonic()
        self._before = self._seen
        try:
            state = self._state()
            ended = time.monotonic()
            self._slow = ended - started > _QUICK
            if state != self._seen:
                self._refresh()
            self._failure = ""  # or the change was taken back
        except FootnoteError as error:
            self.fail(error)
        finally:
            self._next_look = ended + (_RETRY if self._failure else _PAUSE if self._slow else 0)
            self._be_sure()
            self._thread = None

    def _be_sure(self) -> None:
        """From the next look on, ask the kernel: who asks one question only need not wait for that."""
        if self._exact is None and sys.platform == "linux":
            self._exact = ExactWatcher(self._folders)

    def _state(self) -> tuple[int, str]:
        """Look through the folders; from then on, changes are told of where nothing can change untold."""
        exact = self._exact
        if exact is None:
            return fingerprint(files_of(*self._folders)), current_generation(self._index)
        with self._looking:
            exact.begin()
            files = files_of(*self._folders, on_folder=exact.add)
            self._sure = exact.complete and not any(file.aliased for file in files)
        return fingerprint(files), current_generation(self._index)
