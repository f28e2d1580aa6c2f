"""Turns → the conversation, as HTML.

Questions and answers are plain text that may hold any character. All of it is escaped here and goes
into ``gr.HTML`` as data: ``gr.Chatbot`` would read it as Markdown, where a quoted ``![](http://…)``
sends a request off the machine, ``$$`` becomes a formula, and a link loses its label.

Footnote n of turn t is ``mark-t-n`` here and ``card-t-n`` in the evidence; each links to the other.
"""

import re
from collections.abc import Sequence
from html import escape

from qa.answer import Answer
from web.turn import Turn

_MARK = re.compile(r"\s*\[(\d+)\]")
# A question as long as a document is cut here; the whole of it stays in the answer's JSON.
_LONGEST_SHOWN = 600
# Confidence is calibrated, so the words can say what they mean: right 17 times in 20, right 3 times in 5.
_CONFIDENCE = ((0.85, "High confidence"), (0.6, "Fair confidence"), (0.0, "Low confidence"))

WELCOME = """<div class="fn-welcome"><h2>Ask your documents</h2>
<p>Every sentence of an answer comes word for word from a source and is footnoted to its exact place.
What the sources do not hold is said to be missing, never made up.</p></div>"""


def conversation(turns: Sequence[Turn]) -> str:
    """Return the turns, oldest first, or a welcome where there are none."""
    body = "".join(_turn(turn, number) for number, turn in enumerate(turns, start=1))
    return f'<div class="fn-turns" role="log" aria-label="Conversation">{body or WELCOME}</div>'


def notice(message: str) -> str:
    """Return an error as the page shows it: above the question, never among the answers."""
    line = escape(message[:1].upper() + message[1:])
    return f'<div class="fn-error" role="alert"><strong>Error</strong> {line}</div>'


def _turn(turn: Turn, number: int) -> str:
    question = turn.question
    if len(question) > _LONGEST_SHOWN:
        question = question[:_LONGEST_SHOWN] + "…"
    if turn.answer is None:
        reply = '<div class="fn-answer fn-pending"><p>Searching the sources…</p></div>'
    elif turn.answer.answered:
        reply = _answered(turn.answer, number)
    else:
        reply = _absent(turn.answer, number)
    return (
        f'<section class="fn-turn" id="turn-{number}" data-turn="{number}" tabindex="-1">'
        f'<h3 class="fn-question" dir="auto"><span class="fn-unseen">You asked: </span>'
        f"{escape(question)}</h3>"
        f"{reply}</section>"
    )


def _answered(answer: Answer, number: int) -> str:
    return (
        f'<div class="fn-answer">{_searched(answer)}{_paragraphs(answer, number)}'
        f"{_confidence(answer.confidence)}</div>"
    )


def _absent(answer: Answer, number: int) -> str:
    near = ""
    if answer.hits:
        near = (
            f' <a class="fn-link" href="#evidence-{number}" data-turn="{number}">See the nearest passages</a>'
        )
    return (
        f'<div class="fn-answer fn-absent">{_searched(answer)}'
        f'<p class="fn-state">Not in the sources</p>{_paragraphs(answer, number)}'
        f'<p class="fn-small">Estimated chance that the sources hold an answer: '
        f"{_percent(answer.confidence)}.{near}</p></div>"
    )


def _searched(answer: Answer) -> str:
    if answer.query == answer.question:
        return ""
    return f'<p class="fn-small" dir="auto">Searched for: <q>{escape(answer.query)}</q></p>'


def _paragraphs(answer: Answer, number: int) -> str:
    """Return the text's blocks; lines of a block that begin with "- " are a list."""
    seen: set[str] = set()
    blocks = []
    for block in answer.text.split("\n\n"):
        lines = block.split("\n")
        prose = "<br>".join(_line(line, answer, number, seen) for line in lines if not line.startswith("- "))
        items = "".join(
            f'<li dir="auto">{_line(line[2:], answer, number, seen)}</li>'
            for line in lines
            if line.startswith("- ")
        )
        blocks.append(
            (f'<p dir="auto">{prose}</p>' if prose else "") + (f"<ul>{items}</ul>" if items else "")
        )
    return "".join(blocks)


def _line(line: str, answer: Answer, number: int, seen: set[str]) -> str:
    pieces, end = [], 0
    for match in _MARK.finditer(line):
        pieces += [escape(line[end : match.start()]), _mark(match[1], answer, number, seen)]
        end = match.end()
    return "".join([*pieces, escape(line[end:])])


def _mark(note: str, answer: Answer, number: int, seen: set[str]) -> str:
    title = next(citation.title for citation in answer.citations if citation.number == int(note))
    identity = "" if note in seen else f' id="mark-{number}-{note}"'
    seen.add(note)
    return (
        f'<sup><a class="fn-mark"{identity} href="#card-{number}-{note}" data-turn="{number}" '
        f'aria-label="Footnote {note}: {escape(title)}" title="{escape(title)}">{note}</a></sup>'
    )


def _confidence(confidence: float) -> str:
    words = next(words for least, words in _CONFIDENCE if confidence >= least)
    said = _percent(confidence)
    return (
        f'<div class="fn-confidence" title="Estimated chance that the sources hold the answer: {said}">'
        f'<span class="fn-bar" aria-hidden="true"><span style="width: {confidence:.0%}"></span></span>'
        f"<span>{words}, {said}</span></div>"
    )


def _percent(probability: float) -> str:
    """Return a probability in words; an estimate is never certain, so never 0% or 100%."""
    if probability < 0.01:
        return "under 1%"
    return "over 99%" if probability > 0.99 else f"{probability:.0%}"
