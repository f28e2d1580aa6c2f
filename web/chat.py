"""Turns → the conversation, as HTML.

Questions and answers are plain text that may hold any character. All of it is escaped here and goes
into ``gr.HTML`` as data: ``gr.Chatbot`` would read it as Markdown, where a quoted ``![](http://…)``
sends a request off the machine, ``$$`` becomes a formula, and a link loses its label.

Footnote n of turn t is ``mark-t-n`` here and ``card-t-n`` in the evidence; each links to the other.
``data-ask`` makes a button that asks; ``page.js`` acts on it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from embeddings.corpus import heading_path
from qa.answer import Answer, Hit
from web.english import ENGLISH
from web.foot import carried, foot
from web.turn import Turn
from web.words import Words

_MARK = re.compile(r"(?<!\s)\s*+\[(\d+)\]")
# A question as long as a document is cut here; the whole of it stays in the answer's JSON.
_LONGEST_SHOWN = 600
# A link that holds more would be cut on its way by what people send links with.
_LONGEST_LINK = 1_500
_GLIMPSE = 240
# Confidence is calibrated, so the words can say what they mean: right 17 times in 20, right 3 times in 5.
_HIGH, _FAIR = 0.85, 0.6


def conversation(turns: Sequence[Turn], words: Words = ENGLISH, *, identity: str = "") -> str:
    """Return the turns of the conversation with that id, oldest first, or a welcome where there are none."""
    body = "".join(_turn(turn, number, words) for number, turn in enumerate(turns, start=1))
    welcome = (
        f'<div class="fn-welcome"><h2>{escape(words.welcome)}</h2><p>{escape(words.welcome_text)}</p></div>'
    )
    return (
        f'<div class="fn-turns" role="log" data-conversation="{escape(identity)}" '
        f'aria-label="{escape(words.conversation)}">{body or welcome}</div>'
    )


def offer(questions: Sequence[str], words: Words = ENGLISH, *, data: str = "") -> str:
    """Return examples to begin with; for a bot that knows no documents, where to put some instead."""
    if data:
        text = escape(words.no_documents_text).replace("{}", f"<bdi><code>{escape(data)}</code></bdi>")
        return f'<div class="fn-nothing"><h3>{escape(words.no_documents)}</h3><p>{text}</p></div>'
    buttons = "".join(
        f'<li><button type="button" dir="auto" data-ask="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<h3 class="fn-unseen">{escape(words.examples)}</h3><ul>{buttons}</ul>' if buttons else ""


def notice(message: str, words: Words = ENGLISH) -> str:
    """Return an error as the page shows it: above the question, never among the answers."""
    line = escape(message[:1].upper() + message[1:])
    return f'<div class="fn-error" role="alert"><strong>{escape(words.error)}</strong> {line}</div>'


def link_to(query: str, where: Mapping[str, Sequence[str]]) -> str:
    """Return the address, below the page's own, that asks the question again; "" where it is too long."""
    pairs = [
        ("q", query),
        *(("filter", f"{key}:{value}") for key, values in where.items() for value in values),
    ]
    address = f"?{urlencode(pairs)}"
    return address if len(address) <= _LONGEST_LINK else ""


def _turn(turn: Turn, number: int, words: Words) -> str:
    question = turn.question
    if len(question) > _LONGEST_SHOWN:
        question = question[:_LONGEST_SHOWN] + "…"
    if turn.found is not None:
        reply = _found(turn.found, number, words)
    elif turn.answer is None:
        reply = f'<div class="fn-answer fn-pending"><p>{escape(words.searching)}</p></div>'
    elif turn.answer.answered:
        reply = _answered(turn, turn.answer, number, words)
    else:
        reply = _absent(turn, turn.answer, number, words)
    return (
        f'<section class="fn-turn" id="turn-{number}" data-turn="{number}" tabindex="-1"{carried(turn)}>'
        f'<h2 class="fn-question" dir="auto">'
        f'<span class="fn-unseen">{escape(words.you_searched if turn.search else words.you_asked)}</span>'
        f"{escape(question)}</h2>{_only(turn.where, words)}{reply}"
        f"{foot(turn, words, address=_link(turn))}</section>"
    )


def _answered(turn: Turn, answer: Answer, number: int, words: Words) -> str:
    return (
        f'<div class="fn-answer">{_searched(turn, answer, words)}{_paragraphs(answer, number, words)}'
        f"{_confidence(answer.confidence, words)}</div>"
    )


def _absent(turn: Turn, answer: Answer, number: int, words: Words) -> str:
    near = ""
    if answer.hits:
        near = f' <a class="fn-link" href="#evidence-{number}">{escape(words.see_nearest)}</a>'
    chance = words.chance.format(_percent(answer.confidence, words))
    return (
        f'<div class="fn-answer fn-absent">{_searched(turn, answer, words)}'
        f'<p class="fn-state">{escape(words.not_in_sources)}</p>{_paragraphs(answer, number, words)}'
        f'<p class="fn-small">{escape(chance)}{near}</p></div>'
    )


