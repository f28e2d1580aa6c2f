"""Adding and removing files in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from playwright.sync_api import Browser, FilePayload, Page, expect

from qa import QA
from tests.web.asking import STEPS, ask
from tests.web.conftest import free_port
from web.server import Server

pytestmark = pytest.mark.browser

PARROT = "When does the parrot sing?"


def file(text: str, name: str = "parrot.md") -> FilePayload:
    return {"name": name, "mimeType": "text/markdown", "buffer": text.encode()}


def unfold(page: Page) -> None:
    if not page.locator("#fn-look").is_visible():
        page.get_by_role("button", name="Your files").click()
        expect(page.locator("#fn-look")).to_be_visible()


def add(page: Page, *files: FilePayload) -> None:
    unfold(page)
    page.locator("#fn-add input[type=file]").set_input_files(list(files))


def test_an_added_file_is_told_and_in_the_next_answer(page: Page, data: Path) -> None:
    add(page, file("The parrot sings loudly at noon."))

    expect(page.locator("#fn-results")).to_contain_text("parrot.md: added")
    expect(page.locator("#fn-results")).to_contain_text("Documents added: 1")
    expect(page.locator(".fn-documents")).to_contain_text("uploads/parrot.md")
    expect(ask(page, PARROT)).to_contain_text("at noon")
    assert not (data / "parrot.md").exists()


def test_each_file_has_its_own_result(page: Page) -> None:
    add(
        page,
        file("The parrot sings loudly at noon."),
        file("no", "tune.mp3"),
        file("no pdf", "scan.pdf"),
    )

    results = page.locator("#fn-results")
    expect(results).to_contain_text("parrot.md: added")
    expect(results).to_contain_text("tune.mp3: Only files that end in")
    expect(results.locator(".fn-failed")).to_have_count(2)
    expect(page.locator(".fn-added li")).to_have_count(1)


def test_a_version_that_cannot_be_read_leaves_the_earlier_one(page: Page) -> None:
    add(page, file("The parrot sings loudly at noon."))
    expect(page.locator(".fn-added li")).to_have_count(1)

    add(page, file("", "parrot.md"))
    expect(page.locator("#fn-results .fn-failed")).to_have_count(1)
    expect(ask(page, PARROT)).to_contain_text("at noon")

    add(page, file("The parrot sings loudly at midnight.", "parrot.md"))
    expect(page.locator("#fn-results")).to_contain_text("replaces its earlier version")
    expect(ask(page, PARROT)).to_contain_text("at midnight")


def test_a_removed_file_is_no_longer_known(page: Page) -> None:
    add(page, file("The parrot sings loudly at noon."))
    page.get_by_role("button", name="Remove parrot.md").click()

    expect(page.locator("#fn-results")).to_contain_text("parrot.md: removed")
    expect(page.locator(".fn-added li")).to_have_count(0)
    expect(ask(page, PARROT)).to_contain_text("Not in the sources")


def test_looking_for_changes_takes_in_a_new_file(page: Page, data: Path) -> None:
    (data / "pilot.md").write_text("The pilot steers.\n", encoding="utf-8")

    unfold(page)
    page.get_by_role("button", name="Look for changes").click()

    expect(page.locator("#fn-results")).to_contain_text("Documents added: 1")
    expect(page.locator(".fn-documents")).to_contain_text("pilot.md")


def test_a_dropped_file_is_added(page: Page) -> None:
    unfold(page)
    transfer = page.evaluate_handle(
        "() => { const held = new DataTransfer();"
        "held.items.add(new File(['The parrot sings loudly at noon.'], 'parrot.md')); return held; }"
    )

    page.locator("#fn-add button").first.dispatch_event("drop", {"dataTransfer": transfer})

    expect(page.locator("#fn-results")).to_contain_text("parrot.md: added")


@pytest.fixture
def read_only(bot: QA) -> Iterator[Server]:
    served = Server(bot, port=free_port(), read_only=True)
    yield served
    served.close()


def test_read_only_offers_no_way_to_change_the_content(chromium: Browser, read_only: Server) -> None:
    page = chromium.new_page()
    page.goto(read_only.url)
    page.locator("#fn-examples button").first.wait_for(state="attached")

    expect(page.get_by_role("button", name="Your files")).to_have_count(0)
    expect(page.locator("#fn-add")).to_have_count(0)
    expect(ask(page, STEPS)).to_contain_text("212")
    described = Client(read_only.url, verbose=False).view_api(return_format="dict")
    assert isinstance(described, dict)
    assert set(described["named_endpoints"]) == {"/ask", "/retrieve"}
    page.close()
