"""Turns → the evidence beside the conversation, as HTML.

One section a turn, of which the page shows one: the latest, or that of the footnote last followed.
Answered, it holds a card a footnote, the quoted span marked by its offsets; not answered, it holds
the nearest passages with nothing marked. Everything that comes from a document is escaped.
"""

from collections.abc import Sequence
from html import escape

from embeddings.corpus import heading_path
from qa.answer import Hit
from web.turn import Excerpt, Turn

# Nearest passages shown where the sources hold no answer.
_NEAREST = 3
_EMPTY = '<p class="fn-small fn-empty">The passages that an answer is taken from appear here.</p>'
_STALE = '<p class="fn-stale">This file can no longer be read; this is its last good version.</p>'


def evidence(turns: Sequence[Turn]) -> str:
    """Return every finished turn's evidence, all but the latest hidden."""
    finished = [number for number, turn in enumerate(turns, start=1) if turn.answer is not None]
    body = "".join(_section(turns[number - 1], number, hidden=number != finished[-1]) for number in finished)
    return f'<div class="fn-panel"><h2>Evidence</h2>{body or _EMPTY}</div>'


def _section(turn: Turn, number: int, *, hidden: bool) -> str:
    answer = turn.answer
    if answer is None:
        return ""
    if answer.answered:
        body = "".join(_card(excerpt, number) for excerpt in turn.excerpts)
    elif answer.hits:
        note = "Nothing here answers the question; these came closest to it."
        cards = "".join(_nearest(hit) for hit in answer.hits[:_NEAREST])
        body = f'<h3>Nearest passages</h3><p class="fn-small">{note}</p>{cards}{_back(f"turn-{number}")}'
    else:
        body = '<p class="fn-small">Nothing in the sources comes near this question.</p>'
    return (
        f'<section class="fn-evidence" id="evidence-{number}" data-turn="{number}" tabindex="-1"'
        f"{' hidden' if hidden else ''}>"
        f'<p class="fn-for" dir="auto"><span>For: </span>{escape(turn.question[:200])}</p>{body}</section>'
    )


def _card(excerpt: Excerpt, number: int) -> str:
    citation = excerpt.citation
    note = citation.number
    passage = f"{escape(excerpt.before)}<mark>{escape(excerpt.quoted)}</mark>{escape(excerpt.after)}"
    return (
        f'<article class="fn-card" id="card-{number}-{note}" tabindex="-1" aria-label="Footnote {note}">'
        f'<header><span class="fn-number">{note}</span>'
        f"{_source(citation.title, citation.source, excerpt.headings)}</header>"
        f"{_STALE if excerpt.stale else ''}"
        f'<blockquote class="fn-passage" dir="auto">{passage}</blockquote>'
        f"{_also(citation.also_in)}{_back(f'mark-{number}-{note}')}</article>"
    )


def _nearest(hit: Hit) -> str:
    return (
        f'<article class="fn-card fn-near"><header>{_source(hit.title, hit.source, hit.headings)}</header>'
        f"{_STALE if hit.stale else ''}"
        f'<blockquote class="fn-passage" dir="auto">{escape(hit.text)}</blockquote>'
        f"{_also(hit.also_in)}</article>"
    )


def _source(title: str, source: str, headings: tuple[str, ...]) -> str:
    path = heading_path(title, headings).removeprefix(title).removeprefix(" > ")
    heading = f'<p class="fn-path" dir="auto">{escape(path)}</p>' if path else ""
    return (
        f'<div><h4 dir="auto">{escape(title)}</h4>{heading}'
        f'<p class="fn-source"><bdi>{escape(source)}</bdi></p></div>'
    )


def _also(sources: tuple[str, ...]) -> str:
    if not sources:
        return ""
    names = ", ".join(f"<bdi>{escape(source)}</bdi>" for source in sources)
    return f'<p class="fn-also">Also in {names}</p>'


def _back(target: str) -> str:
    return f'<p class="fn-return"><a class="fn-link" href="#{target}">Back to the answer</a></p>'
