"""The page for everyone: what axe-core finds, the keyboard alone, and no request to anywhere else."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from tests.web.asking import FERRY, PAINTER, PHONE, STEPS, ask, box, filter_by, search
from tests.web.test_page_content import add
from tests.web.test_page_content import file as added

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


def violations(page: Page) -> list[str]:
    """Return what axe-core finds of any weight, with the elements it means."""
    found = Axe().run(page).response["violations"]
    return [f"{each['impact']} {each['id']} {[node['target'] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_any_state_of_a_wide_page(visit: Visit, dark: bool) -> None:
    page = visit(dark=dark)
    assert violations(page) == []

    ask(page, STEPS).locator(".fn-mark").first.click()
    page.locator("#card-1-1 .fn-why summary").click()
    assert violations(page) == []

    page.locator("#card-1-1").get_by_role("button", name="Open the whole document").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    filter_by(page, "kind", "guide")
    ask(page, PAINTER)
    assert violations(page) == []

    search(page, "lamp")
    assert violations(page) == []

    box(page).fill("x" * 5_000)
    box(page).press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_where_things_are_kept_and_added(visit: Visit, dark: bool) -> None:
    page = visit(dark=dark)
    ask(page, STEPS)
    page.get_by_role("button", name="Map of the passages").click()
    expect(page.get_by_role("dialog").locator(".fn-chart")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name="What was measured").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    add(page, added("The parrot sings loudly at noon."), added("no", "tune.mp3"))
    expect(page.locator("#fn-results")).to_contain_text("tune.mp3")
    page.get_by_role("button", name="This answer does not help").click()
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_a_phone(visit: Visit, dark: bool) -> None:
    page = visit(PHONE, dark=dark, locale="zh-CN")
    page.locator("#fn-question textarea").fill(STEPS)
    page.locator("#fn-send").click()
    page.locator("#turn-1 .fn-mark").first.click()
    assert violations(page) == []

    page.locator("#fn-menu").click()
    assert violations(page) == []


def test_asking_reading_and_filtering_need_no_mouse(page: Page) -> None:
    expect(box(page)).to_be_focused()
    page.keyboard.type(STEPS)
    page.keyboard.press("Enter")
    mark = page.locator("#turn-1 .fn-mark").first
    expect(mark).to_be_visible()
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card-1-1")).to_be_focused()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator('.fn-value input[value="guide"]').focus()
    page.keyboard.press("Space")
    expect(page.locator("#fn-chips")).to_contain_text("Kind: guide")
    page.locator("#fn-chips button").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#fn-chips button")).to_have_count(0)
    expect(box(page)).to_be_focused()


def test_a_link_at_the_top_leads_past_the_filters(page: Page) -> None:
    skip = page.get_by_role("link", name="Skip to the question")

    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(box(page)).to_be_focused()


def test_no_state_of_the_page_sends_a_request_off_this_machine(visit: Visit) -> None:
    page, asked = visit(dark=True), []
    page.context.on("request", lambda request: asked.append(_host(request)))
    page.reload()
    page.locator("#fn-examples button").first.wait_for()

    ask(page, STEPS).locator(".fn-mark").first.click()
    page.locator("#card-1-1").get_by_role("button", name="Open the whole document").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    filter_by(page, "kind", "guide")
    search(page, "lamp")
    ask(page, PAINTER)
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".fn-turn")).to_have_count(0)
    ask(page, FERRY)
    page.get_by_role("button", name="Map of the passages").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    add(page, added("The parrot sings loudly at noon."))
    expect(page.locator("#fn-results")).to_contain_text("parrot.md: added")

    assert len(asked) > 10
    assert set(asked) <= {"127.0.0.1", None}


def _host(request: Request) -> str | None:
    return urlsplit(request.url).hostname
