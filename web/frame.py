"""The page's frame as HTML: the header, and the place where the browser shows the filters in use."""

from html import escape

from web.words import Words


def header(words: Words, *, can_log_out: bool = False) -> str:
    """Return name and tools; what a screen reader meets first is a way past them."""
    leave = (
        f'<form method="post" action="logout"><button type="submit" class="fn-tool" id="fn-leave">'
        f"{escape(words.log_out)}</button></form>"
    )
    return (
        f'<div class="fn-top" data-language="{words.language}">'
        f'<a class="fn-skip" href="#fn-question">{escape(words.skip)}</a>'
        f'<div class="fn-name"><h1>Footnote</h1><p>{escape(words.tagline)}</p></div>'
        f'<button type="button" class="fn-tool" id="fn-menu" aria-expanded="false" aria-controls="fn-left">'
        f'<span aria-hidden="true">☰</span> <span class="fn-label">{escape(words.menu)}</span></button>'
        f'<button type="button" class="fn-tool" id="fn-theme" title="{escape(words.theme)}" '
        f'aria-label="{escape(words.theme)}"><span aria-hidden="true">◐</span></button>'
        f"{leave if can_log_out else ''}</div>"
    )


def chips(words: Words) -> str:
    """Return the empty group of filters; ``page.js`` fills it from what is ticked."""
    return (
        f'<div id="fn-chips" role="group" aria-label="{escape(words.chosen)}" '
        f'data-remove="{escape(words.remove)}" data-clear="{escape(words.clear)}"></div>'
    )
