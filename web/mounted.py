"""The page as Gradio serves it, made into an application of our own server."""

import asyncio
import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qa import QA
from qa.uploads import LARGEST_MB
from web.admission import API, Receive, Scope, Send
from web.journal import Journal
from web.languages import words_for
from web.replies import told

# Questions answered at the same time. Those of them that come to the encoder together are encoded
# together; the rest of the work is one core's.
AT_ONCE = 8
# What Gradio refuses by itself, in its own words, should the door in front ever let it through.
_MOST_WAITING = 1_000
# Seconds after which those who wait are told how long it may take. Gradio's default tells each of them at
# every step, which with a hundred waiting is most of its work.
_TELL = 5
# Browsers whose conversation is kept, the one that was here longest ago goes first.
_SESSIONS = 2_000


class Mounted:
    """The page over a bot. Gradio's import takes seconds, and happens here."""

    def __init__(
        self,
        bot: QA,
        *,
        journal: Journal,
        read_only: bool = False,
        mcp: bool = False,
        root_path: str = "",
        can_log_out: bool = False,
    ) -> None:
        """Build the page; it answers once ``begin`` was called."""
        _tame()
        import gradio as gr
        from fastapi import FastAPI
        from gradio.route_utils import FnIndexInferError
        from gradio.routes import App

        from web.languages import translations
        from web.page import Page
        from web.theme import FAVICON, head, theme

        self.bot = bot
        page = Page(bot, read_only=read_only, journal=journal, can_log_out=can_log_out)
        self.blocks = page.blocks
        self.blocks.state_session_capacity = _SESSIONS
        self.blocks.queue(
            default_concurrency_limit=AT_ONCE,
            max_size=_MOST_WAITING,
            status_update_rate=_TELL,
            api_open=False,
        )
        self.app = gr.mount_gradio_app(
            FastAPI(openapi_url=None),
            self.blocks,
            path="/",
            root_path=root_path or None,
            footer_links=[],
            run_history=False,
            favicon_path=str(FAVICON),
            show_error=False,
            max_file_size=f"{LARGEST_MB}mb",
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            i18n=translations(),
            mcp_server=mcp,
            theme=theme(),
            head=head(),
        )
        (self._gradio,) = (
            route.app for route in self.app.routes if isinstance(getattr(route, "app", None), App)
        )
        for error in (FnIndexInferError, KeyError):
            self._gradio.add_exception_handler(error, _no_such_name)
        self._begun, self._ending = asyncio.Event(), asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:
            # A stream of a question that nobody asked: Gradio's answer says so, and then it fails.
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b""})
        if scope["method"] == "GET" and scope["path"].startswith(f"{API}/call/"):
            self.forget(scope["path"].rstrip("/").rpartition("/")[2])

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self.blocks._queue)

    @property
    def is_idle(self) -> bool:
        """True while no question waits or is being answered."""
        queue = self.blocks._queue
        return not len(queue) and not queue.get_active_worker_count()

    def forget(self, session: str) -> None:
        """Drop what Gradio keeps of a program's question that was answered: it asks once by that name."""
        queue, state = self.blocks._queue, self._gradio.state_holder
        queue.pending_event_ids_session.pop(session, None)
        if session in queue.pending_messages_per_session:
            del queue.pending_messages_per_session[session]
        state.session_data.pop(session, None)
        state.time_last_used.pop(session, None)

    def answer_mcp_at(self, url: str) -> None:
        """Say by which address Gradio calls the page's own API for an MCP client."""
        if self.blocks.mcp_server_obj is not None:
            self.blocks.mcp_server_obj._local_url = url

    async def begin(self) -> None:
        """Start what answers the questions that wait."""
        self._life = asyncio.create_task(self._live())
        begun = asyncio.create_task(self._begun.wait())
        await asyncio.wait([self._life, begun], return_when=asyncio.FIRST_COMPLETED)
        if self._life.done():
            begun.cancel()
            self._life.result()

    async def end(self) -> None:
        """Stop it, and end the streams that are kept open for browsers."""
        self.blocks.is_running = False
        self.blocks._queue.stopped = True
        self._gradio.stop_event.set()
        self._ending.set()
        if self._life is not None:
            await self._life

    async def _live(self) -> None:
        """Keep the application's lifespan open, all of it in one task as its libraries want it."""
        async with self.app.router.lifespan_context(self.app):
            self._begun.set()
            await self._ending.wait()


async def _no_such_name(request: Request, error: Exception) -> Response:
    """Say that the API has no such name; Gradio looks names up, and numbers, as they come."""
    if isinstance(error, KeyError) and not isinstance(error.args[0], int):
        raise error
    return told(words_for(request.headers.get("accept-language")).not_here, 404)


@cache
def uploaded_folder() -> Path:
    """Return the folder where Gradio puts uploads, this process's own and nobody else's to read."""
    folder = Path(tempfile.mkdtemp(prefix="footnote-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _tame() -> None:
    """Set what Gradio reads from the environment only."""
    os.environ["GRADIO_TEMP_DIR"] = str(uploaded_folder())
    # It makes a table of its last 10,000 events for a page of figures, after each event.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Its looks at its own page must pass by any proxy that the environment names.
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost", "::1"]))
