"""The map and the figures in a browser; ``visit`` also holds that they request nothing elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from qa import QA
from qa.evaluate import evaluate_questions
from qa.results import keep_results
from tests.web.asking import STEPS, ask

pytestmark = pytest.mark.browser


def test_the_map_shows_every_passage_and_the_question_among_them(page: Page, bot: QA) -> None:
    ask(page, STEPS)

    page.get_by_role("button", name="Map of the passages").click()

    picture = page.get_by_role("dialog")
    expect(picture.locator(".fn-chart > circle")).to_have_count(bot.passages)
    expect(picture.locator(".fn-chart-question title")).to_have_text(STEPS)
    expect(picture.locator(".fn-chart-hit").last).to_contain_text("212 steps")
    expect(picture.locator(".fn-legend li").first).to_have_text("job")


def test_a_dot_opens_its_document(page: Page) -> None:
    page.get_by_role("button", name="Map of the passages").click()
    page.locator('.fn-chart > circle[data-document="notes.txt"]').first.click()

    expect(page.get_by_role("dialog")).to_contain_text("The ferry leaves at 7.45")


def test_the_figures_are_those_of_the_last_evaluation(page: Page, bot: QA) -> None:
    page.get_by_role("button", name="What was measured").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing was measured yet")
    page.get_by_role("button", name="Close").click()
    file = bot.index.parent / "questions.jsonl"
    file.write_text(
        '{"question": "How many steps does Mira Holm climb every evening?", "answer": [["212"]]}\n'
        '{"question": "Who painted <b>the Mona Lisa</b>?", "answer": [["Leonardo"]]}\n',
        encoding="utf-8",
    )
    keep_results(bot.data, [evaluate_questions(bot, file)])

    page.get_by_role("button", name="What was measured").click()

    shown = page.get_by_role("dialog")
    expect(shown).to_contain_text("questions.jsonl")
    expect(shown.locator("table").first).to_contain_text("n = 2")
    expect(shown.locator("details li")).to_have_text(["Who painted <b>the Mona Lisa</b>?"])
