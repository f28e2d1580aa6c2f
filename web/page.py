"""The page: what the bot knows above, the conversation, and the evidence beside it.

Each browser has its own ``Session`` (``gr.State``), and all it sees is drawn from it: two browsers
share the bot and nothing else.
"""

import logging
from collections.abc import Iterator
from typing import TypeAlias

import gradio as gr
from gradio.components import Component

from embeddings.errors import FootnoteError
from qa import QA
from web.api import add_endpoints
from web.chat import conversation, notice
from web.evidence import evidence
from web.examples import SHOWN, examples
from web.knowledge import knowledge
from web.session import Session
from web.turn import answered_turn

_LOG = logging.getLogger("footnote")

Updates: TypeAlias = dict[Component, object]

_FOCUS = "() => document.querySelector('#fn-question textarea').focus()"
_ENABLE = "(question) => ({__type__: 'update', interactive: question.trim() !== ''})"
_SHOW_LATEST_TURN = "watch('value', () => window.footnote.showLatestTurn(element));"
_SHOW_EVIDENCE_TOP = "watch('value', () => window.footnote.showEvidenceTop(element));"
_BROKEN = "Something went wrong here, and the details are in the log. Your question is kept; ask it again."


class Page:
    """The components of the page and what they do; ``blocks`` is what Gradio serves."""

    def __init__(self, bot: QA) -> None:
        self.bot = bot
        self._knowledge = -1, ""
        self._examples: tuple[int, tuple[str, ...]] = -1, ()
        self.blocks = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
        with self.blocks:
            self._lay_out()
            self._wire()
            add_endpoints(bot)

    def _lay_out(self) -> None:
        self.session = gr.State(Session())
        with gr.Row(elem_id="fn-header"):
            with gr.Column(min_width=0):
                gr.HTML("<h1>Footnote</h1>", apply_default_css=False)
                self.knows = gr.HTML(self._knows(), apply_default_css=False)
            self.clear = gr.Button("New chat", elem_id="fn-clear", size="sm", scale=0, min_width=0)
        with gr.Row(elem_id="fn-columns"):
            with gr.Column(elem_id="fn-chat", scale=3, min_width=0):
                with gr.Column(elem_id="fn-scroll", min_width=0):
                    self.conversation = gr.HTML(
                        conversation(()), apply_default_css=False, js_on_load=_SHOW_LATEST_TURN
                    )
                    with gr.Column(visible=False, elem_id="fn-examples", min_width=0) as self.examples:
                        self.buttons = [gr.Button(visible=False, size="sm") for _ in range(SHOWN)]
                self.notice = gr.HTML("", elem_id="fn-notice", apply_default_css=False)
                with gr.Row(elem_id="fn-ask"):
                    self.question = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=6,
                        placeholder="Ask a question",
                        autofocus=True,
                        elem_id="fn-question",
                        min_width=0,
                    )
                    self.send = gr.Button(
                        "Ask", variant="primary", interactive=False, elem_id="fn-send", scale=0, min_width=0
                    )
            with gr.Column(elem_id="fn-evidence", scale=2, min_width=0):
                self.evidence = gr.HTML(evidence(()), apply_default_css=False, js_on_load=_SHOW_EVIDENCE_TOP)

    def _wire(self) -> None:
        shown: list[Component] = [self.knows, self.conversation, self.examples]
        shown += [self.notice, self.question, self.evidence]
        asking = [
            (self.question.submit, self.question),
            (self.send.click, self.question),
            *((button.click, button) for button in self.buttons),
        ]
        for trigger, source in asking:
            trigger(
                self._ask,
                inputs=[source, self.session],
                outputs=shown,
                show_progress="hidden",
                trigger_mode="multiple",  # "once" would swallow an Enter pressed while an answer ends
                api_visibility="private",
            )
        self.clear.click(
            self._clear,
            inputs=self.session,
            outputs=shown,
            show_progress="hidden",
            api_visibility="private",
        )
        for button in [self.send, self.clear, *self.buttons]:
            button.click(fn=None, js=_FOCUS)
        self.question.change(fn=None, js=_ENABLE, inputs=self.question, outputs=self.send)
        self.blocks.load(self._knows, outputs=self.knows, show_progress="hidden", api_visibility="private")
        self.blocks.load(
            self._offer,
            inputs=self.session,
            outputs=[self.examples, *self.buttons],
            show_progress="hidden",
            api_visibility="private",
        )

    def _ask(self, question: str, session: Session) -> Iterator[Updates]:
        """Show the question at once, then its answer; what fails is shown as an error, the text kept."""
        history = [turn.question for turn in session.turns if turn.answer is not None]
        ticket = session.begin(question)
        if ticket is None:
            yield {self.notice: gr.skip()}
            return
        yield {**self._drawn(session), self.notice: "", self.question: ""}
        turn, message = None, ""
        try:
            turn = answered_turn(self.bot.ask(question, history), document=self.bot.document)
        except FootnoteError as error:
            message = str(error)
        except Exception:  # noqa: BLE001 - the page is an edge: whatever it was is logged and told
            _LOG.exception("a question from the page failed")
            message = _BROKEN
        if not session.finish(ticket, turn):
            return
        if message:
            yield {**self._drawn(session), self.notice: notice(message), self.question: question}
        else:
            yield {**self._drawn(session), self.knows: self._knows(), self.evidence: evidence(session.turns)}

    def _clear(self, session: Session) -> Updates:
        session.clear()
        return {
            **self._drawn(session),
            self.notice: "",
            self.question: "",
            self.knows: self._knows(),
            self.evidence: evidence(()),
        }

    def _drawn(self, session: Session) -> Updates:
        """Return the conversation as it stands, with the examples below it as long as it is empty."""
        turns = session.turns
        return {
            self.conversation: conversation(turns),
            self.examples: gr.Column(visible=not turns and any(self._examples[1])),
        }

    def _knows(self) -> str:
        """Return the line of what the bot knows, counted once a generation."""
        documents = self.bot.documents()
        report = self.bot.report
        if self._knowledge[0] != report.generation:
            passages = self.bot.passages
            self._knowledge = report.generation, knowledge(documents, passages=passages, failed=report.failed)
        return self._knowledge[1]

    def _offer(self, session: Session) -> Updates:
        """Offer the examples; looking them up also loads the encoder before the first question."""
        try:
            generation = self.bot.report.generation
            if self._examples[0] != generation:
                self._examples = generation, examples(self.bot)
        except FootnoteError as error:
            _LOG.warning("no examples: %s", error)
        questions = self._examples[1]
        offered: Updates = {self.examples: gr.Column(visible=not session.turns and any(questions))}
        for number, button in enumerate(self.buttons):
            there = number < len(questions)
            offered[button] = gr.Button(questions[number] if there else "", visible=there)
        return offered
