"""A headless Chromium and a page that is served, for the tests that look at it as a user does."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from qa import QA
from web.server import Server

HOW_TO_GET_IT = "no Chromium found; on Debian: sudo apt-get install chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1280, 900)

Visit = Callable[..., Page]
Result = TypeVar("Result")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Skips without one, or fails where FOOTNOTE_REQUIRE_BROWSER=1."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("FOOTNOTE_REQUIRE_BROWSER") == "1":
        pytest.fail(HOW_TO_GET_IT)
    if found is None:
        pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def server(bot: QA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The page over the tiny world; the bot looks for edits at every question."""
    monkeypatch.setattr("qa.following._QUICK", 60.0)  # however busy the machine
    served = Server(bot, port=free_port())
    yield served
    served.close()


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Visit]:
    """Open the page in a browser of its own; in the end no request has left this machine."""
    contexts: list[BrowserContext] = []
    requests: list[Request] = []

    def open_page(
        size: tuple[int, int] = WIDE, *, dark: bool = False, locale: str = "en-GB", path: str = ""
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale=locale,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.on("request", lambda request: requests.append(request))
        page = context.new_page()
        page.goto(f"{server.url}{path}")
        page.locator("#fn-examples button").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    outside = [request.url for request in requests if not _is_here(request.url)]
    assert outside == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit()


def _is_here(url: str) -> bool:
    return url.startswith(("data:", "blob:")) or urlsplit(url).hostname == "127.0.0.1"


def run_apart(work: Coroutine[object, object, Result]) -> Result:
    """Run a coroutine in a thread of its own: playwright keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
