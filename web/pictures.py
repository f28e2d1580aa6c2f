"""The panel's door to pictures: a map of the passages, and what was measured; each opens as a dialog."""

from collections.abc import Callable
from contextlib import suppress
from html import escape
from itertools import count

import gradio as gr
from gradio.components import Component

from embeddings.corpus import Document
from embeddings.errors import DocumentError
from qa import QA
from qa.answer import Hit
from qa.chart import Chart
from qa.results import last_results
from web.chart import chart
from web.english import ENGLISH
from web.figures import figures
from web.languages import words_of
from web.reader import dialog
from web.session import Session
from web.words import Words

_BEHAVIOUR = (
    "element.addEventListener('click', (event) => { const button = event.target.closest('[data-picture]');"
    "if (button) trigger('picture', button.dataset.picture); });"
)


class Pictures:
    """The two buttons."""

    def __init__(self, bot: QA) -> None:
        """Add them to the page being built."""
        self._bot = bot
        self._count = count()
        self.buttons = gr.HTML(
            _buttons(ENGLISH), elem_id="fn-pictures", apply_default_css=False, js_on_load=_BEHAVIOUR
        )

    def wire(self, blocks: gr.Blocks, session: gr.State, *, shown: Component) -> None:
        """Open the pictures in ``shown``."""
        kinds: dict[str, Callable[[Session, Words], str]] = {"map": self._map, "figures": self._figures}

        def picture(state: Session, request: gr.Request, event: gr.EventData) -> str:
            words = words_of(request)
            drawn = kinds.get(str(event._data), self._map)(state, words)
            return f'<div data-picture-shown="{next(self._count)}">{drawn}</div>'  # so that again is news

        self.buttons.picture(
            picture, inputs=session, outputs=shown, show_progress="hidden", api_visibility="private"
        )
        blocks.load(self._greet, outputs=self.buttons, show_progress="hidden", api_visibility="private")

    def _greet(self, request: gr.Request) -> str:
        return _buttons(words_of(request))

    def _map(self, session: Session, words: Words) -> str:
        question, hits = _last(session)
        drawn = self._bot.chart(question, hits)
        body = chart(drawn, self._documents(drawn), words, question=question)
        return dialog(words.map, "", body, words)

    def _documents(self, drawn: Chart) -> list[Document]:
        """Return the documents on the map, but those removed since."""
        found = []
        for identity in dict.fromkeys(point.document_id for point in (*drawn.points, *drawn.hits)):
            with suppress(DocumentError):
                found.append(self._bot.document(identity))
        return found

    def _figures(self, _: Session, words: Words) -> str:
        return dialog(words.figures, "", figures(last_results(self._bot.data), words), words)


def _last(session: Session) -> tuple[str, tuple[Hit, ...]]:
    """Return the last question that was answered, as it was searched, and what was found for it."""
    for turn in reversed(session.turns):
        if turn.answer is not None:
            return turn.answer.query, turn.answer.hits
        if turn.found is not None:
            return turn.question, turn.found
    return "", ()


def _buttons(words: Words) -> str:
    return "".join(
        f'<button type="button" class="fn-tool" data-picture="{kind}">{escape(label)}</button> '
        for kind, label in (("map", words.map), ("figures", words.figures))
    )
