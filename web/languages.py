"""Which language the page speaks to a browser.

Gradio translates its own components in the browser (``translations``). What is drawn here as HTML is
drawn in the language that the browser asks for first, so that both agree.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from web.chinese import CHINESE
from web.english import ENGLISH
from web.words import Words

if TYPE_CHECKING:
    import gradio as gr


def words_for(accepted: str | None) -> Words:
    """Return the words for a browser's ``Accept-Language``: Chinese where it is asked for first."""
    first = (accepted or "").partition(",")[0].partition(";")[0].strip().lower()
    return CHINESE if first.split("-")[0] == "zh" else ENGLISH


def words_of(request: "gr.Request") -> Words:
    """Return the words for the browser that a request comes from."""
    return words_for(request.headers.get("accept-language"))


def translations() -> "gr.I18n":
    """Return the table as Gradio's components read it."""
    import gradio as gr  # takes seconds, and the door speaks before that

    chinese = asdict(CHINESE)
    return gr.I18n(**{"en": asdict(ENGLISH), "zh": chinese, "zh-CN": chinese, "zh-TW": chinese})
