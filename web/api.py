"""The page's endpoints for programs: ``ask``, ``retrieve``, ``refresh``, the same JSON as the command line.

gradio_client calls them as ``/ask`` and so on; with ``--mcp`` the same functions are tools at
``/gradio_api/mcp/``, each answering with its JSON as text. Names and types are a contract.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import gradio as gr
from gradio.events import api

from embeddings.errors import FootnoteError
from qa import QA
from qa.answer import Json
from web.journal import Journal
from web.languages import words_of

_Value = TypeVar("_Value")


def add_endpoints(bot: QA, journal: Journal, *, read_only: bool = False) -> None:
    """Add the endpoints to the page being built; read-only, there is none that changes anything."""

    def ask(
        question: str,
        request: gr.Request,
        history: list[str] | None = None,
        where: dict[str, str | list[str]] | None = None,
    ) -> dict[str, Json]:
        """Answer from the sources, each sentence footnoted to an exact span, or say they do not hold it.

        Args:
            question: the question, in words
            history: earlier questions of the conversation, oldest first
            where: metadata that a document must have, e.g. {"kind": "posting", "city": ["London"]}

        """
        with _told(request), journal.entry(question, via=_via(request)) as entry:
            answer = bot.ask(question, history or (), where or None)
            entry.answered(answer, bot.report.generation)
            return _written(answer.to_dict(), request)

    def retrieve(
        question: str,
        request: gr.Request,
        k: int = 10,
        where: dict[str, str | list[str]] | None = None,
    ) -> list[dict[str, Json]]:
        """Return the passages of the sources that fit a question best, best first, without an answer.

        Args:
            question: the question, in words
            k: how many passages
            where: metadata that a document must have, e.g. {"kind": "posting", "city": ["London"]}

        """
        with _told(request), journal.entry(question, via=_via(request)) as entry:
            hits = bot.retrieve(question, k, where or None)
            entry.found(hits, bot.report.generation)
            return _written([hit.to_dict() for hit in hits], request)

    def refresh(request: gr.Request) -> dict[str, int | list[dict[str, str]]]:
        """Take in what changed in the data folder, and return counts of what was done."""
        with _told(request):
            return _written(bot.refresh().to_dict(), request)

    api(ask, api_name="ask")
    api(retrieve, api_name="retrieve")
    if not read_only:
        api(refresh, api_name="refresh")


def _written(value: _Value, request: gr.Request) -> _Value:
    """Return the value as it is, but to an MCP client as JSON text: Gradio would give it Python's repr."""
    if _via(request) != "mcp":
        return value
    return json.dumps(value, ensure_ascii=False)  # type: ignore[return-value]


def _via(request: gr.Request) -> str:
    return "mcp" if request.headers.get("x-gradio-user") == "mcp" else "api"


@contextmanager
def _told(request: gr.Request) -> Iterator[None]:
    """Tell the caller what is wrong in one line; keep the rest to the log, which holds no words of his."""
    try:
        yield
    except FootnoteError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:
        raise gr.Error(words_of(request).broken, print_exception=False) from error
