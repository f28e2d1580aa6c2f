"""The web chat: builds the page and serves it. With ``web/``, the only door to gradio.

``footnote`` starts here, so that ``chat`` stands beside the commands of ``qa.cli``; ``python ui.py`` is
``footnote chat``. gradio takes seconds to import, so it waits until a page is wanted.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa import QA
from qa.cli import Backend, Data, Index, Model, Reranker, Uploads, app, open_bot, run
from qa.examination import doctor_command
from qa.verifying import verify_command
from web.access import Access
from web.journal import LogForm, keep_logs
from web.password import password_command, password_from

if TYPE_CHECKING:
    import gradio as gr


def build(bot: QA) -> "gr.Blocks":
    """Return the page over a bot, not yet served; ``serve`` adds its style and keeps it on this machine."""
    from web.page import Page

    return Page(bot).blocks


def serve(
    bot: QA | Callable[[], QA],
    *,
    access: Access | None = None,
    open_browser: bool = False,
    mcp: bool = False,
    read_only: bool = False,
    log_questions: bool = False,
) -> None:
    """Serve the page until the process is told to stop; ``bot`` may be what opens one.

    Raises InputError where the port is taken, or where anybody could come in and that was not said.
    """
    from web.server import Server, end_when_told

    end_when_told()
    server = Server(
        bot,
        access=access,
        open_browser=open_browser,
        mcp=mcp,
        read_only=read_only,
        log_questions=log_questions,
    )
    typer.echo(f"Footnote is at {server.url} (stop it with Ctrl+C)")
    server.wait()


app.command("doctor")(doctor_command)


@app.command("chat")
def chat_command(
    *,
    data: Data = None,
    index: Index = None,
    model: Model = None,
    backend: Backend = "auto",
    reranker: Reranker = None,
    uploads: Uploads = None,
    host: Annotated[
        str, typer.Option("--host", help="The address of the page; any but this machine's needs a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of the page.")] = 7860,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file", envvar="FOOTNOTE_PASSWORD_FILE", help="Made by: footnote password FILE."
        ),
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Let everybody in who reaches the page.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="A further name of this server. Can be repeated."),
    ] = None,
    root_path: Annotated[
        str, typer.Option("--root-path", help="Where a proxy in front shows the page: /footnote.")
    ] = "",
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of a proxy in front, believed what it says of clients.")
    ] = "",
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Serve MCP clients too (needs the extra [mcp]).")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Nobody changes the content from the page.")
    ] = False,
    log_format: Annotated[
        LogForm, typer.Option("--log-format", envvar="FOOTNOTE_LOG", help="How logs are written.")
    ] = LogForm.text,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="Write the questions into the logs, too.")
    ] = False,
) -> None:
    """Start the web chat at http://127.0.0.1:7860, for this machine only unless --host says more."""
    password = None if no_password else password_from(password_file, os.environ)
    access = Access(host, port, password, tuple(allow_host or ()), root_path, proxy)
    if not no_password:
        access.require_password()
    keep_logs(log_format)
    serve(
        lambda: open_bot(data, index, model, backend, reranker, uploads),
        access=access,
        open_browser=open_browser,
        mcp=mcp,
        read_only=read_only,
        log_questions=log_questions,
    )


app.command("password")(password_command)


app.command("verify")(verify_command)


def main() -> None:
    """Run ``footnote``."""
    run()


if __name__ == "__main__":
    run(["chat", *sys.argv[1:]])
