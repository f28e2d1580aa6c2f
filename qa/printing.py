"""Answers, hits and reports as the shell prints them."""

import json
import logging
import re

import typer

from embeddings.errors import visible
from embeddings.refresh import RefreshReport
from qa.answer import Answer, Hit

# json.dumps escapes the others itself.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def as_json_text(value: object) -> str:
    """Return a value as the commands print it with --json; signs that steer a terminal are escaped."""
    return _STEERING.sub(
        lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False, indent=2)
    )


class VisibleFormatter(logging.Formatter):
    """Writes what is logged in one line that steers no terminal, a traceback in its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """Return the line."""
        return visible(" ".join(super().formatMessage(record).split("\n")))


def answer_in_words(answer: Answer) -> str:
    """Return an answer with its sources, and before it what was searched, where that is not the question."""
    searched = [f"(searched for: {answer.query})"] if answer.query != answer.question else []
    return visible("\n\n".join([*searched, answer.to_markdown()]))


def hit_in_words(hit: Hit) -> str:
    """Return a passage below a line that says where it stands."""
    path = " > ".join((hit.title, *hit.headings))
    also = f", also in {', '.join(hit.also_in)}" if hit.also_in else ""
    also += ", last good version of a file that can no longer be read" if hit.stale else ""
    return visible(f"{hit.rank}. {path} ({hit.source}{also}, score {hit.score:.3f})\n{hit.text}")


def print_report(report: RefreshReport, *, as_json: bool, verb: str) -> None:
    """Print what a refresh did, and on stderr the files that could not be read."""
    if as_json:
        typer.echo(as_json_text(report.to_dict()))
        return
    typer.echo(str(report))
    passages = "1 passage" if report.encoded == 1 else f"{report.encoded} passages"
    typer.echo(f"{verb} {passages}; generation {report.generation}")
    for failure in report.failed:
        typer.echo(f"not read: {visible(failure.source)}: {visible(failure.reason)}", err=True)
    if report.failed:
        files = "1 file" if len(report.failed) == 1 else f"{len(report.failed)} files"
        typer.echo(f"{files} could not be read; where there was a good version, it still serves", err=True)
