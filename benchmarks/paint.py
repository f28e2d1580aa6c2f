"""From a question sent to its answer painted, in a browser: ``python benchmarks/paint.py``.

Serves the shipped corpus with a temporary index, asks in headless Chromium (Debian: apt-get install
chromium), and prints the median and the slowest. The clock starts at the Enter key and stops at the
second animation frame after the answer stands in the page, when it has been painted.
"""

import shutil
import socket
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

QUESTIONS = (
    "Which university collaborated on Deep AutoAugment?",
    "Which postings are in London?",
    "What is a bi-encoder?",
    "Who painted the Mona Lisa?",
    "How many internships are there?",
    "这个实习的入职日期是什么时候?",
)
ROUNDS = 5
_PAINTED = """(question) => new Promise((done) => {
  const box = document.querySelector("#fn-question textarea");
  const number = document.querySelectorAll(".fn-turn").length + 1;
  const begun = performance.now();
  const look = () => {
    if (!document.querySelector(`#turn-${number} .fn-answer:not(.fn-pending)`)) return;
    watcher.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
})"""


def painted(page: Page, question: str) -> float:
    """Ask the question and return the milliseconds until its answer is painted."""
    page.locator("#fn-question textarea").fill(question)
    elapsed: float = page.evaluate(_PAINTED, question)
    return elapsed


def main() -> None:
    """Measure and print."""
    from qa import QA
    from web.server import Server

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("no Chromium found; on Debian: sudo apt-get install chromium")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as index, sync_playwright() as playwright:
        server = Server(QA.open(index=index), port=port)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(server.url)
        page.locator("#fn-examples button").first.wait_for(timeout=120_000)
        times = sorted(painted(page, question) for _ in range(ROUNDS) for question in QUESTIONS)
        browser.close()
        server.close()
    slowest = times[int(len(times) * 0.95)]
    print(f"{len(times)} questions: p50 {statistics.median(times):.0f} ms, p95 {slowest:.0f} ms")


if __name__ == "__main__":
    main()
