"""Asking the shipped corpus, opened on first use."""

import threading
from collections.abc import Sequence

from qa.answer import Answer, Hit
from qa.engine import QA
from qa.retriever import Where

_default: QA | None = None
_default_lock = threading.Lock()


def retrieve(question: str, k: int = 10, where: Where | None = None) -> list[Hit]:
    """Search the shipped corpus; see ``QA.retrieve``."""
    return _shipped().retrieve(question, k, where)


def ask(question: str, history: Sequence[str] = (), where: Where | None = None) -> Answer:
    """Ask the shipped corpus; see ``QA.ask``."""
    return _shipped().ask(question, history, where)


def _shipped() -> QA:
    global _default
    with _default_lock:
        if _default is None:
            _default = QA.open()
        return _default
