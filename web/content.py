"""Content from the page: add files, remove one, look for changes; each tells what became of it.

Added files lie in a folder of their own (``qa.uploads``). With ``--read-only`` none of this is built,
so there is nothing to call.
"""

import logging
import time
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TypeAlias

import gradio as gr
from gradio.components import Component

from embeddings.errors import DocumentError, FootnoteError
from embeddings.folder import UPLOADS
from qa import QA
from qa.uploads import Uploads
from web.english import ENGLISH
from web.languages import words_of
from web.session import Session
from web.words import Words

_LOG = logging.getLogger("footnote")
_REMOVES = "window.added.removes((name) => trigger('remove', name));"
_PROGRESS = gr.Progress()

Updates: TypeAlias = dict[Component, object]
News: TypeAlias = Callable[[Session, Words], Updates]


class Content:
    """The panel's components. ``folder`` is where added files go."""

    def __init__(self, bot: QA, folder: Path) -> None:
        """Add the panel to the page being built."""
        self._bot = bot
        self._uploads = Uploads(folder)
        phrase = gr.I18n()
        with gr.Accordion(phrase("content"), open=False, elem_id="fn-content"):
            self.head = _html(self._head(ENGLISH))
            self.files = gr.File(
                label=phrase("add"), file_count="multiple", height=120, container=False, elem_id="fn-add"
            )
            self.results = _html("", elem_id="fn-results")
            self.added = gr.HTML(self._list(ENGLISH), apply_default_css=False, js_on_load=_REMOVES)
            self.look = gr.Button(phrase("look"), size="sm", elem_id="fn-look")

    def wire(self, blocks: gr.Blocks, session: gr.State, *, panel: Component, news: News) -> None:
        """Tell in the panel of what the bot knows, with ``news``, what changed."""

        def done(lines: Sequence[str], state: Session, words: Words) -> Updates:
            listed = f'<div role="status"><ul>{"".join(lines)}</ul></div>'
            return {self.results: listed, self.added: self._list(words), **news(state, words)}

        def add(
            files: list[str] | None, state: Session, request: gr.Request, progress: gr.Progress = _PROGRESS
        ) -> Updates:
            words = words_of(request)
            lines = [self._add(Path(file), words) for file in files or ()]
            lines += self._refresh(words, progress)
            return {self.files: None, **done(lines, state, words)}

        def look(state: Session, request: gr.Request, progress: gr.Progress = _PROGRESS) -> Updates:
            words = words_of(request)
            return done(self._refresh(words, progress), state, words)

        def remove(
            state: Session, request: gr.Request, event: gr.EventData, progress: gr.Progress = _PROGRESS
        ) -> Updates:
            words = words_of(request)
            lines = [self._remove(str(event._data), words)]
            return done([*lines, *self._refresh(words, progress)], state, words)

        told = [self.results, self.added, panel]
        self.files.upload(
            add,
            inputs=[self.files, session],
            outputs=[self.files, *told],
            show_progress_on=self.results,
            api_visibility="private",
        )
        for trigger, act in ((self.look.click, look), (self.added.remove, remove)):
            trigger(
                act, inputs=session, outputs=told, show_progress_on=self.results, api_visibility="private"
            )
        blocks.load(
            self._greet, outputs=[self.head, self.added], show_progress="hidden", api_visibility="private"
        )

    def _greet(self, request: gr.Request) -> tuple[str, str]:
        words = words_of(request)
        return self._head(words), self._list(words)

    def _add(self, file: Path, words: Words) -> str:
        try:
            replaced = self._uploads.add(file, file.name)
        except DocumentError as error:
            return _line(file.name, f"{error.fact}. {error.remedy}", bad=True)
        except FootnoteError as error:
            _LOG.warning("%s", error)
            return _line(file.name, str(error), bad=True)
        finally:
            file.unlink(missing_ok=True)  # Gradio's own copy
        return _line(file.name, words.replaced if replaced else words.added)

    def _remove(self, name: str, words: Words) -> str:
        try:
            self._uploads.remove(name)
        except DocumentError as error:
            return _line(name, str(error), bad=True)
        except OSError as error:
            return _line(name, error.strerror or str(error), bad=True)
        return _line(name, words.file_removed)

    def _refresh(self, words: Words, progress: gr.Progress) -> list[str]:
        """Take in what changed; return a line of counts, or of what is wrong."""
        started = time.monotonic()

        def tell(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - started, 1e-3)
            progress((done, total), desc=words.encoding.format(f"{rate:,.0f}"), unit=" ")

        try:
            report = self._bot.refresh(on_progress=tell)
        except FootnoteError as error:
            return [_line("", str(error), bad=True)]
        failed = [
            _line(failure.source, failure.reason, bad=True)
            for failure in report.failed
            if failure.source.startswith(UPLOADS)
        ]
        counts = (report.added, report.changed, report.removed, report.encoded)
        return [*failed, _line("", words.refreshed.format(*(f"{count:,}" for count in counts)))]

    def _head(self, words: Words) -> str:
        where = escape(words.add_text).replace(
            "{}", f"<bdi><code>{escape(str(self._uploads.folder))}</code></bdi>"
        )
        return f'<p class="fn-small">{where}</p>'

    def _list(self, words: Words) -> str:
        items = "".join(
            f'<li><bdi>{escape(name)}</bdi> <button type="button" data-remove="{escape(name)}" '
            f'aria-label="{escape(words.remove_file.format(name))}" '
            f'title="{escape(words.remove_file.format(name))}">×</button></li>'
            for name in self._uploads.names()
        )
        return f'<ul class="fn-added">{items}</ul>'


def _line(name: str, said: str, *, bad: bool = False) -> str:
    kind = ' class="fn-failed"' if bad else ""
    named = f"<bdi>{escape(name)}</bdi>: " if name else ""
    return f"<li{kind}>{named}{escape(said)}</li>"


def _html(value: str, *, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False)
