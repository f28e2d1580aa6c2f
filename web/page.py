"""The page: what the bot knows above, the conversation, and the evidence beside it.

A session's turns are its own (``gr.State``); everything it sees is drawn from them, so two browsers
never share anything but the bot.
"""

import logging
from collections.abc import Iterator
from typing import TypeAlias

import gradio as gr
from gradio.components import Component

from embeddings.errors import FootnoteError
from qa import QA
from web.api import serve_api
from web.chat import conversation
from web.evidence import evidence
from web.examples import SHOWN, examples
from web.knowledge import knowledge
from web.notice import error_notice
from web.turn import Turn, answered_turn

_LOG = logging.getLogger("footnote")

Turns: TypeAlias = tuple[Turn, ...]
Updates: TypeAlias = dict[Component, object]
