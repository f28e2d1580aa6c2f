"""The page's stream of answers, where it ends while a question joins the queue."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SCRIPT = (Path(__file__).parent.parent.parent / "web" / "streams.js").read_text(encoding="utf-8")
# A server that plays out what each stream says; a join is answered when ``joins[n]`` is called.
SERVER = """
  window.streams = 0;
  window.joins = [];
  window.fetch = (input) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url.includes("queue/join")) {
      return new Promise((done) => window.joins.push((id) => done(Response.json({ event_id: id }))));
    }
    const said = window.script[window.streams];
    window.streams += 1;
    if (said === undefined) return new Promise(() => {});
    return Promise.resolve(new Response(said.map((each) => `data: ${JSON.stringify(each)}\\n\\n`).join("")));
  };
"""
READ = """
  window.heard = [];
  window.read = async () => {
    const response = await fetch(new Request("http://page.test/gradio_api/queue/data?session_hash=s"));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const block of value.split("\\n\\n").filter(Boolean))
        window.heard.push(JSON.parse(block.slice(5)));
    }
    window.heard.push("end");
  };
  window.join = () => fetch("http://page.test/gradio_api/queue/join", { method: "POST" });
  0;
"""
CLOSE: dict[str, object] = {"msg": "close_stream"}


def done(event: str) -> dict[str, object]:
    return {"msg": "process_completed", "event_id": event, "output": {}}


def play(chromium: Browser, streams: list[list[dict[str, object]]], act: str) -> tuple[list[object], int]:
    """Return what the page heard after ``act``, and how many streams it opened."""
    page = chromium.new_page()
    page.add_init_script(SERVER)
    page.goto("about:blank")
    page.evaluate("(given) => { window.script = given; }", streams)
    page.evaluate(SCRIPT)
    page.evaluate(READ)
    page.evaluate(f"async () => {{ {act} await new Promise((done) => setTimeout(done, 200)); }}")
    heard, opened = page.evaluate("[window.heard, window.streams]")
    page.close()
    return heard, opened


def test_a_stream_ends_once_all_is_answered(chromium: Browser) -> None:
    act = "const joined = join(); joins[0]('a'); await joined; read();"

    assert play(chromium, [[done("a"), CLOSE]], act) == ([done("a"), CLOSE, "end"], 1)


def test_a_question_that_joins_while_the_stream_ends_is_answered(chromium: Browser) -> None:
    act = "const one = join(); joins[0]('a'); await one; const two = join(); read();"
    act += "await new Promise((done) => setTimeout(done, 100)); joins[1]('b'); await two;"

    heard, opened = play(chromium, [[done("a"), CLOSE], [done("b"), CLOSE]], act)

    assert heard == [done("a"), done("b"), CLOSE, "end"]
    assert opened == 2


def test_a_question_that_had_joined_when_the_stream_ended_is_answered(chromium: Browser) -> None:
    act = "for (const id of ['a', 'b']) { const joined = join(); joins.at(-1)(id); await joined; } read();"

    heard, _ = play(chromium, [[done("a"), CLOSE], [done("b"), CLOSE]], act)

    assert heard == [done("a"), done("b"), CLOSE, "end"]


def test_an_answer_that_is_faster_than_the_queues_word_keeps_nothing_open(chromium: Browser) -> None:
    act = "const one = join(); read(); await new Promise((done) => setTimeout(done, 50));"
    act += "joins[0]('a'); await one;"

    assert play(chromium, [[done("a"), CLOSE]], act) == ([done("a"), CLOSE, "end"], 1)


def test_where_the_server_knows_nothing_of_it_the_page_is_told(chromium: Browser) -> None:
    act = "const joined = join(); joins[0]('a'); await joined; read();"
    lost: dict[str, object] = {"msg": "unexpected_error", "message": "", "session_not_found": True}

    assert play(chromium, [[lost]], act) == ([lost, "end"], 1)