def _found(hits: Sequence[Hit], number: int, words: Words) -> str:
    """Return what a search found, each as a line that leads to the whole passage."""
    if not hits:
        return f'<div class="fn-answer fn-absent"><p>{escape(words.found_none)}</p></div>'
    items = "".join(_result(hit, number, words) for hit in hits)
    head = escape(words.found.format(len(hits)))
    return f'<div class="fn-answer fn-found"><p class="fn-small">{head}</p><ol>{items}</ol></div>'


def _result(hit: Hit, number: int, words: Words) -> str:
    label = words.result.format(hit.rank, hit.title)
    glimpse = " ".join(hit.text.split())
    if len(glimpse) > _GLIMPSE:
        glimpse = f"{glimpse[:_GLIMPSE].rsplit(' ', 1)[0]}…"
    return (
        f'<li><a class="fn-mark" id="mark-{number}-{hit.rank}" href="#card-{number}-{hit.rank}" '
        f'aria-label="{escape(label)}">{hit.rank}</a><div>'
        f'<p class="fn-result" dir="auto">{escape(heading_path(hit.title, hit.headings))}</p>'
        f'<p class="fn-glimpse" dir="auto">{escape(glimpse)}</p></div></li>'
    )


def _only(where: Mapping[str, Sequence[str]], words: Words) -> str:
    if not where:
        return ""
    said = "; ".join(f"{words.key(key)}: {', '.join(values)}" for key, values in where.items())
    return f'<p class="fn-small fn-only" dir="auto">{escape(words.only)}{escape(said)}</p>'


def _link(turn: Turn) -> str:
    query = turn.question if turn.answer is None or turn.literal else turn.answer.query
    return "" if turn.pending or turn.search else link_to(query, turn.where)


def _searched(turn: Turn, answer: Answer, words: Words) -> str:
    """Say what was searched where it is not what was typed, and offer to search that instead."""
    if turn.literal:
        return f'<p class="fn-small">{escape(words.taken_literally)}</p>'
    if answer.query == answer.question:
        return ""
    return (
        f'<p class="fn-small fn-searched" dir="auto">'
        f"{escape(words.searched_for)}<q>{escape(answer.query)}</q> "
        f'<button type="button" class="fn-link" data-literal="1" data-ask="{escape(turn.question)}" '
        f'data-where="{escape(json.dumps(dict(turn.where)))}">{escape(words.as_typed)}</button></p>'
    )


def _paragraphs(answer: Answer, number: int, words: Words) -> str:
    """Return the text's blocks; lines of a block that begin with "- " are a list."""
    seen: set[str] = set()
    blocks = []
    for block in answer.text.split("\n\n"):
        lines = block.split("\n")
        prose = "<br>".join(
            _line(line, answer, number, seen, words) for line in lines if not line.startswith("- ")
        )
        items = "".join(
            f'<li dir="auto">{_line(line[2:], answer, number, seen, words)}</li>'
            for line in lines
            if line.startswith("- ")
        )
        blocks.append(
            (f'<p dir="auto">{prose}</p>' if prose else "") + (f"<ul>{items}</ul>" if items else "")
        )
    return "".join(blocks)


def _line(line: str, answer: Answer, number: int, seen: set[str], words: Words) -> str:
    pieces, end = [], 0
    for match in _MARK.finditer(line):
        pieces += [_said(line[end : match.start()]), _mark(match[1], answer, number, seen, words)]
        end = match.end()
    return "".join([*pieces, _said(line[end:])])


def _said(text: str) -> str:
    """Return words of a source as they are shown in an answer."""
    return escape(text)


def _mark(note: str, answer: Answer, number: int, seen: set[str], words: Words) -> str:
    title = next(citation.title for citation in answer.citations if citation.number == int(note))
    identity = "" if note in seen else f' id="mark-{number}-{note}"'
    seen.add(note)
    return (
        f'<sup><a class="fn-mark"{identity} href="#card-{number}-{note}" '
        f'aria-label="{escape(words.footnote.format(note, title))}" title="{escape(title)}">{note}</a></sup>'
    )


def _confidence(confidence: float, words: Words) -> str:
    shown = round(confidence, 2)
    level = words.high if shown >= _HIGH else words.fair if shown >= _FAIR else words.low
    said = _percent(confidence, words)
    return (
        f'<div class="fn-confidence" title="{escape(words.confidence.format(said))}">'
        f'<span class="fn-bar" aria-hidden="true"><span style="width: {confidence:.0%}"></span></span>'
        f"<span>{escape(level)}, {escape(said)}</span></div>"
    )


def _percent(probability: float, words: Words) -> str:
    """Return a probability in words; an estimate is never certain, so never 0% or 100%."""
    if probability < 0.01:
        return words.under
    return words.over if probability > 0.99 else f"{probability:.0%}"
