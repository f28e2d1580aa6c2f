"""Answers, hits and reports as the shell prints them."""

import json

import typer

from embeddings.refresh import RefreshReport
from qa.answer import Answer, Hit


def as_json_text(value: object) -> str:
    """Return a value as the commands print it with --json."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def answer_in_words(answer: Answer) -> str:
    """Return an answer with its sources, and before it what was searched, where that is not the question."""
    searched = [f"(searched for: {answer.query})"] if answer.query != answer.question else []
    return "\n\n".join([*searched, answer.to_markdown()])


def hit_in_words(hit: Hit) -> str:
    """Return a passage below a line that says where it stands."""
    path = " > ".join((hit.title, *hit.headings))
    also = f", also in {', '.join(hit.also_in)}" if hit.also_in else ""
    also += ", last good version of a file that can no longer be read" if hit.stale else ""
    return f"{hit.rank}. {path} ({hit.source}{also}, score {hit.score:.3f})\n{hit.text}"


def print_report(report: RefreshReport, *, as_json: bool, verb: str) -> None:
    """Print what a refresh did, and on stderr the files that could not be read."""
    if as_json:
        typer.echo(as_json_text(report.to_dict()))
        return
    typer.echo(str(report))
    passages = "1 passage" if report.encoded == 1 else f"{report.encoded} passages"
    typer.echo(f"{verb} {passages}; generation {report.generation}")
    for failure in report.failed:
        typer.echo(f"not read: {failure.source}: {failure.reason}", err=True)
    if report.failed:
        files = "1 file" if len(report.failed) == 1 else f"{len(report.failed)} files"
        typer.echo(f"{files} could not be read; where there was a good version, it still serves", err=True)
