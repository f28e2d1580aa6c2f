"""The web chat: builds the page and serves it. With ``web/``, the only door to gradio.

``footnote`` starts here, so that ``chat`` stands beside the commands of ``qa.cli``; ``python ui.py`` is
``footnote chat``. gradio takes seconds to import, so it waits until a page is wanted.
"""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from qa import QA
from qa.cli import Backend, Data, Index, Model, Reranker, Uploads, app, open_bot, run
from qa.examination import doctor_command
from qa.verifying import verify_command

if TYPE_CHECKING:
    import gradio as gr


def build(bot: QA) -> "gr.Blocks":
    """Return the page over a bot, not yet served; ``serve`` adds its style and keeps it on this machine."""
    from web.page import Page

    return Page(bot).blocks


def serve(
    bot: QA,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    mcp: bool = False,
    read_only: bool = False,
) -> None:
    """Serve the page until interrupted. Raises InputError where the port is taken."""
    from web.server import Server

    server = Server(bot, host=host, port=port, open_browser=open_browser, mcp=mcp, read_only=read_only)
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
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of the page.")] = 7860,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Serve MCP clients too (needs the extra [mcp]).")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Nobody changes the content from the page.")
    ] = False,
) -> None:
    """Start the web chat at http://127.0.0.1:7860, for this machine only."""
    bot = open_bot(data, index, model, backend, reranker, uploads)
    serve(bot, port=port, open_browser=open_browser, mcp=mcp, read_only=read_only)


app.command("verify")(verify_command)


def main() -> None:
    """Run ``footnote``."""
    run()


if __name__ == "__main__":
    run(["chat", *sys.argv[1:]])
