"""The page, in three zones: what the bot knows, the conversation, and the evidence beside it.

Each browser has its own ``Session`` (``gr.State``), and all it sees is drawn from it: two browsers
share the bot and nothing else. The filters that are ticked live in the browser alone and come with
every question.

A further panel goes into ``_left`` or ``_right`` as a component of its own; a further page becomes a
route of ``blocks``, linked from the header.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import TypeAlias

import gradio as gr
from gradio.components import Component

from embeddings.errors import DocumentError, FootnoteError
from qa import QA
from web.api import add_endpoints
from web.chat import conversation, notice
from web.content import Content
from web.conversations import KEEP, Conversations
from web.english import ENGLISH
from web.evidence import evidence
from web.facets import where_of
from web.frame import chips, header
from web.journal import Journal
from web.known import Known
from web.languages import words_of
from web.pictures import Pictures
from web.reader import reader, removed
from web.session import Session
from web.turn import Turn, answered_turn
from web.words import Words

Updates: TypeAlias = dict[Component, object]

# Passages that a search lists.
FOUND = 10
_SEND = "(question, chosen, session) => [question, window.footnote.chosen(), session]"
_ENABLE = "(question) => Array(2).fill({__type__: 'update', interactive: question.trim() !== ''})"
_FOCUS = "() => document.querySelector('#fn-question textarea').focus({preventScroll: true})"
# What ``page.js`` does when a component has changed, and what it is handed to act on the page.
_CHANGED = "watch('value', () => window.footnote.{0});"
_ALWAYS = _CHANGED + "window.footnote.{0};"
_ASKS = "window.footnote.asks((asked) => trigger('ask', asked));"
_OPENS = "window.footnote.opens((place) => trigger('open', place));"
_phrase = gr.I18n()


class Page:
    """The components of the page and what they do; ``blocks`` is what Gradio serves."""

    def __init__(
        self,
        bot: QA,
        *,
        read_only: bool = False,
        journal: Journal | None = None,
        can_log_out: bool = False,
    ) -> None:
        self.bot = bot
        self._read_only = read_only
        self._journal = journal or Journal()
        self._can_log_out = can_log_out
        self.known = Known(bot)
        self._openings = count()
        self.blocks = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
        with self.blocks:
            self._lay_out()
            self._wire()
            add_endpoints(bot, self._journal, read_only=read_only)

    def _lay_out(self) -> None:
        self.session = gr.State(Session())
        self.chosen = gr.JSON(visible=False)
        with gr.Row(elem_id="fn-header"):
            self.header = _html(self._header(ENGLISH), _ALWAYS.format("frame(element)"))
            self.clear = gr.Button(_phrase("new_chat"), elem_id="fn-clear", size="sm", scale=0, min_width=0)
        with gr.Row(elem_id="fn-columns"):
            with gr.Column(elem_id="fn-left", scale=0, min_width=0):
                self._left()
            with gr.Column(elem_id="fn-chat", scale=1, min_width=0):
                self._middle()
            with gr.Column(elem_id="fn-evidence", scale=0, min_width=0):
                self._right()
        self.reader = _html("", _CHANGED.format("read(element)") + _OPENS)

    def _left(self) -> None:
        self.chats = Conversations(self.bot)
        self.content = self._content()
        self.knows = _html(self.known.panel(ENGLISH), _ALWAYS.format("tick()"))
        self.pictures = Pictures(self.bot)

    def _content(self) -> Content | None:
        """Add what changes the content, where that is wanted and has a place."""
        uploads = self.bot.uploads
        return None if self._read_only or uploads is None else Content(self.bot, uploads)

    def _middle(self) -> None:
        with gr.Column(elem_id="fn-scroll", min_width=0):
            self.conversation = _html(
                conversation(()), KEEP + _CHANGED.format("showLatestTurn(element)") + _ASKS
            )
            self.examples = gr.HTML("", elem_id="fn-examples", apply_default_css=False)
        with gr.Column(elem_id="fn-bottom", min_width=0):
            self.notice = gr.HTML("", elem_id="fn-notice", apply_default_css=False)
            self.chips = _html(chips(ENGLISH), _ALWAYS.format("tick()"), "fn-chosen")
            with gr.Row(elem_id="fn-ask"):
                self.question = gr.Textbox(
                    label=_phrase("question"),
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=6,
                    placeholder=_phrase("placeholder"),
                    autofocus=True,
                    elem_id="fn-question",
                    min_width=0,
                )
                self.send = _button("ask", "fn-send", primary=True)
                self.search = _button("search", "fn-search")

    def _right(self) -> None:
        self.evidence = _html(evidence(()), _CHANGED.format("showEvidenceTop(element)"))

    def _wire(self) -> None:
        shown: list[Component] = [self.knows, self.conversation, self.notice, self.question, self.evidence]
        for trigger, ask in (
            (self.question.submit, self._ask),
            (self.send.click, self._ask),
            (self.search.click, self._search),
        ):
            trigger(
                ask,
                inputs=[self.question, self.chosen, self.session],
                outputs=shown,
                js=_SEND,
                show_progress="hidden",
                trigger_mode="multiple",  # "once" would swallow an Enter pressed while an answer ends
                api_visibility="private",
            )
        self.conversation.ask(
            self._ask_linked,
            inputs=self.session,
            outputs=shown,
            show_progress="hidden",
            trigger_mode="multiple",
            api_visibility="private",
        )
        self.reader.open(self._open, outputs=self.reader, show_progress="hidden", api_visibility="private")
        self.clear.click(
            self._clear, inputs=self.session, outputs=shown, show_progress="hidden", api_visibility="private"
        )
        for button in (self.send, self.search, self.clear):
            button.click(fn=None, js=_FOCUS)
        self.chats.wire(
            self.blocks, self.session, shown=self.conversation, beside=self.evidence, errors=self.notice
        )
        self.pictures.wire(self.blocks, self.session, shown=self.reader)
        if self.content:
            self.content.wire(self.blocks, self.session, panel=self.knows, news=self._news)
        self.question.change(fn=None, js=_ENABLE, inputs=self.question, outputs=[self.send, self.search])
        self.blocks.load(
            self._arrive,
            inputs=self.session,
            outputs=[self.header, self.knows, self.conversation, self.chips, self.evidence],
            show_progress="hidden",
            api_visibility="private",
        ).then(fn=None, js="() => window.footnote.begin()")
        self.blocks.load(self._offer, outputs=self.examples, show_progress="hidden", api_visibility="private")

    def _ask(self, question: str, chosen: object, session: Session, request: gr.Request) -> Iterator[Updates]:
        yield from self._reply(Turn(question, where=where_of(chosen)), session, words_of(request))

    def _search(
        self, question: str, chosen: object, session: Session, request: gr.Request
    ) -> Iterator[Updates]:
        yield from self._reply(
            Turn(question, where=where_of(chosen), search=True), session, words_of(request)
        )

    def _ask_linked(self, session: Session, request: gr.Request, event: gr.EventData) -> Iterator[Updates]:
        """Ask what a button or a link of the page asks; ``page.js`` sends it."""
        asked = event._data if isinstance(event._data, dict) else {}
        question, literal = str(asked.get("question", "")), bool(asked.get("literal"))
        turn = Turn(question, where=where_of(asked.get("where")), literal=literal)
        yield from self._reply(turn, session, words_of(request))

    def _reply(self, turn: Turn, session: Session, words: Words) -> Iterator[Updates]:
        """Show the question at once, then its answer; what fails is shown as an error, the text kept."""
        history = [before.question for before in session.turns if before.answer is not None]
        ticket = session.begin(turn)
        if ticket is None:
            yield {self.notice: gr.skip()}
            return
        yield {self.conversation: _drawn(session, words), self.notice: "", self.question: ""}
        done, message = None, ""
        try:
            done = self._looked_up(turn, history)
        except FootnoteError as error:
            message = str(error)
        except Exception:  # noqa: BLE001 - the page is an edge: whatever it was is logged and told
            message = words.broken
        if not session.finish(ticket, done):
            yield {self.conversation: _drawn(session, words)}  # Gradio ends by sending what came last again
            return
        drawn: Updates = {self.conversation: _drawn(session, words)}
        if message:
            yield {**drawn, self.notice: notice(message, words), self.question: turn.question}
        else:
            yield {**drawn, **self._news(session, words), self.evidence: evidence(session.turns, words)}

    def _looked_up(self, turn: Turn, history: list[str]) -> Turn:
        with self._journal.entry(turn.question, via="page") as entry:
            if turn.search:
                found = self.bot.retrieve(turn.question, FOUND, turn.where or None)
                entry.found(found, self.bot.report.generation)
                return replace(turn, found=tuple(found))
            answer = self.bot.ask(turn.question, history, turn.where or None, literal=turn.literal)
            entry.answered(answer, self.bot.report.generation)
            return answered_turn(turn, answer, document=self.bot.document)

    def _header(self, words: Words) -> str:
        return header(words, can_log_out=self._can_log_out)

    def _open(self, request: gr.Request, event: gr.EventData) -> str:
        """Return a whole document, opened at a place; ``page.js`` sends which."""
        place = event._data if isinstance(event._data, dict) else {}
        words, identity = words_of(request), str(place.get("document", ""))
        try:
            start, end = int(place.get("start") or 0), int(place.get("end") or 0)
            found = self.bot.document(identity)
            drawn = reader(found, words, start=start, end=end, digest=str(place.get("digest", "")))
        except (DocumentError, ValueError):
            drawn = removed(identity, words)
        return f'<div data-opening="{next(self._openings)}">{drawn}</div>'  # so that a second time is news

    def _clear(self, session: Session, request: gr.Request) -> Updates:
        words = words_of(request)
        session.clear()
        return {
            self.conversation: _drawn(session, words),
            self.notice: "",
            self.question: "",
            self.evidence: evidence((), words),
            **self._news(session, words),
        }

    def _arrive(self, session: Session, request: gr.Request) -> Updates:
        """Draw the page in the language of the browser."""
        words = words_of(request)
        drawn: Updates = {
            self.header: self._header(words),
            self.chips: chips(words),
            self.knows: self.known.panel(words),
        }
        session.generation = self.known.generation
        if not session.turns:
            drawn |= {self.conversation: _drawn(session, words), self.evidence: evidence((), words)}
        return drawn

    def _news(self, session: Session, words: Words) -> Updates:
        """Return what the bot knows if that changed since the browser was last told."""
        panel = self.known.panel(words)
        if session.generation == self.known.generation:
            return {}
        session.generation = self.known.generation
        return {self.knows: panel}

    def _offer(self, request: gr.Request) -> str:
        """Offer examples; looking them up also loads the encoder before the first question."""
        return self.known.offer(words_of(request))


def _drawn(session: Session, words: Words) -> str:
    identity, turns = session.conversation
    return conversation(turns, words, identity=identity)


def _html(value: str, behaviour: str, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=behaviour)


def _button(phrase: str, elem_id: str, *, primary: bool = False) -> gr.Button:
    return gr.Button(
        _phrase(phrase),
        variant="primary" if primary else "secondary",
        interactive=False,
        elem_id=elem_id,
        scale=0,
        min_width=0,
    )
