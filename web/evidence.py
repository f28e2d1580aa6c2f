"""Turns → the evidence beside the conversation, as HTML.

One section a turn, of which the page shows one: the latest, or that of the answer last chosen.
Answered, it holds a card a footnote, the quoted span marked by its offsets; not answered, it holds
the nearest passages with nothing marked; for a search, a card a passage. Everything that comes from
a document is escaped.
"""

from collections.abc import Sequence
from html import escape

from embeddings.corpus import heading_path
from qa.answer import Hit
from web.english import ENGLISH
from web.reader import digest_of
from web.turn import Excerpt, Turn
from web.words import Words

# Nearest passages shown where the sources hold no answer.
NEAREST = 3


def evidence(turns: Sequence[Turn], words: Words = ENGLISH) -> str:
    """Return every finished turn's evidence, all but the latest hidden."""
    finished = [number for number, turn in enumerate(turns, start=1) if not turn.pending]
    body = "".join(
        _section(turns[number - 1], number, words, hidden=number != finished[-1]) for number in finished
    )
    empty = f'<p class="fn-small fn-empty">{escape(words.evidence_empty)}</p>'
    return f'<div class="fn-panel"><h2>{escape(words.evidence)}</h2>{body or empty}</div>'


def _section(turn: Turn, number: int, words: Words, *, hidden: bool) -> str:
    return (
        f'<section class="fn-evidence" id="evidence-{number}" data-turn="{number}" tabindex="-1"'
        f"{' hidden' if hidden else ''}>"
        f'<p class="fn-for" dir="auto"><span>{escape(words.evidence_for)}</span>'
        f"{escape(turn.question[:200])}</p>"
        f"{_body(turn, number, words)}</section>"
    )


def _body(turn: Turn, number: int, words: Words) -> str:
    if turn.found is not None:
        return "".join(_passage(hit, words, number=number) for hit in turn.found)
    answer = turn.answer
    if answer is not None and answer.answered:
        return "".join(_card(excerpt, number, words) for excerpt in turn.excerpts)
    if answer is None or not answer.hits:
        return f'<p class="fn-small">{escape(words.nothing_near)}</p>'
    return (
        f'<h3>{escape(words.nearest)}</h3><p class="fn-small">{escape(words.nearest_note)}</p>'
        + "".join(_passage(hit, words) for hit in answer.hits[:NEAREST])
        + _back(f"turn-{number}", words)
    )


def _card(excerpt: Excerpt, number: int, words: Words) -> str:
    """Return the card of a footnote."""
    citation, hit = excerpt.citation, excerpt.hit
    note = citation.number
    headings = hit.headings if hit else ()
    return (
        f'<article class="fn-card" id="card-{number}-{note}" tabindex="-1" '
        f'aria-label="{escape(words.footnote.format(note, citation.title))}">'
        f'<header><span class="fn-number">{note}</span>'
        f"{_source(citation.title, citation.source, headings)}</header>"
        f"{_stale(words) if excerpt.stale else ''}"
        f'<blockquote class="fn-passage" dir="auto">{_quoted(excerpt)}</blockquote>'
        f"{_also(citation.also_in, words)}"
        f"{_open(citation.document_id, citation.start, citation.end, citation.quote, words)}"
        f"{_why(hit, words) if hit else ''}{_back(f'mark-{number}-{note}', words)}</article>"
    )


def _passage(hit: Hit, words: Words, *, number: int | None = None) -> str:
    """Return the card of a passage with nothing marked, numbered where a search found it."""
    label = escape(words.result.format(hit.rank, hit.title))
    identity = f' id="card-{number}-{hit.rank}" tabindex="-1" aria-label="{label}"' if number else ""
    badge = f'<span class="fn-number">{hit.rank}</span>' if number else ""
    return (
        f'<article class="fn-card fn-near"{identity}>'
        f"<header>{badge}{_source(hit.title, hit.source, hit.headings)}</header>"
        f"{_stale(words) if hit.stale else ''}"
        f'<blockquote class="fn-passage" dir="auto">{_plain(hit.text)}</blockquote>'
        f"{_also(hit.also_in, words)}{_open(hit.document_id, hit.start, hit.end, hit.text, words)}"
        f"{_why(hit, words)}{_back(f'mark-{number}-{hit.rank}', words) if number else ''}</article>"
    )


def _quoted(excerpt: Excerpt) -> str:
    """Return the text around a citation, the quoted span marked."""
    return f"{_plain(excerpt.before)}<mark>{_plain(excerpt.quoted)}</mark>{_plain(excerpt.after)}"


def _plain(text: str) -> str:
    """Return words of a source as they are shown in a card."""
    return escape(text)


def _source(title: str, source: str, headings: tuple[str, ...]) -> str:
    path = heading_path(title, headings).removeprefix(title).removeprefix(" > ")
    heading = f'<p class="fn-path" dir="auto">{escape(path)}</p>' if path else ""
    return (
        f'<div><h3 dir="auto">{escape(title)}</h3>{heading}'
        f'<p class="fn-source"><bdi>{escape(source)}</bdi></p></div>'
    )


def _stale(words: Words) -> str:
    return f'<p class="fn-stale">{escape(words.stale)}</p>'


def _also(sources: tuple[str, ...], words: Words) -> str:
    if not sources:
        return ""
    names = ", ".join(f"<bdi>{escape(source)}</bdi>" for source in sources)
    return f'<p class="fn-also">{escape(words.also_in).replace("{}", names)}</p>'


def _open(document_id: str, start: int, end: int, marked: str, words: Words) -> str:
    return (
        f'<p class="fn-return"><button type="button" class="fn-link" data-document="{escape(document_id)}" '
        f'data-start="{start}" data-end="{end}" data-digest="{digest_of(marked)}">'
        f"{escape(words.open)}</button></p>"
    )


def _why(hit: Hit, words: Words) -> str:
    """Return what a passage's score is made of; parts are 0 to 1 or a cosine."""
    rows = "".join(_part(words.part(name), value) for name, value in hit.parts.items())
    return (
        f'<details class="fn-why"><summary>{escape(words.why)}</summary>'
        f'<p class="fn-small">{escape(words.rank.format(hit.rank))}</p>'
        f"<table><tbody>{rows}{_part(words.score, hit.score)}</tbody></table></details>"
    )


def _part(name: str, value: float) -> str:
    share = min(1.0, max(0.0, value))
    return (
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td aria-hidden="true"><span class="fn-bar"><span style="width: {share:.0%}"></span></span></td>'
        f"<td>{value:.2f}</td></tr>"
    )


def _back(target: str, words: Words) -> str:
    return f'<p class="fn-return"><a class="fn-link" href="#{target}">{escape(words.back)}</a></p>'
