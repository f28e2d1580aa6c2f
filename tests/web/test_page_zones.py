"""The three zones in a browser: filters and documents, ways of asking, evidence on a phone."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from qa import QA
from tests.web.asking import FERRY, PAINTER, PHONE, STEPS, ask, box, filter_by, search

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


def test_a_filter_keeps_answers_to_the_documents_that_have_it(page: Page) -> None:
    filter_by(page, "kind", "job")

    turn = ask(page, STEPS)

    expect(turn).to_contain_text("Not in the sources")
    expect(turn).to_contain_text("Only in Kind: job")


def test_two_values_of_a_facet_are_either_or_and_two_facets_both(page: Page) -> None:
    filter_by(page, "city", "Bergen")
    filter_by(page, "city", "Skagen")
    filter_by(page, "employment", "internship")

    turn = search(page, "lens bread kitchen")

    expect(turn.locator(".fn-result")).to_have_text(["Island cook"])


def test_a_chosen_filter_stands_above_the_question_and_can_be_taken_away_there(page: Page) -> None:
    filter_by(page, "kind", "job")
    filter_by(page, "city", "Bergen")

    page.get_by_role("button", name="Remove the filter Kind: job").click()

    expect(page.locator("#fn-chips button")).to_have_text(["City: Bergen ×"])
    expect(page.locator('.fn-value input[value="job"]')).not_to_be_checked()
    expect(page.locator('.fn-value input[value="Bergen"]')).to_be_checked()


def test_filters_outlast_a_change_of_the_documents(page: Page, data: Path) -> None:
    filter_by(page, "kind", "job")
    (data / "pilot.md").write_text("---\nkind: job\n---\n\nThe pilot steers ships.\n", encoding="utf-8")

    ask(page, FERRY)

    expect(page.locator(".fn-knows")).to_contain_text("5 jobs")
    expect(page.locator('.fn-value input[value="job"]')).to_be_checked()


def test_a_file_that_cannot_be_read_is_named_and_its_last_good_version_too(page: Page, data: Path) -> None:
    (data / "scan.pdf").write_bytes(b"no pdf")
    (data / "guide.md").write_bytes(b"\xfa broken \xff")

    ask(page, FERRY)

    expect(page.locator(".fn-failed-document")).to_contain_text("scan.pdf")
    expect(page.locator(".fn-failed-document")).to_contain_text("Could not be read")
    expect(page.locator(".fn-stale-document")).to_contain_text("Last good version")


def test_a_repeat_is_named_among_the_documents(page: Page) -> None:
    expect(page.locator(".fn-repeat-document")).to_contain_text("Repeats jobs/keeper-again.md word for word")


def test_a_search_lists_passages_without_an_answer_and_each_leads_to_its_card(page: Page) -> None:
    turn = search(page, "lamp")

    expect(turn.locator(".fn-confidence")).to_have_count(0)
    turn.locator(".fn-mark").first.click()
    expect(page.locator("#card-1-1")).to_be_focused()
    expect(page.locator("#card-1-1")).to_contain_text("The lamp turns once in nine seconds.")


def test_a_search_is_no_part_of_the_conversation(page: Page) -> None:
    search(page, "Who is Mira Holm?")

    turn = ask(page, "How many steps does she climb?")

    expect(turn).not_to_contain_text("Searched for")


def test_a_follow_up_can_be_searched_as_it_was_typed(page: Page) -> None:
    ask(page, "Who is Mira Holm?")
    ask(page, "How many steps does she climb?")

    page.get_by_role("button", name="Search exactly what I typed").click()

    expect(page.locator("#turn-3")).to_contain_text("Searched exactly as typed")
    expect(page.locator("#turn-3 .fn-question")).to_contain_text("How many steps does she climb?")


def test_a_mark_and_its_card_point_at_each_other(page: Page) -> None:
    mark = ask(page, STEPS).locator(".fn-mark").first
    card = page.locator("#card-1-1")

    mark.hover()
    expect(card).to_have_class("fn-card fn-pointed")
    card.hover()

    expect(mark).to_have_class("fn-mark fn-pointed")


def test_choosing_an_older_answer_brings_its_evidence_back(page: Page) -> None:
    older = ask(page, STEPS)
    ask(page, PAINTER)

    older.locator(".fn-question").click()

    expect(page.locator("#card-1-1")).to_be_visible()
    expect(older).to_have_class("fn-turn fn-current")


def test_a_repeat_is_cited_once_and_the_other_named(page: Page) -> None:
    search(page, "Clean the lens every morning")

    card = page.locator(".fn-evidence .fn-card").filter(has_text="Clean the lens")
    expect(card.locator(".fn-also")).to_have_text("Also in jobs/keeper.md")


def test_the_whole_document_opens_at_the_quoted_words(page: Page, bot: QA) -> None:
    citation = bot.ask(STEPS).citations[0]
    ask(page, STEPS)
    opener = page.locator("#card-1-1").get_by_role("button", name="Open the whole document")

    opener.click()

    dialog = page.get_by_role("dialog", name="The lighthouse guide")
    expect(dialog.locator("mark")).to_have_text(citation.quote)
    expect(dialog.locator("mark")).to_be_in_viewport()
    assert dialog.locator(".fn-text").evaluate("text => text.textContent") == bot.document("guide.md").text
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_document_edited_since_marks_nothing(page: Page, data: Path) -> None:
    ask(page, STEPS)
    guide = data / "guide.md"
    guide.write_text(guide.read_text(encoding="utf-8").replace("nine", "ten"), encoding="utf-8")
    ask(page, FERRY)

    page.locator("#turn-1 .fn-mark").first.click()
    page.locator("#card-1-1").get_by_role("button", name="Open the whole document").click()

    expect(page.get_by_role("dialog")).to_contain_text("was edited since")
    expect(page.get_by_role("dialog").locator("mark")).to_have_count(0)


def test_a_document_opens_from_the_list_a_second_time_too(page: Page) -> None:
    title = page.get_by_role("button", name="Island cook", exact=True)
    title.click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    title.click()

    expect(page.get_by_role("dialog")).to_contain_text("The island cook bakes bread before dawn.")


def test_a_link_asks_its_question_with_its_filters(visit: Visit) -> None:
    page = visit(path=f"?q={quote(STEPS)}&filter=kind:guide&filter=kind:job")

    expect(page.locator("#turn-1 .fn-question")).to_contain_text(STEPS)
    expect(page.locator("#turn-1")).to_contain_text("212 steps")
    expect(page.locator("#turn-1")).to_contain_text("Only in Kind: guide, job")
    expect(page.locator("#fn-chips")).to_contain_text("Kind: guide")


def test_an_answers_own_link_asks_it_again(page: Page, visit: Visit) -> None:
    filter_by(page, "kind", "guide")
    href = ask(page, STEPS).get_by_role("link", name="Link to this question").get_attribute("href")

    again = visit(path=href or "")

    expect(again.locator("#turn-1")).to_contain_text("212 steps")
    expect(again.locator("#turn-1")).to_contain_text("Only in Kind: guide")


def test_a_link_with_a_filter_that_no_document_has_is_an_error(visit: Visit) -> None:
    page = visit(path=f"?q={quote(STEPS)}&filter=colour:red")

    expect(page.get_by_role("alert")).to_contain_text("No document has this filter key: colour")
    expect(box(page)).to_have_value(STEPS)


def test_on_a_phone_a_footnote_opens_its_evidence_under_its_answer(visit: Visit) -> None:
    page = visit(PHONE)
    mark = ask(page, STEPS).locator(".fn-mark").first

    mark.click()

    card = page.locator("#turn-1 .fn-here .fn-card")
    expect(card).to_be_focused()
    expect(card.locator("mark")).to_contain_text("212 steps")
    card.get_by_role("link", name="Back to the answer").click()
    expect(mark).to_be_focused()
    mark.click()
    expect(page.locator(".fn-here")).to_have_count(0)


def test_on_a_phone_what_the_bot_knows_is_a_drawer(visit: Visit) -> None:
    page = visit(PHONE)
    menu = page.get_by_role("button", name="What it knows")

    menu.click()
    filter_by(page, "kind", "guide")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")

    expect(page.locator("#fn-left")).to_be_hidden()
    expect(menu).to_be_focused()
    expect(page.get_by_role("button", name="Remove the filter Kind: guide")).to_be_in_viewport()


def test_on_a_wide_page_the_question_stands_at_the_bottom(page: Page) -> None:
    place = box(page).bounding_box()

    assert place is not None
    assert place["y"] > 780


def test_on_a_phone_the_question_stays_on_the_screen(visit: Visit) -> None:
    page = visit(PHONE)
    search(page, "the lamp and the ships")

    expect(page.locator("#turn-1 .fn-question")).to_be_in_viewport()
    expect(box(page)).to_be_in_viewport()


def test_a_chinese_browser_has_a_chinese_page(visit: Visit) -> None:
    page = visit(locale="zh-CN")

    expect(page.get_by_role("button", name="提问")).to_be_visible()
    expect(page.get_by_role("button", name="新对话")).to_be_visible()
    expect(page.get_by_label("您的问题")).to_have_attribute("placeholder", "请输入问题")
    expect(page.locator("#fn-left")).to_contain_text("筛选")
    expect(page.locator("html")).to_have_attribute("lang", "zh")


def test_light_and_dark_follow_the_system_until_chosen_and_the_choice_is_kept(visit: Visit) -> None:
    page = visit(dark=True)
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 23, 27)")

    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 246, 243)")
    page.reload()

    expect(page.locator("#fn-examples button").first).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 246, 243)")
