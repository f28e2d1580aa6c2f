"""The door's lock: one password, sessions in memory, and no more tries than is good.

A browser gets a cookie that no script can read and no other site can send; a program sends the password
itself with each request (``Authorization: Bearer …`` or Basic with any name), or logs in once as
gradio_client does with ``auth=``.
"""

import asyncio
import base64
import hashlib
import hmac
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from web.attempts import Attempts
from web.notices import STYLE, login_form
from web.password import Password
from web.policy import notice_policy
from web.words import Words

# A session ends so many seconds after it began, and with the server.
_LASTS = 12 * 3_600
_MOST_SESSIONS = 10_000
_LONGEST_FORM = 8_192


class Login:
    """Knows who may come in. ``clock`` tells seconds."""

    def __init__(
        self, password: Password, *, port: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the password; the cookie is named after the port, since a host's cookies know no port."""
        self._password = password
        self._clock = clock
        self._attempts = Attempts(clock)
        self._sessions: OrderedDict[bytes, float] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        self._trying: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._key = secrets.token_bytes(32)
        self._known = b""  # what was found to fit, under a key that nobody has
        self.cookie = f"footnote-{port}"
        # What the server says to itself, where Gradio calls its own API for an MCP client.
        self.inner = secrets.token_urlsafe(32)

    async def lets_in(self, request: Request) -> bool | float:
        """Tell whether a request comes from one who is logged in; or the seconds to wait for a try."""
        token = request.cookies.get(self.cookie)
        if token is not None and self._sessions.get(_digest(token), 0) > self._clock():
            return True
        said = _said(request.headers.get("authorization", ""))
        if not said:
            return False
        if hmac.compare_digest(said.encode(), self.inner.encode()):
            return True
        return await self._try(said, _address(request))

    async def answer(self, request: Request, words: Words) -> Response:
        """Show the form, or take what was filled in."""
        if request.method != "POST":
            if await self.lets_in(request) is True:
                return RedirectResponse("./", status_code=303)
            return self._form(words, then=request.query_params.get("then", ""))
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LONGEST_FORM:
            return JSONResponse({"detail": words.wrong_try}, status_code=413)
        form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        then = form.get("then", [""])[0]
        outcome = await self._try(form.get("password", [""])[0], _address(request))
        in_a_browser = "text/html" in request.headers.get("accept", "")
        if outcome is True:
            query = f"?{then}" if then else ""
            come_in: Response = JSONResponse({"success": True})
            if in_a_browser:
                come_in = RedirectResponse(f"./{query}", status_code=303)
            self._begin(come_in, secure=request.url.scheme == "https")
            return come_in
        error, status, headers = words.wrong_try, 401, {}
        if outcome is not False:
            error, status = words.too_many_tries.format(math.ceil(outcome)), 429
            headers = {"retry-after": str(math.ceil(outcome))}
        if in_a_browser:
            return self._form(words, then=then, error=error, status=status, headers=headers)
        return JSONResponse({"detail": error}, status_code=status, headers=headers)

    def log_out(self, request: Request) -> Response:
        """End the session, and lead back to the form."""
        self._sessions.pop(_digest(request.cookies.get(self.cookie, "")), None)
        left = RedirectResponse("login", status_code=303)
        left.delete_cookie(self.cookie, httponly=True, samesite="lax")
        return left

    async def _try(self, said: str, address: str) -> bool | float:
        # A try counts as wrong until it ends: those of one address end one by one, or many that are right
        # would keep each other out.
        async with self._trying.setdefault(address, asyncio.Lock()):
            wait = self._attempts.begin(address)
            if wait > 0:
                return wait
            known = hmac.compare_digest(self._keyed(said), self._known)
            if not known and not await anyio.to_thread.run_sync(self._fits, said):
                return False
            self._attempts.succeeded(address)
            self._known = self._keyed(said)
            return True

    def _fits(self, said: str) -> bool:
        with self._one_at_a_time:  # a check takes 32 MB
            return self._password.fits(said)

    def _begin(self, response: Response, *, secure: bool) -> None:
        token, now = secrets.token_urlsafe(32), self._clock()
        while self._sessions and next(iter(self._sessions.values())) <= now:
            self._sessions.popitem(last=False)
        if len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        self._sessions[_digest(token)] = now + _LASTS
        response.set_cookie(self.cookie, token, max_age=_LASTS, httponly=True, samesite="lax", secure=secure)

    def _keyed(self, said: str) -> bytes:
        return hmac.digest(self._key, said.encode("utf-8", "surrogatepass"), "sha256")

    def _form(
        self,
        words: Words,
        *,
        then: str,
        error: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        policy = {"content-security-policy": notice_policy(STYLE), **(headers or {})}
        return HTMLResponse(login_form(words, error=error, then=then), status_code=status, headers=policy)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _said(header: str) -> str:
    """Return the password that an Authorization header holds."""
    scheme, _, value = header.strip(" ").partition(" ")
    if scheme.lower() == "bearer":
        return _text(value.strip(" ").encode("latin-1"))  # as Starlette read it; half of an "à" is white
    if scheme.lower() != "basic":
        return ""
    try:
        return _text(base64.b64decode(value, validate=True)).partition(":")[2]
    except ValueError:  # not base64, or not even ASCII
        return ""


def _text(sent: bytes) -> str:
    """Return what a program sent, which few say how they write: in UTF-8, or else in Latin-1."""
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
