"""The door in front of Gradio: every request comes through here, and is looked at in this order.

    /health, /ready     answered at once, to anybody
    the name asked for  is it ours?                              421          origins.py
    the asker's page    is it ours?                              403          origins.py
    a password          if there is one: logged in?              401          login.py
    what is asked for   is it part of the page or its API?       404          admission.py
    the state           being prepared, or being stopped?        503
    room                a body too long, too many waiting        413, 503     admission.py
    an upload           is there room for it?                    429          admission.py

What goes out carries the headers of policy.py, whoever made it. No request is logged: addresses hold
questions (``/?q=…``).
"""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from qa import QA
from web.admission import (
    API,
    LARGEST_BODY,
    LARGEST_UPLOAD,
    LIES,
    MCP,
    UPLOAD,
    Admission,
    ASGIApp,
    Receive,
    Scope,
    Send,
    TooLarge,
    Unreadable,
    filled_up,
    read_body,
    replay,
    said_size,
)
from web.languages import words_for
from web.login import Login
from web.notices import STYLE, preparing
from web.origins import Hosts, is_foreign
from web.policy import notice_policy
from web.replies import ask_plain, put_off, seen, to_login, told, with_headers, with_length, with_policy
from web.words import Words

# Questions that may wait: a few seconds' work. One more is refused, in words.
MOST_WAITING = 256
# A longer body is looked through beside the event loop.
_LONG = 100_000


