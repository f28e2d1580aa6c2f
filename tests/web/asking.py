"""Asking on the page, as a user does."""

from playwright.sync_api import Locator, Page, expect

PHONE = (390, 844)
STEPS = "How many steps does Mira Holm climb every evening?"
FERRY = "When does the ferry leave every morning?"
PAINTER = "Who painted the Mona Lisa?"


def box(page: Page) -> Locator:
    return page.get_by_label("Your question")


def ask(page: Page, question: str) -> Locator:
    """Ask and return the turn, once it has its answer."""
    turns = page.locator(".fn-turn")
    number = turns.count() + 1
    box(page).fill(question)
    box(page).press("Enter")
    turn = page.locator(f"#turn-{number}")
    expect(turn.locator(".fn-answer:not(.fn-pending)")).to_be_visible()
    return turn


def search(page: Page, question: str) -> Locator:
    """Search and return the turn, once it has what was found."""
    number = page.locator(".fn-turn").count() + 1
    box(page).fill(question)
    page.get_by_role("button", name="Search", exact=True).click()
    turn = page.locator(f"#turn-{number}")
    expect(turn.locator(".fn-answer:not(.fn-pending)")).to_be_visible()
    return turn


def filter_by(page: Page, key: str, value: str) -> None:
    """Tick a value among the filters, unfolding its facet where it is folded."""
    tick = page.locator(f'.fn-value input[data-key="{key}"][value="{value}"]')
    fold = page.locator("details.fn-facet").filter(has=tick)
    fold.evaluate("fold => fold.open = true")
    tick.check()
