"""Conversations that this browser keeps, and ratings, in a browser."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from qa import QA
from qa.cases import read_questions
from tests.web.asking import FERRY, PAINTER, STEPS, ask, box, search
from web.server import Server

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


def names(page: Page) -> list[str]:
    return page.locator("#fn-chats li .fn-title").all_inner_texts()


def reload(page: Page) -> None:
    page.reload()
    page.locator("#fn-examples button").first.wait_for(state="attached")


def test_a_reload_keeps_the_conversation_with_its_evidence(page: Page) -> None:
    ask(page, STEPS)
    ask(page, PAINTER)
    search(page, "lamp")

    reload(page)

    expect(page.locator(".fn-turn")).to_have_count(3)
    expect(page.locator("#turn-1")).to_contain_text("212 steps")
    expect(page.locator("#turn-2")).to_contain_text("Not in the sources")
    page.locator("#turn-1").get_by_label("Footnote 1").click()
    expect(page.locator("#card-1-1 mark")).to_contain_text("212 steps")


def test_after_a_reload_a_follow_up_still_leans_on_what_was_asked(page: Page) -> None:
    ask(page, "Who is Mira Holm?")
    reload(page)
    expect(page.locator(".fn-turn")).to_have_count(1)

    expect(ask(page, "How many steps does she climb?")).to_contain_text("Mira Holm")


def test_a_restart_of_the_server_keeps_the_conversation(visit: Visit, server: Server, bot: QA) -> None:
    page = visit()
    ask(page, STEPS)
    port = server.port
    server.close()
    again = Server(bot, port=port)

    reload(page)

    expect(page.locator("#turn-1")).to_contain_text("212 steps")
    again.close()


def test_conversations_stand_beside_each_other_and_open_again(page: Page) -> None:
    ask(page, STEPS)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".fn-turn")).to_have_count(0)
    ask(page, FERRY)
    assert names(page) == [FERRY, STEPS]

    page.locator("#fn-chats").get_by_role("button", name=STEPS, exact=True).click()

    expect(page.locator(".fn-question")).to_have_count(1)
    expect(page.locator(".fn-question")).to_contain_text(STEPS)
    expect(page.locator("#fn-chats [aria-current]")).to_have_text(STEPS)


def test_a_conversation_is_renamed_and_keeps_its_name(page: Page) -> None:
    ask(page, STEPS)

    page.get_by_role("button", name=f"Rename “{STEPS}”").click()
    field = page.get_by_label("Name of the conversation")
    field.fill("<b>The stairs</b>")
    field.press("Enter")
    reload(page)

    expect(page.locator("#fn-chats li .fn-title")).to_have_text(["<b>The stairs</b>"])


def test_a_deleted_conversation_is_gone_for_good(page: Page) -> None:
    ask(page, STEPS)
    page.on("dialog", lambda dialog: dialog.accept())

    page.get_by_role("button", name=f"Delete “{STEPS}”").click()

    expect(page.locator(".fn-turn")).to_have_count(0)
    expect(page.locator("#fn-chats li")).to_have_count(0)
    reload(page)
    expect(page.locator("#fn-chats li")).to_have_count(0)
    assert "212" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_conversation_is_saved_as_markdown_with_numbered_sources(page: Page, bot: QA) -> None:
    ask(page, STEPS)
    citation = bot.ask(STEPS).citations[0]

    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Save “{STEPS}” as Markdown").click()

    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert waiting.value.suggested_filename.endswith(".md")
    assert text.startswith(f"# {STEPS}\n\n## {STEPS}\n\n")
    assert f"1. The lighthouse guide (guide.md, characters {citation.start} to {citation.end})" in text
    assert f"   > {citation.quote}" in text


def test_an_answer_is_copied_with_its_sources(page: Page, bot: QA) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = ask(page, STEPS)

    turn.get_by_role("button", name="Copy").click()

    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == bot.ask(STEPS).to_markdown()


def test_two_browsers_never_see_each_others_conversations(visit: Visit) -> None:
    one, other = visit(), visit()
    ask(one, STEPS)

    reload(other)

    expect(other.locator(".fn-turn")).to_have_count(0)
    expect(other.locator("#fn-chats li")).to_have_count(0)


def test_a_rating_is_written_as_a_question_that_eval_can_ask(page: Page, own_files: Path, bot: QA) -> None:
    turn = ask(page, STEPS)

    turn.get_by_role("button", name="This answer helps").click()
    turn.get_by_label("Why?").fill("It is exact.")
    turn.get_by_role("button", name="Send").click()

    expect(turn.locator(".fn-thanks")).to_contain_text("feedback.jsonl")
    file = next(own_files.rglob("feedback.jsonl"))
    line = json.loads(file.read_text(encoding="utf-8"))
    assert (line["verdict"], line["reason"]) == ("up", "It is exact.")
    (case,) = read_questions(file)
    assert (case.question, case.evidence) == (STEPS, (bot.ask(STEPS).citations[0].quote,))
    reload(page)
    pressed = page.locator("#turn-1").get_by_role("button", name="This answer helps")
    expect(pressed).to_have_attribute("aria-pressed", "true")


def test_a_thumb_down_says_what_would_be_right(page: Page, own_files: Path) -> None:
    ask(page, FERRY)
    turn = ask(page, PAINTER)

    turn.get_by_role("button", name="This answer does not help").click()
    turn.get_by_label("Words that a right answer holds").fill("Leonardo")
    turn.get_by_role("button", name="Send").click()

    expect(turn.locator(".fn-thanks")).to_be_visible()
    (case,) = read_questions(next(own_files.rglob("feedback.jsonl")))
    assert (case.question, case.history, case.answer) == (PAINTER, (FERRY,), (("Leonardo",),))


def test_a_link_to_a_question_asks_it_once(visit: Visit) -> None:
    page = visit(path="?q=When+does+the+ferry+leave")
    expect(page.locator("#turn-1 .fn-mark").first).to_be_visible()

    reload(page)

    expect(page.locator("#turn-1 .fn-mark").first).to_be_visible()
    expect(page.locator(".fn-turn")).to_have_count(1)
    expect(box(page)).to_have_value("")
