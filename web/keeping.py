"""Turns ↔ what a browser keeps of them, so that a conversation outlives a reload and the server.

A turn is kept as JSON text that the browser hands back untouched; what comes back is checked like
anything from outside, and all of it is drawn escaped. Beside it stands the turn as Markdown, for export.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from qa.answer import Answer, Citation, Hit
from web.evidence import NEAREST
from web.turn import Turn

_LOG = logging.getLogger("footnote")
_TURN: TypeAdapter[Turn] = TypeAdapter(Turn)
# What would be more than its signs in Markdown; of a link, the bracket that makes it one.
_SIGNS = re.compile(r"([\\`*_{}<>#|~]|(?<=\])[(:])")


def kept(turn: Turn) -> str:
    """Return a finished turn as JSON text, without the hits that nothing shows again."""
    answer = turn.answer
    if answer is not None and answer.answered:
        answer = replace(answer, hits=tuple(e.hit for e in turn.excerpts if e.hit is not None))
    elif answer is not None:
        answer = replace(answer, hits=answer.hits[:NEAREST])
    return _TURN.dump_json(replace(turn, answer=answer)).decode()


def restored(texts: object) -> list[Turn]:
    """Return the turns of kept texts; what cannot be read, of another version perhaps, is left out."""
    turns = []
    for text in texts if isinstance(texts, list) else ():
        try:
            turn = _TURN.validate_json(text)
        except (ValidationError, TypeError) as error:
            _LOG.warning("a kept turn cannot be read: %s", type(error).__name__)
            continue
        if not turn.pending:
            turns.append(turn)
    return turns


def plain(turn: Turn) -> str:
    """Return what copying a turn gives: the answer with its sources, or the passages found."""
    if turn.answer is not None:
        return turn.answer.to_markdown()
    return "\n\n".join(f"{hit.rank}. {hit.title} ({hit.source})\n{hit.text}" for hit in turn.found or ())


def markdown(turn: Turn) -> str:
    """Return the turn as Markdown: question, answer, numbered sources; documents' own signs are escaped."""
    blocks = [f"## {_line(turn.question)}"]
    if turn.where:
        said = "; ".join(f"{key}: {', '.join(values)}" for key, values in turn.where.items())
        blocks.append(f"*Only in {_line(said)}*")
    if turn.answer is not None:
        blocks += _answer(turn.answer)
    blocks += [_source(hit.rank, hit, hit.text) for hit in turn.found or ()]
    return "\n\n".join(blocks)


def _answer(answer: Answer) -> list[str]:
    searched = [] if answer.query == answer.question else [f"*Searched for: {_line(answer.query)}*"]
    sources: Sequence[str] = [_source(c.number, c, c.quote) for c in answer.citations]
    return [*searched, _SIGNS.sub(r"\\\1", answer.text), *(["Sources:", *sources] if sources else [])]


def _source(number: int, place: Citation | Hit, quote: str) -> str:
    also = f"; also in {_line(', '.join(place.also_in))}" if place.also_in else ""
    where = f"{_line(place.source)}, characters {place.start} to {place.end}{also}"
    return f"{number}. {_line(place.title)} ({where})\n   > {_line(quote)}"


def _line(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
