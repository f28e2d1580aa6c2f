"""A folder too large to be looked through before each question is watched instead."""

import logging
import threading
from pathlib import Path

_LOG = logging.getLogger("footnote")
# Changes that follow each other so fast (milliseconds) are told as one.
_DEBOUNCE = 100
_STEP = 20
_BEAT = 500


class Watcher:
    """Knows whether anything in some folders changed since it was last asked. Runs until the process ends.

    Where the system cannot watch the folder, it always says so: then it must be looked through.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._changed = threading.Event()
        self._watching = False
        threading.Thread(target=self._watch, daemon=True).start()

    def take_change(self) -> bool:
        """Tell whether anything changed since this was last asked."""
        changed = self._changed.is_set()
        self._changed.clear()
        return changed or not self._watching

    def wait(self, seconds: float) -> bool:
        """Wait until something changed, and tell whether it did."""
        return self._changed.wait(seconds)

    def _watch(self) -> None:
        from watchfiles import watch  # costs a start what only a large folder needs

        try:
            for changes in watch(
                *self._folders,
                debounce=_DEBOUNCE,
                step=_STEP,
                rust_timeout=_BEAT,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if changes or not self._watching:  # what happened before the watch began is not known
                    self._changed.set()
                self._watching = True
        except (OSError, RuntimeError) as error:  # too many folders for the system, or the folder is gone
            _LOG.warning("the data folder cannot be watched, and is looked through instead: %s", error)
        self._watching = False
