"""The page, served on this machine: no telemetry, no share link, no request to anywhere else."""

import os
from importlib.util import find_spec

from embeddings.errors import InputError
from qa import QA
from qa.uploads import LARGEST_MB
from web.languages import translations
from web.page import Page
from web.theme import FAVICON, head, theme

# Questions answered at the same time; more would only share the same cores.
_AT_ONCE = 4


class Server:
    """A page that is being served at ``url`` until it is closed."""

    def __init__(
        self,
        bot: QA,
        *,
        host: str = "127.0.0.1",
        port: int = 7860,
        open_browser: bool = False,
        mcp: bool = False,
        read_only: bool = False,
    ) -> None:
        """Start serving in a thread of its own; with ``mcp``, also to MCP clients at ``mcp_url``.

        Raises InputError where the port is taken or MCP's library is missing.
        """
        if mcp and find_spec("mcp") is None:
            raise InputError(
                "the page cannot be served over MCP: its library is not installed",
                remedy="Run: pip install 'footnote-qa[mcp]'",
            )
        self.blocks = Page(bot, read_only=read_only).blocks
        self.blocks.queue(default_concurrency_limit=_AT_ONCE)
        _keep_proxies_out(host)
        try:
            _, self.url, _ = self.blocks.launch(
                server_name=host,
                server_port=port,
                inbrowser=open_browser,
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                ssr_mode=False,
                pwa=False,
                mcp_server=mcp,
                enable_monitoring=False,
                run_history=False,
                footer_links=[],
                favicon_path=FAVICON,
                max_file_size=1 if read_only else f"{LARGEST_MB}mb",
                theme=theme(),
                head=head(),
                i18n=translations(),
            )
        except OSError as error:
            raise InputError(
                "the page cannot be served, the port may be taken",
                place=f"{host}:{port}",
                remedy=f"Choose another: footnote chat --port {port % 65535 + 1}",
            ) from error

    @property
    def mcp_url(self) -> str:
        """The address for MCP clients, of a page that is served with ``mcp``."""
        return f"{self.url}gradio_api/mcp/"

    def wait(self) -> None:
        """Serve until the process is told to stop."""
        self.blocks.block_thread()

    def close(self) -> None:
        """Stop serving."""
        self.blocks.close(verbose=False)


def _keep_proxies_out(host: str) -> None:
    """Let Gradio's look at its own page pass by any proxy that the environment names."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost", host]))