class Door:
    """An ASGI application in front of another, which may come later (``open``)."""

    def __init__(
        self, *, hosts: Hosts, admission: Admission, login: Login | None = None, root_path: str = ""
    ) -> None:
        """Take whom to let in; ``root_path`` is what a proxy may put before every path."""
        self._hosts = hosts
        self._admission = admission
        self._login = login
        self._root_path = root_path
        self._app: ASGIApp | None = None
        self._bot: QA | None = None
        self._scripts: tuple[str, ...] = ()
        self._waiting: Callable[[], int] = lambda: 0
        self._arriving = 0  # bytes of uploads
        self.stopping = False
        # Requests whose answers somebody waits for.
        self.at_work = 0

    def open(
        self, app: ASGIApp, bot: QA, *, scripts: tuple[str, ...] = (), waiting: Callable[[], int]
    ) -> None:
        """Let requests through to the page.

        ``scripts`` are those that the page adds by itself, ``waiting`` tells how many questions wait.
        """
        self._bot, self._scripts, self._waiting, self._app = bot, scripts, waiting, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let through."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if self._root_path and scope["path"].startswith(f"{self._root_path}/"):
            scope["path"] = scope["path"].removeprefix(self._root_path)
            scope["raw_path"] = scope["path"].encode()
        scope["headers"] = [(k, v) for k, v in scope["headers"] if not k.startswith(b"x-forwarded-")]
        send = with_headers(scope["path"], send)
        request = Request(scope, receive)
        words = words_for(request.headers.get("accept-language"))
        reply = self._probe(request) or self._refusal(request, words)
        if reply is None and self._login is not None:
            reply = await _locked(request, words, self._login)
        if reply is None:
            reply = self._closed(request, words)
        if reply is not None:
            await reply(scope, receive, send)
        else:
            await self._let_through(scope, receive, send, words)

    def _probe(self, request: Request) -> Response | None:
        """Tell whether the process lives, and whether a snapshot serves; nothing of what it holds."""
        path = request.scope["path"]
        if request.method not in ("GET", "HEAD") or path not in ("/health", "/ready"):
            return None
        if path == "/health":
            return JSONResponse({"status": "alive"})
        if self.stopping or self._bot is None:
            reason = "the server is being stopped" if self.stopping else "the index is being prepared"
            return JSONResponse({"ready": False, "reason": reason}, status_code=503)
        report = self._bot.report
        documents = report.added + report.changed + report.kept
        return JSONResponse({"ready": True, "generation": report.generation, "documents": documents})

    def _refusal(self, request: Request, words: Words) -> Response | None:
        """Refuse what comes by a name that is not ours, or from a page that is not."""
        if not self._hosts.answers_to(request.headers.get("host", "")):
            return PlainTextResponse(words.wrong_host, status_code=421)
        if is_foreign(request.method, request.scope["path"], request.headers):
            return told(words.foreign, 403)
        return None

    def _closed(self, request: Request, words: Words) -> Response | None:
        """Refuse what is not part of the page, or cannot be had now."""
        method, path = request.method, request.scope["path"]
        if not self._admission.lets_in(method, path):
            return told(words.not_here, 404)
        if self._app is None and path == "/":
            policy = {"content-security-policy": notice_policy(STYLE)}
            return HTMLResponse(preparing(words), status_code=503, headers=policy)
        if self._app is None:
            return told(words.preparing, 503, retry=1)
        if method != "POST" or not path.startswith((f"{API}/queue/", f"{API}/call/", UPLOAD, MCP)):
            return None
        if self.stopping and request.headers.get("x-gradio-user") != "mcp":  # that one asks for another
            return put_off(words.stopping, request)
        return put_off(words.busy, request) if self._waiting() >= MOST_WAITING else None

    async def _let_through(self, scope: Scope, receive: Receive, send: Send, words: Words) -> None:
        method, path = scope["method"], scope["path"]
        is_work = method == "POST" or path.startswith((f"{API}/queue/", f"{API}/call/"))
        self.at_work += is_work
        try:
            if method == "POST" and path.rstrip("/") == UPLOAD:
                await self._take_upload(scope, receive, send, words)
            elif method == "POST":
                await self._take_body(scope, receive, send, words)
            elif path == "/":
                ask_plain(scope)
                await self._onward(scope, receive, with_policy(self._scripts, send))
            else:
                await self._onward(scope, receive, send)
        finally:
            self.at_work -= is_work

    async def _take_body(self, scope: Scope, receive: Receive, send: Send, words: Words) -> None:
        try:
            body = await read_body(receive, most=LARGEST_BODY)
            if len(body) > _LONG:
                whole = await asyncio.to_thread(self._whole, scope["path"], body)
            else:
                whole = self._whole(scope["path"], body)
        except TooLarge:
            await told(words.too_large, 413)(scope, receive, send)
        except Unreadable:
            await told(words.wrong_body, 400)(scope, receive, send)
        else:
            with_length(scope, len(whole))
            await self._onward(scope, replay(whole, receive), send)

    def _whole(self, path: str, body: bytes) -> bytes:
        """Return a body that was looked through, with what it leaves out."""
        self._admission.check(body)
        return filled_up(path, body)

    async def _take_upload(self, scope: Scope, receive: Receive, send: Send, words: Words) -> None:
        size = said_size(scope)
        if size is None or size > LARGEST_UPLOAD:
            await told(words.too_large, 413)(scope, receive, send)
            return
        self._arriving += size
        try:
            if await asyncio.to_thread(self._admission.has_room, self._arriving):
                await self._onward(scope, receive, seen(self._admission.empty_unreadable, send))
            else:
                await told(words.no_room, 429, retry=LIES)(scope, receive, send)
        finally:
            self._arriving -= size
            asyncio.get_running_loop().call_later(LIES + 1, self._admission.forget)

    async def _onward(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is not None:
            await self._app(scope, receive, send)


async def _locked(request: Request, words: Words, login: Login) -> Response | None:
    """Ask for the password where it was not given."""
    path = request.scope["path"]
    if path == "/login" and request.method in ("GET", "HEAD", "POST"):
        return await login.answer(request, words)
    if path == "/logout" and request.method == "POST":
        return login.log_out(request)
    let_in = await login.lets_in(request)
    if let_in is True:
        return None
    if let_in is not False:
        return told(words.too_many_tries.format(int(let_in) + 1), 429, retry=let_in)
    if path in ("", "/") and request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return to_login(request)
    return told(words.not_logged_in, 401)
