"""The conversations that this browser keeps, and what its user thinks of the answers.

They live in the browser's own storage, under the folder served: another browser never sees them, and
they outlast a reload and the server. ``chats.js`` keeps, names, deletes and saves them; the server only
draws one again when it is opened. Ratings go to a questions file on this machine (``Feedback``).
"""

import logging
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TypeAlias

import gradio as gr
from gradio.components import Component

from embeddings.errors import FootnoteError
from qa import QA
from qa.folders import folder_key, own_folder
from web.chat import conversation, notice
from web.english import ENGLISH
from web.evidence import evidence
from web.feedback import Feedback, Rating
from web.keeping import kept, restored
from web.languages import words_of
from web.session import Session
from web.words import Words

_LOG = logging.getLogger("footnote")
_BEHAVIOUR = (
    "watch('value', () => window.chats.draw()); window.chats.draw();"
    "window.chats.restores((kept) => trigger('restore', kept));"
    "window.chats.rates((rating) => trigger('rate', rating));"
)
KEEP = "watch('value', () => window.chats.keep(element));"
_TOLD = "watch('value', () => window.chats.told(element));"

Updates: TypeAlias = dict[Component, object]


class Conversations:
    """The panel's components: the list, and the answer to a rating."""

    def __init__(self, bot: QA) -> None:
        """Add the panel to the page being built."""
        self._key = folder_key(bot.data)
        self._feedback = Feedback(own_folder(bot.data) / "feedback.jsonl")
        self.shelf = gr.HTML(self._shelf(ENGLISH), apply_default_css=False, js_on_load=_BEHAVIOUR)
        self.told = gr.HTML("", elem_id="fn-told", apply_default_css=False, js_on_load=_TOLD)

    def wire(
        self, blocks: gr.Blocks, session: gr.State, *, shown: Component, beside: Component, errors: Component
    ) -> None:
        """Open into ``shown``, with the evidence ``beside`` it; say what fails in ``errors``."""

        def restore(state: Session, request: gr.Request, event: gr.EventData) -> Updates:
            told = event._data if isinstance(event._data, dict) else {}
            words = words_of(request)
            state.restore(str(told.get("id", "")), restored(told.get("turns")))
            identity, turns = state.conversation
            drawn = conversation(turns, words, identity=identity)
            return {shown: drawn, beside: evidence(turns, words), errors: ""}

        def rate(state: Session, request: gr.Request, event: gr.EventData) -> Updates:
            words = words_of(request)
            try:
                return {self.told: self._rate(state, words, event), errors: ""}
            except FootnoteError as error:
                return {errors: notice(str(error), words)}

        wired: tuple[tuple[Callable[..., object], Callable[..., Updates], list[Component]], ...] = (
            (self.shelf.restore, restore, [shown, beside, errors]),
            (self.shelf.rate, rate, [self.told, errors]),
        )
        for trigger, answer, outputs in wired:
            trigger(answer, inputs=session, outputs=outputs, show_progress="hidden", api_visibility="private")
        blocks.load(self._greet, outputs=self.shelf, show_progress="hidden", api_visibility="private")

    def _greet(self, request: gr.Request) -> str:
        return self._shelf(words_of(request))

    def _rate(self, session: Session, words: Words, event: gr.EventData) -> str:
        """Write a rating down and return the thanks, with the turn as the browser shall keep it now."""
        told = event._data if isinstance(event._data, dict) else {}
        try:
            rating, number = Rating.of(told), int(told.get("turn") or 0)
        except ValueError:
            _LOG.warning("a rating from the page cannot be read")
            return ""
        identity = str(told.get("id", ""))
        turn = session.rate(identity, number, rating.verdict)
        if turn is None:
            return ""
        history = [before.question for before in session.turns[: number - 1] if before.answer is not None]
        self._feedback.write(f"{identity}-{number}", turn, history, rating)
        return (
            f'<p data-turn="{number}" data-verdict="{rating.verdict}" data-kept="{escape(kept(turn))}">'
            f"{escape(words.thanks.format(self._feedback.file))}</p>"
        )

    def _shelf(self, words: Words) -> str:
        """Return the panel and the form of a rating, both empty: ``chats.js`` fills them."""
        labels = {
            "rename": words.rename,
            "save": words.save,
            "delete": words.delete,
            "sure": words.delete_sure,
            "name": words.chat_name,
            "full": words.full,
        }
        attributes = "".join(f' data-{name}="{escape(label)}"' for name, label in labels.items())
        return (
            f'<section class="fn-panel fn-chats" id="fn-chats" data-corpus="{self._key}"{attributes}>'
            f'<h2>{escape(words.chats)}</h2><p class="fn-small">{escape(words.chats_text)}</p>'
            f'<ul></ul><p class="fn-stale" role="status" hidden></p>'
            f"{_form(words, self._feedback.file)}</section>"
        )


def _form(words: Words, file: Path) -> str:
    return (
        f'<template id="fn-rating"><form class="fn-rating">'
        f"<label>{escape(words.reason)}"
        f'<input name="reason" type="text" maxlength="2000"></label>'
        f'<label class="fn-if-down">{escape(words.expected)}'
        f'<input name="expected" type="text" maxlength="2000"></label>'
        f'<label class="fn-if-down fn-tick"><input name="unanswerable" type="checkbox"> '
        f"{escape(words.silent)}</label>"
        f'<p class="fn-small">{escape(words.kept_in.format(file))}</p>'
        f'<div><button type="submit">{escape(words.send)}</button>'
        f'<button type="button" data-cancel>{escape(words.cancel)}</button></div></form></template>'
    )
