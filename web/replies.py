"""What the door says by itself, and the headers that every answer gets."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from web.admission import KEPT, Message, Scope, Send
from web.policy import CLOSED, COMMON, page_policy


def told(text: str, status: int, *, retry: float | None = None) -> Response:
    """Return a refusal in words, as Gradio's clients read it; ``retry`` says after how many seconds again."""
    headers = None if retry is None else {"retry-after": str(int(retry) + 1)}
    return JSONResponse({"detail": text}, status_code=status, headers=headers)


def put_off(text: str, request: Request) -> Response:
    """Return the refusal of a question that cannot be taken now.

    Gradio's client for Python takes 503 for a full queue and says so; its client for browsers would say it
    in English whatever the page speaks, and shows our words with any other status.
    """
    in_a_browser = "origin" in request.headers
    return told(text, 429 if in_a_browser else 503, retry=1)


def to_login(request: Request) -> Response:
    """Lead to the login, and from there to the address that was asked for."""
    query = request.url.query
    return RedirectResponse(f"login?{urlencode({'then': query})}" if query else "login", status_code=303)


def with_headers(path: str, send: Send) -> Send:
    """Return a ``send`` that adds the headers every answer has."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in COMMON.items():
                headers[name] = value
            headers.setdefault("content-security-policy", CLOSED)
            if not path.startswith(KEPT):
                headers["cache-control"] = "no-store"
        await send(message)

    return sent


def with_policy(scripts: tuple[str, ...], send: Send) -> Send:
    """Return a ``send`` that holds the page back until its scripts are known, for its policy to name."""
    start: Message = {}
    pieces: list[bytes] = []

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        pieces.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(pieces)
        headers = MutableHeaders(scope=start)
        headers["content-security-policy"] = page_policy(body.decode("utf-8", "replace"), scripts)
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return sent


def seen(look: Callable[[bytes], None], send: Send) -> Send:
    """Return a ``send`` that has a good answer's body looked at before it goes out."""
    good = False
    pieces: list[bytes] = []

    async def sent(message: Message) -> None:
        nonlocal good
        if message["type"] == "http.response.start":
            good = message["status"] == 200
        else:
            pieces.append(message.get("body", b""))
            if good and not message.get("more_body", False):
                await asyncio.to_thread(look, b"".join(pieces))
        await send(message)

    return sent


def ask_plain(scope: Scope) -> None:
    """Ask for an answer that is not compressed, so that it can be read here."""
    headers = Headers(scope=scope).raw
    scope["headers"] = [(name, value) for name, value in headers if name != b"accept-encoding"]


def with_length(scope: Scope, length: int) -> None:
    """Say how long the body is that is passed on."""
    others = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    scope["headers"] = [*others, (b"content-length", str(length).encode())]
