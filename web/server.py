"""The page, served on this machine: no telemetry, no share link, no request to anywhere else.

The port opens first. Until the index serves, a page says so and ``/ready`` answers 503; then the page
takes its place. Told to stop, the server takes no more questions, lets those that wait be answered, for
``PATIENCE`` seconds at the most, and ends.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec

import uvicorn

from embeddings.errors import InputError
from qa import QA
from web.access import Access
from web.admission import Admission
from web.door import Door
from web.journal import Journal, write
from web.login import Login
from web.mounted import Mounted, uploaded_folder
from web.origins import Hosts
from web.theme import behaviour

# Less than the ten seconds that Docker gives before it kills.
PATIENCE = 8.0
# What is still open then, browsers' heartbeats for example, has so many seconds more.
_LAST = 2
_BACKLOG = 2_048
# Who was told to stop and has not, is told again after so many seconds.
_AGAIN = 0.5


class Server:
    """A page that is being served at ``url`` until it is closed."""

    def __init__(
        self,
        bot: QA | Callable[[], QA],
        *,
        port: int = 7860,
        access: Access | None = None,
        open_browser: bool = False,
        mcp: bool = False,
        read_only: bool = False,
        log_questions: bool = False,
    ) -> None:
        """Start serving in a thread of its own; with ``mcp``, also to MCP clients at ``mcp_url``.

        ``bot`` may be what opens one: the port is open meanwhile. ``access`` says more than ``port`` does.
        Raises InputError where the port is taken or MCP's library is missing, and what opening the bot
        raises.
        """
        if mcp and find_spec("mcp") is None:
            raise InputError(
                "the page cannot be served over MCP: its library is not installed",
                remedy="Run: pip install 'footnote-qa[mcp]'",
            )
        self._access = access or Access(port=port)
        self.port, self.url = self._access.port, self._access.url
        self._socket = _bound(self._access.host, self.port)
        password = self._access.password
        self._login = None if password is None else Login(password, port=self.port)
        root_path = self._access.root_path.strip("/")
        self._root_path = f"/{root_path}" if root_path else ""
        self._door = Door(
            hosts=Hosts(self._access.host, self._access.hosts),
            admission=Admission(uploaded_folder(), read_only=read_only, mcp=mcp),
            login=self._login,
            root_path=self._root_path,
        )
        self._server = uvicorn.Server(_config(self._door, self._access.proxy))
        self._page: Mounted | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="footnote-page", daemon=True)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._thread.start()
            self._running.wait()
            opened = bot if isinstance(bot, QA) else bot()
            page = Mounted(
                opened,
                journal=Journal(questions=log_questions),
                read_only=read_only,
                mcp=mcp,
                root_path=self._root_path,
                can_log_out=self._login is not None,
            )
            self._show(page)
            undo.pop_all()
        if open_browser:
            webbrowser.open(self.url)

    @property
    def mcp_url(self) -> str:
        """The address for MCP clients, of a page that is served with ``mcp``."""
        return f"{self.url}gradio_api/mcp/"

    def wait(self) -> None:
        """Serve until the process is told to stop, and stop. Only the main thread can be told."""
        told = threading.Event()

        def stop(number: int, _: object) -> None:
            if told.is_set():  # told again: at once
                sys.exit(1)
            write("stopping", signal=signal.Signals(number).name)
            told.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        told.wait()
        self.close()

    def close(self) -> None:
        """Take no more questions, let those be answered that wait, and stop serving."""
        self._door.stopping = True
        until = time.monotonic() + PATIENCE
        while self._is_at_work() and time.monotonic() < until:
            time.sleep(0.02)
        if self._page is not None and self._loop is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._page.end(), self._loop).result()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _is_at_work(self) -> bool:
        return self._page is not None and (self._door.at_work > 0 or not self._page.is_idle)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._running.set()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())

    def _show(self, page: Mounted) -> None:
        """Let requests through to the page."""
        if self._loop is None:
            raise RuntimeError("the server does not run")
        if self._login is None:
            page.answer_mcp_at(self.url)
        else:
            page.answer_mcp_at(self.url.replace("://", f"://footnote:{self._login.inner}@", 1))
        asyncio.run_coroutine_threadsafe(page.begin(), self._loop).result()
        self._page = page
        self._door.open(page, page.bot, scripts=(behaviour(),), waiting=lambda: page.waiting)


def end_when_told() -> None:
    """Have the process end cleanly when it is told to before the page is served."""

    def end(number: int, _: object) -> None:
        # Python drops an exit that is raised while it tidies up an object: tell it again.
        main = threading.main_thread().ident or 0
        again = threading.Timer(_AGAIN, signal.pthread_kill, [main, number])
        again.daemon = True
        again.start()
        sys.exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _config(door: Door, proxy: str) -> uvicorn.Config:
    return uvicorn.Config(
        door,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_graceful_shutdown=_LAST,
        backlog=_BACKLOG,
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that who comes early waits instead of being refused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"the page cannot be served there ({error.strerror or error})",
            place=f"{host}:{port}",
            remedy=f"Choose another port: footnote chat --port {port % 65535 + 1}",
        ) from error
