"""The page where too many questions wait already."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.asking import STEPS
from web.server import Server


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "said"), [("en-GB", "Too many questions are waiting"), ("zh-CN", "正在等待的问题过多")]
)
def test_past_capacity_the_page_says_so_and_keeps_the_question(
    chromium: Browser, server: Server, locale: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = chromium.new_context(locale=locale).new_page()
    page.goto(server.url)
    page.locator("#fn-examples button").first.wait_for(state="attached")
    field = page.locator("#fn-question textarea")

    monkeypatch.setattr("web.door.MOST_WAITING", 0)
    field.fill(STEPS)
    field.press("Enter")
    expect(page.locator("body")).to_contain_text(said)
    expect(field).to_have_value(STEPS)

    monkeypatch.setattr("web.door.MOST_WAITING", 256)
    field.press("Enter")
    expect(page.locator("#turn-1")).to_contain_text("212")
    page.context.close()
