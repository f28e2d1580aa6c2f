"""The page's endpoints for programs: ``/ask`` and ``/retrieve``, the same JSON as the command line."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from gradio.events import api

from embeddings.errors import FootnoteError
from qa import QA
from qa.answer import Json

_LOG = logging.getLogger("footnote")


def add_endpoints(bot: QA) -> None:
    """Add the endpoints to the page being built."""

    def ask(
        question: str, history: list[str] | None = None, where: dict[str, str | list[str]] | None = None
    ) -> dict[str, Json]:
        """Answer from the sources, every sentence footnoted to an exact span, or say they do not hold it.

        ``history`` holds earlier questions, oldest first; ``where`` filters by metadata.
        """
        with _told():
            return bot.ask(question, history or (), where or None).to_dict()

    def retrieve(
        question: str, k: int = 10, where: dict[str, str | list[str]] | None = None
    ) -> list[dict[str, Json]]:
        """Return the k passages that fit the question best, best first; ``where`` filters by metadata."""
        with _told():
            return [hit.to_dict() for hit in bot.retrieve(question, k, where or None)]

    api(ask, api_name="ask")
    api(retrieve, api_name="retrieve")


@contextmanager
def _told() -> Iterator[None]:
    """Tell the caller what is wrong in one line; keep tracebacks to the log."""
    try:
        yield
    except FootnoteError as error:
        raise gr.Error(str(error), print_exception=False) from error
