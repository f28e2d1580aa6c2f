"""The page, served on this machine: no telemetry, no share link, no request to anywhere else."""

import os

from embeddings.errors import InputError
from qa import QA
from web.languages import translations
from web.page import Page
from web.theme import FAVICON, head, theme

# Questions answered at the same time; more would only share the same cores.
_AT_ONCE = 4


class Server:
    """A page that is being served at ``url`` until it is closed."""

    def __init__(
        self, bot: QA, *, host: str = "127.0.0.1", port: int = 7860, open_browser: bool = False
    ) -> None:
        """Start serving in a thread of its own. Raises InputError where the port is taken."""
        self.blocks = Page(bot).blocks
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
                mcp_server=False,
                enable_monitoring=False,
                run_history=False,
                footer_links=[],
                favicon_path=FAVICON,
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
