"""``footnote verify``: all of an index is checked again, and what is wrong is named."""

import typer

from embeddings.encoder import load_encoder
from embeddings.errors import SnapshotDamaged
from embeddings.verification import verify
from qa.cli import Backend, Data, Index, Json, Model
from qa.folders import default_data, default_index
from qa.printing import as_json_text


def verify_command(
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    as_json: Json = False,
) -> None:
    """Check every digest, count, span, vector and word of an index again; nothing is written."""
    place = index or default_index(data or default_data(), load_encoder(model, backend).card)
    found = verify(place)
    typer.echo(as_json_text(found.to_dict()) if as_json else str(found))
    for finding in found.findings if not as_json else ():
        typer.echo(f"{finding.fact}: {finding.place}", err=True)
    if found.findings:
        count = len(found.findings)
        raise SnapshotDamaged(
            "1 thing is not as it should be" if count == 1 else f"{count} things are not as they should be",
            place=str(place),
            remedy=f"Run: footnote refresh{'' if all(f.mended for f in found.findings) else ' --rebuild'}",
        )
    if not as_json:
        typer.echo("all is as it should be")
