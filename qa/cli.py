"""The command line: ask, search, refresh, eval. ``ui.py`` adds ``chat``.

Exit codes: 0 done (abstaining is done, and so is a refresh that names files it could not read), 2 what
the user gave is wrong, 1 anything else. What goes wrong is one line on stderr: the fact, the place, the
remedy.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from embeddings.encoder import load_encoder
from embeddings.errors import FilterError, FootnoteError, InputError
from embeddings.refresh import dry_run, refresh
from qa.engine import QA
from qa.folders import default_data, default_index, default_uploads
from qa.printing import VisibleFormatter, answer_in_words, as_json_text, hit_in_words, print_report
from qa.progress import shown_progress

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="FOOTNOTE_DATA", help="Folder of documents. [default: the shipped ones]"),
]
Index = Annotated[
    Path | None,
    typer.Option(
        "--index", envvar="FOOTNOTE_INDEX", help="Folder of the index. [default: in the user's cache]"
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        envvar="FOOTNOTE_MODEL",
        help="A sentence-transformers name or folder. [default: all-MiniLM-L6-v2]",
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        "--backend", envvar="FOOTNOTE_BACKEND", help="What runs the model: auto, openvino or torch."
    ),
]
Reranker = Annotated[
    str | None,
    typer.Option(
        "--reranker", envvar="FOOTNOTE_RERANKER", help="A CrossEncoder, by name or folder. [default: none]"
    ),
]
Uploads = Annotated[
    Path | None,
    typer.Option(
        "--uploads",
        envvar="FOOTNOTE_UPLOADS",
        help="Folder of the files added from the page. [default: in the user's data]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--where", help="Keep to documents whose front matter says so: city=Seattle. Can be repeated."
    ),
]

Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Name the files that cannot be read, each time.")
]

app = typer.Typer(
    help="Ask documents questions; every sentence of an answer is footnoted to an exact span of a source.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"footnote {version('footnote-qa')}")
        except PackageNotFoundError:
            typer.echo("footnote, run from a checkout that is not installed")
        raise typer.Exit


@app.callback()
def _start(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say the version, and exit."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command("ask")
def ask_command(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    reranker: Reranker = None,
    uploads: Uploads = None,
    where: Filters = None,
    history: Annotated[
        list[str] | None,
        typer.Option("--history", help="An earlier question, oldest first. Can be repeated."),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Answer a question from the sources, or say that they do not hold it."""
    _speak_up(verbose)
    answer = open_bot(data, index, model, backend, reranker, uploads).ask(
        question, history or (), read_filters(where)
    )
    typer.echo(as_json_text(answer.to_dict()) if as_json else answer_in_words(answer))


@app.command("search")
def search_command(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    *,
    k: Annotated[int, typer.Option("-k", help="How many passages.")] = 10,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    reranker: Reranker = None,
    uploads: Uploads = None,
    where: Filters = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the passages that fit a question best, without an answer."""
    _speak_up(verbose)
    hits = open_bot(data, index, model, backend, reranker, uploads).retrieve(question, k, read_filters(where))
    if as_json:
        typer.echo(as_json_text([hit.to_dict() for hit in hits]))
    else:
        typer.echo("\n\n".join(map(hit_in_words, hits)) or "No document fits these filters.")


@app.command("refresh")
def refresh_command(
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    uploads: Uploads = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and refresh at every change.")] = False,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Replace an index that is damaged or was made with another model."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the index up to the data folder; only what changed is encoded."""
    folder, encoder = data or default_data(), load_encoder(model, backend)
    place = index or default_index(folder, encoder.card)
    added = uploads or default_uploads(folder)
    if dry:
        print_report(
            dry_run(folder, place, encoder=encoder, uploads=added), as_json=as_json, verb="would encode"
        )
        return

    def once(*, rebuild: bool = False) -> None:
        with shown_progress() as on_progress:
            report, _ = refresh(
                folder, place, encoder=encoder, uploads=added, rebuild=rebuild, on_progress=on_progress
            )
        print_report(report, as_json=as_json, verb="encoded")

    once(rebuild=rebuild)
    if watch:
        _refresh_at_changes([folder, *([added] if added.is_dir() else [])], once)


@app.command("eval")
def eval_command(
    what: Annotated[Path, typer.Argument(help="A questions file (.jsonl), or a folder in BEIR form.")],
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    reranker: Reranker = None,
    uploads: Uploads = None,
    hold_out: Annotated[
        bool, typer.Option("--hold-out", help="Of a folder: also with every other title left out.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure how often known answers are found, said, cited, or declined."""
    if not what.exists():
        raise InputError(
            "there is no such file or folder",
            place=str(what),
            remedy="Give a .jsonl file of questions, or a BEIR folder.",
        )
    from qa.evaluate import evaluate_beir, evaluate_hold_out, evaluate_questions
    from qa.results import keep_results

    if what.is_dir():
        encoder = load_encoder(model, backend)
        place = index or default_index(what, encoder.card)
        measures = [evaluate_beir, evaluate_hold_out] if hold_out else [evaluate_beir]
        with shown_progress("asked") as on_progress:
            found = [measure(what, place, encoder=encoder, on_progress=on_progress) for measure in measures]
    else:
        bot = open_bot(data, index, model, backend, reranker, uploads)
        with shown_progress("asked") as on_progress:
            found = [evaluate_questions(bot, what, on_progress=on_progress)]
    keep_results(what if what.is_dir() else data or default_data(), found)
    typer.echo(
        as_json_text([e.to_dict() for e in found]) if as_json else "\n".join(e.to_markdown() for e in found)
    )


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; an error is one line and an exit code."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(VisibleFormatter("%(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    try:
        app(args=arguments, prog_name="footnote")
    except FootnoteError as error:
        typer.echo(f"footnote: {error}", err=True)
        raise SystemExit(2 if isinstance(error, InputError) else 1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None


def open_bot(
    data: Path | None,
    index: Path | None,
    model: str | None,
    backend: str,
    reranker: str | None,
    uploads: Path | None,
) -> QA:
    """Open a QA, telling on a terminal how its encoding goes."""
    with shown_progress() as on_progress:
        return QA.open(
            data,
            index,
            model=model,
            backend=backend,
            uploads=uploads or default_uploads(data or default_data()),
            reranker=reranker,
            on_progress=on_progress,
        )


def read_filters(where: list[str] | None) -> dict[str, list[str]]:
    """Read ``key=value`` pairs; a key given twice takes either value."""
    filters: dict[str, list[str]] = {}
    for pair in where or ():
        key, equals, value = pair.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise FilterError("a filter is key=value", place=pair, remedy="For example: --where city=Seattle")
        filters.setdefault(key.strip(), []).append(value.strip())
    return filters


def _speak_up(verbose: bool) -> None:
    logging.getLogger("footnote").setLevel(logging.INFO if verbose else logging.NOTSET)


def _refresh_at_changes(folders: Sequence[Path], once: Callable[[], None]) -> None:
    from watchfiles import watch  # costs a start what only watching needs

    typer.echo(f"watching {folders[0]}; stop with Ctrl-C", err=True)
    for _ in watch(*folders):
        try:
            once()
        except FootnoteError as error:
            typer.echo(f"footnote: {error}", err=True)
