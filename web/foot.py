"""What stands below an answer: copy it, say whether it helped, link to its question, as HTML.

``chats.js`` acts on the buttons. The turn's element carries what the browser keeps of it.
"""

from html import escape

from web.keeping import kept, markdown, plain
from web.turn import Turn
from web.words import Words

# Few systems have a font with the sign; turned round by its style, it points down.
_THUMB = (
    "M2 10h5v12H2zM9 22V10l4-8c2.2 0 3.4 1.4 3 3.4L15.2 9H21c1 0 1.7.9 1.5 1.9L20.4 20c-.3 1.2-1.3 2-2.5 2z"
)


def carried(turn: Turn) -> str:
    """Return the attributes of a finished turn's element that hold the turn itself."""
    if turn.pending:
        return ""
    return f' data-kept="{escape(kept(turn))}" data-markdown="{escape(markdown(turn))}"'


def foot(turn: Turn, words: Words, *, address: str) -> str:
    """Return the row of tools; ``address`` is the link to the question, "" where there is none."""
    if turn.pending:
        return ""
    link = f'<a class="fn-quiet" href="{escape(address)}">{escape(words.link)}</a>' if address else ""
    copy = (
        f'<button type="button" class="fn-foot-tool" data-copy="{escape(plain(turn))}" '
        f'data-copied="{escape(words.copied)}">{escape(words.copy)}</button>'
    )
    return f'<div class="fn-foot">{copy}{_thumbs(turn, words)}{link}</div>'


def _thumbs(turn: Turn, words: Words) -> str:
    if turn.answer is None:
        return ""
    return "".join(
        f'<button type="button" class="fn-foot-tool" data-rate="{verdict}" title="{escape(label)}" '
        f'aria-label="{escape(label)}" aria-pressed="{str(turn.rating == verdict).lower()}">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{_THUMB}"/></svg></button>'
        for verdict, label in (("up", words.good), ("down", words.bad))
    )
