"""``footnote doctor``: the examination, told on the command line."""

from typing import Annotated

import typer

from qa.cli import Backend, Data, Index, Json, Model, Uploads
from qa.printing import as_json_text

_SUMS = {
    "ok": "All is well.",
    "warning": "It works; see what is said above.",
    "wrong": "Something is wrong; see what is said above.",
}


def doctor_command(
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    uploads: Uploads = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of the page.")] = 7860,
    as_json: Json = False,
) -> None:
    """Check installation, model, index and content, and say what to do. Exit code 1 if something is wrong."""
    from qa.doctor import Doctor  # costs a start what only this command needs

    doctor = Doctor(data, index, model=model, backend=backend, uploads=uploads, port=port)
    findings = []
    for finding in doctor.examine():
        findings.append(finding)
        if not as_json:
            typer.echo(str(finding))
    states = {finding.state for finding in findings}
    worst = "wrong" if "wrong" in states else "warning" if "warning" in states else "ok"
    if as_json:
        typer.echo(as_json_text({"state": worst, "findings": [each.to_dict() for each in findings]}))
    else:
        typer.echo(_SUMS[worst])
    raise typer.Exit(1 if worst == "wrong" else 0)
