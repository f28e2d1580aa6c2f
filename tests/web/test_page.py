"""The page in a browser. The fixture ``visit`` also holds that no request leaves this machine."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from embeddings.errors import InputError
from qa import QA
from tests.web.asking import FERRY, PAINTER, PHONE, STEPS, ask, box
from web.server import Server

pytestmark = pytest.mark.browser

HOSTILE = """---
title: "<script>window.hacked = 1</script>"
---

The parrot <img src=x onerror="window.hacked = 1"> sings **loudly** \
![pixel](http://evil.test/pixel.png) [link](javascript:alert(1)) $$x$$ ${x} {{x}} at noon.
"""


def test_a_footnotes_card_marks_exactly_what_is_cited(page: Page, bot: QA) -> None:
    citation = bot.ask(STEPS).citations[0]

    ask(page, STEPS).get_by_label("Footnote 1").click()

    card = page.locator("#card-1-1")
    expect(card).to_be_focused()
    expect(card).to_contain_text(citation.source)
    assert card.locator("mark").evaluate("mark => mark.textContent") == citation.quote
    assert bot.document(citation.document_id).text[citation.start : citation.end] == citation.quote


def test_a_footnote_and_its_card_reach_each_other_by_keyboard(page: Page) -> None:
    mark = ask(page, STEPS).get_by_label("Footnote 1")

    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card-1-1")).to_be_focused()
    page.get_by_role("link", name="Back to the answer").focus()
    page.keyboard.press("Enter")

    expect(mark).to_be_focused()


def test_a_chinese_question_is_answered(page: Page) -> None:
    turn = ask(page, "入职日期是什么时候？")

    expect(turn).to_contain_text("入职日期是2026年6月")


def test_what_is_not_in_the_sources_is_said_and_marks_nothing(page: Page) -> None:
    turn = ask(page, PAINTER)

    expect(turn).to_contain_text("Not in the sources")
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)


def test_an_older_footnote_brings_its_evidence_back(page: Page) -> None:
    older = ask(page, STEPS)
    ask(page, PAINTER)
    expect(page.locator("#card-1-1")).to_be_hidden()

    older.get_by_label("Footnote 1").click()

    expect(page.locator("#card-1-1")).to_be_visible()
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_hidden()


def test_the_next_answer_shows_its_own_evidence_again(page: Page) -> None:
    ask(page, STEPS)
    ask(page, PAINTER)
    page.locator("#turn-1").get_by_label("Footnote 1").click()

    ask(page, FERRY)

    expect(page.locator("#card-3-1")).to_be_visible()
    expect(page.locator("#card-1-1")).to_be_hidden()


def test_a_follow_up_says_what_was_searched(page: Page) -> None:
    ask(page, "Who is Mira Holm?")

    turn = ask(page, "How many steps does she climb?")

    expect(turn).to_contain_text("Searched for:")
    expect(turn).to_contain_text("Mira Holm")


def test_an_edited_file_is_in_the_next_answer_without_a_restart(page: Page, data: Path) -> None:
    expect(ask(page, STEPS)).to_contain_text("212 steps")
    guide = data / "guide.md"
    guide.write_text(guide.read_text(encoding="utf-8").replace("212", "218"), encoding="utf-8")

    expect(ask(page, STEPS)).to_contain_text("218 steps")
    expect(page.locator("#turn-1")).to_contain_text("212 steps")


def test_a_new_file_is_counted_after_the_next_answer(page: Page, data: Path) -> None:
    expect(page.locator(".fn-knows")).to_contain_text("4 jobs")
    (data / "jobs" / "pilot.md").write_text("---\nkind: job\n---\n\nThe pilot steers.\n", encoding="utf-8")

    ask(page, STEPS)

    expect(page.locator(".fn-knows")).to_contain_text("5 jobs")


def test_a_hostile_document_runs_no_script_and_keeps_its_text(page: Page, data: Path) -> None:
    (data / "hostile.md").write_text(HOSTILE, encoding="utf-8")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))

    turn = ask(page, "When does the parrot sing loudly?")

    expect(turn.locator(".fn-answer")).to_contain_text("loudly pixel [link](javascript:alert(1))")
    assert page.locator("a[href^='javascript']").count() == 0
    expect(page.locator("#card-1-1 mark")).to_contain_text(
        "**loudly** ![pixel](http://evil.test/pixel.png) [link](javascript:alert(1))"
    )
    expect(page.locator("#card-1-1")).to_contain_text("<script>window.hacked = 1</script>")
    expect(page.locator("#card-1-1 mark")).to_contain_text("$$x$$ ${x} {{x}} at noon.")
    assert page.locator(".fn-turns img, .fn-panel img, .fn-panel script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_hostile_example_runs_no_script(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "What is <img src=x onerror='window.hacked = 1'> about?"
    monkeypatch.setattr("web.known.examples", lambda _: (hostile,))

    page = visit()

    expect(page.locator("#fn-examples")).to_contain_text(hostile)
    assert page.evaluate("window.hacked") is None


def test_a_hostile_question_is_shown_as_text(page: Page) -> None:
    question = "<img src=x onerror='window.hacked = 1'> ![i](http://evil.test/i.png)"

    turn = ask(page, question)

    expect(turn.locator(".fn-question")).to_contain_text(question)
    assert page.evaluate("window.hacked") is None


def test_a_question_that_is_too_long_is_an_error_and_its_text_is_kept(page: Page) -> None:
    box(page).fill("x" * 20_000)
    box(page).press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("20,000 characters")
    expect(box(page)).to_have_value("x" * 20_000)
    expect(page.locator(".fn-turn")).to_have_count(0)


def test_a_fault_is_an_error_without_its_traceback(
    page: Page, bot: QA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot, "ask", lambda *_, **__: 1 / 0)

    box(page).fill(STEPS)
    box(page).press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Something went wrong")
    expect(page.locator("body")).not_to_contain_text("ZeroDivisionError")
    expect(box(page)).to_have_value(STEPS)


def test_the_next_question_takes_the_error_away(page: Page) -> None:
    box(page).fill("x" * 20_000)
    box(page).press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()

    ask(page, STEPS)

    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_button_waits_for_a_question_and_the_box_keeps_the_focus(page: Page) -> None:
    send = page.get_by_role("button", name="Ask", exact=True)
    expect(send).to_be_disabled()
    box(page).fill("  ")
    expect(send).to_be_disabled()
    box(page).fill(STEPS)
    expect(send).to_be_enabled()

    send.click()

    expect(page.locator("#turn-1 .fn-mark").first).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    expect(send).to_be_disabled()


def test_an_example_asks_itself(page: Page) -> None:
    example = page.locator("#fn-examples button").first
    question = example.inner_text()

    example.click()

    expect(page.locator("#turn-1 .fn-question")).to_contain_text(question)
    expect(page.locator("#turn-1 .fn-mark").first).to_be_visible()
    expect(page.locator("#fn-examples")).to_be_hidden()


def test_a_question_asked_before_the_examples_are_ready_keeps_them_away(
    server: Server, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()
    monkeypatch.setattr("web.known.examples", lambda _: (ready.wait(30), ("An example?",))[1])
    page = chromium.new_page()
    page.goto(server.url)
    ask(page, STEPS)

    ready.set()
    ask(page, FERRY)

    expect(page.locator("#fn-examples")).to_be_hidden()
    page.close()


def test_a_new_chat_begins_empty(page: Page) -> None:
    ask(page, STEPS)

    page.get_by_role("button", name="New chat").click()

    expect(page.locator(".fn-turn")).to_have_count(0)
    expect(page.locator(".fn-card")).to_have_count(0)
    expect(page.locator("#fn-examples button").first).to_be_visible()


def test_an_answer_that_comes_after_a_new_chat_is_dropped(
    page: Page, bot: QA, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, answer = threading.Event(), bot.ask
    with monkeypatch.context() as slow:
        slow.setattr(bot, "ask", lambda *args, **more: (let_go.wait(30), answer(*args, **more))[1])
        box(page).fill(PAINTER)
        box(page).press("Enter")
        expect(page.locator(".fn-pending")).to_be_visible()
        page.get_by_role("button", name="New chat").click()
        expect(page.locator(".fn-turn")).to_have_count(0)
        let_go.set()

    ask(page, STEPS)

    expect(page.locator(".fn-question")).to_have_count(1)
    expect(page.locator(".fn-question")).to_contain_text(STEPS)


def test_two_browsers_never_see_each_others_state(visit: Callable[..., Page]) -> None:
    one, other = visit(), visit()
    ask(one, STEPS)

    turn = ask(other, "When does it leave every morning?")

    expect(other.locator(".fn-turn")).to_have_count(1)
    expect(turn).not_to_contain_text("Searched for")
    expect(one.locator(".fn-turn")).to_have_count(1)
    expect(one.locator(".fn-question")).to_contain_text(STEPS)


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_has_one_column_and_nothing_to_scroll_sideways(
    visit: Callable[..., Page], data: Path, dark: bool
) -> None:
    (data / "hostile.md").write_text(HOSTILE.replace("loudly", "loudly" * 50), encoding="utf-8")
    page = visit(PHONE, dark=dark)

    ask(page, "When does the parrot sing?")
    ask(page, FERRY)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    expect(page.locator("#fn-evidence")).to_be_hidden()
    expect(page.locator("#fn-left")).to_be_hidden()


def test_a_wide_page_has_three_zones_side_by_side_on_one_screen(page: Page) -> None:
    ask(page, STEPS)

    names = ("#fn-left", "#fn-chat", "#fn-evidence")
    known, chat, evidence = (page.locator(name).bounding_box() for name in names)
    assert known is not None
    assert chat is not None
    assert evidence is not None
    assert known["x"] + known["width"] <= chat["x"]
    assert chat["x"] + chat["width"] <= evidence["x"]
    assert page.evaluate("document.documentElement.scrollHeight") == 900


def test_gradios_own_links_are_not_on_the_page(page: Page) -> None:
    expect(page.locator("footer")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("Gradio")
    expect(page).to_have_title("Footnote")


def test_a_port_that_is_taken_is_refused(server: Server, bot: QA) -> None:
    with pytest.raises(InputError, match="cannot be served"):
        Server(bot, port=server.port)
