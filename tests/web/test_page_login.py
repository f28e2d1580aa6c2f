"""Logging in and out, as a user does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from qa import QA
from tests.web.asking import STEPS, ask
from tests.web.conftest import free_port
from web.access import Access
from web.password import Password, hashed
from web.server import Server

RIGHT = "storm lens ferry"


@pytest.fixture
def locked(bot: QA) -> Iterator[Server]:
    served = Server(bot, access=Access(port=free_port(), password=Password(hashed(RIGHT))))
    yield served
    served.close()


@pytest.mark.browser
def test_a_user_logs_in_asks_and_logs_out(chromium: Browser, locked: Server) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(locked.url)
    page.get_by_label("Password").fill("wrong word")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the password.")

    page.get_by_label("Password").fill(RIGHT)
    page.keyboard.press("Enter")
    page.locator("#fn-examples button").first.wait_for(state="attached")
    expect(ask(page, STEPS)).to_contain_text("212")
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_label("Password")).to_be_visible()
    context.close()
