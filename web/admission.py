"""What may come in: of all that Gradio would answer, only what this page and its API are made of.

Gradio serves far more than a page needs: files by path, addresses fetched for the asker (``/proxy=``,
``/file=http…``), editors, run histories, routes past the queue. None of it is answered here, whatever it
would do by itself. A body has a size, and can only name files that were uploaded to this server: Gradio
would fetch a file that is named by an address.
"""

import contextlib
import json
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from starlette.datastructures import Headers

from embeddings.readers import SUFFIXES
from qa.uploads import LARGEST_MB

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

API: Final = "/gradio_api"
_READ = {
    "/",
    "/config",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    "/theme.css",
    f"{API}/info",
    f"{API}/queue/data",
    f"{API}/theme.css",
    f"{API}/upload_progress",
}
_READ_BELOW = ("/assets/", "/static/", "/svelte/", f"{API}/heartbeat/", f"{API}/call/")
_SENT = {f"{API}/queue/join", f"{API}/cancel", f"{API}/reset"}
_SENT_BELOW = (f"{API}/call/",)
UPLOAD: Final = f"{API}/upload"
MCP: Final = f"{API}/mcp"
# Files that never change while the server runs.
KEPT = ("/assets/", "/static/", "/svelte/")
# A conversation that is opened again comes back whole; a browser keeps some 5 million characters.
LARGEST_BODY: Final = 16_000_000
# One upload is a few files of the largest size.
LARGEST_UPLOAD: Final = 4 * LARGEST_MB * 1_000_000
# What is uploaded lies in a folder of this server until it is taken in; so much may lie there, so long.
_MOST_LYING = 2 * LARGEST_UPLOAD
LIES: Final = 600.0


# What a program may leave out at the end of what it asks of an endpoint (api.py), and what stands for it.
_DEFAULTS: Final[dict[str, list[object]]] = {"ask": [None, None, None], "retrieve": [None, 10, None]}


class TooLarge(Exception):
    """A body is longer than it may be."""


class Unreadable(Exception):
    """A body is not what the page sends, or names files that nobody uploaded."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Which requests are let through to Gradio. ``uploaded`` is the folder where it puts uploads."""

    uploaded: Path
    read_only: bool = False
    mcp: bool = False

    def lets_in(self, method: str, path: str) -> bool:
        """Tell whether a request is one of those that the page and its API are made of."""
        if ".." in path.split("/") or "\\" in path or not path.isprintable():
            return False
        if self.mcp and (path == MCP or path.startswith(f"{MCP}/")):
            return True
        plain = path.rstrip("/") or "/"
        if method in ("GET", "HEAD"):
            return plain in _READ or path.startswith(_READ_BELOW)
        if method != "POST":
            return False
        return plain in _SENT or path.startswith(_SENT_BELOW) or (plain == UPLOAD and not self.read_only)

    def has_room(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more."""
        return size + self.forget() <= _MOST_LYING

    def forget(self) -> int:
        """Delete the uploads that nobody took in, and return how many bytes those have that may yet be."""
        lying = 0
        for folder, _, names in os.walk(self.uploaded, topdown=False):
            with contextlib.suppress(OSError):  # not empty, or taken in meanwhile
                if folder != str(self.uploaded) and Path(folder).stat().st_mtime < time.time() - LIES:
                    Path(folder).rmdir()
            for name in names:
                file = Path(folder) / name
                try:
                    look = file.stat()
                    if look.st_mtime < time.time() - LIES:
                        file.unlink()
                    else:
                        lying += look.st_size
                except FileNotFoundError:  # taken in meanwhile
                    continue
        return lying

    def empty_unreadable(self, uploaded: bytes) -> None:
        """Empty those of some uploads, a JSON list of their paths, whose type nobody reads.

        Their names stay, so that the page can say of each why it is not added.
        """
        for path in map(Path, json.loads(uploaded)):
            if path.suffix.lower() not in SUFFIXES:
                path.write_bytes(b"")

    def check(self, body: bytes) -> None:
        """Raise Unreadable for a body that is not JSON in UTF-8, or names a file that was not uploaded."""
        if json.detect_encoding(body) not in ("utf-8", "utf-8-sig"):
            raise Unreadable
        if b"FileData" not in body and b"\\u" not in body:  # no such name is in it, not even disguised
            return
        try:
            self._walk(json.loads(body))
        except (ValueError, RecursionError) as error:  # no JSON, no path, or no end
            raise Unreadable from error

    def _walk(self, value: object) -> None:
        if isinstance(value, list):
            for each in value:
                self._walk(each)
        elif isinstance(value, dict):
            meta = value.get("meta")
            if isinstance(meta, dict) and meta.get("_type") == "gradio.FileData":
                self._check_file(value.get("path"))
            for each in value.values():
                self._walk(each)

    def _check_file(self, path: object) -> None:
        inside = isinstance(path, str) and "\0" not in path
        if not inside or self.uploaded.resolve() not in Path(str(path)).resolve().parents:
            raise Unreadable


def said_size(scope: Scope) -> int | None:
    """Return how long a request says that its body is, which holds; None where it does not say."""
    headers = Headers(scope=scope)
    said = headers.get("content-length", "")
    # In chunks, a body may be as long as it likes, whatever is said beside that.
    return int(said) if said.isdecimal() and "transfer-encoding" not in headers else None


def filled_up(path: str, body: bytes) -> bytes:
    """Return a body with the values that it leaves out: Gradio would refuse it, and print what it holds.

    Raises Unreadable for what is nested without end.
    """
    defaults = _DEFAULTS.get(path.rstrip("/").removeprefix(f"{API}/call/"), [])
    try:
        told = json.loads(body) if defaults else None
    except RecursionError as error:
        raise Unreadable from error
    except ValueError:
        return body
    if not isinstance(told, dict):
        return body
    values = told.get("data")
    if not isinstance(values, list) or len(values) >= len(defaults):
        return body
    return json.dumps(told | {"data": [*values, *defaults[len(values) :]]}).encode()


async def read_body(receive: Receive, *, most: int) -> bytes:
    """Return a whole body. Raises TooLarge as soon as it is longer than ``most``."""
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break  # the client is gone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > most:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(pieces)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives a body that was read, and then goes on."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
