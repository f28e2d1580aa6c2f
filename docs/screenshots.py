"""Make the README's pictures again: ``python docs/screenshots.py``.

Serves the shipped corpus on a free port with a temporary index, and takes the page wide, on a phone,
in the dark and in Chinese in headless Chromium (Debian: apt-get install chromium). The pictures are
reduced to a palette, which keeps text sharp and each file under 300 kB.
"""

import shutil
import socket
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from qa import QA
from web.server import Server

IMAGES = Path(__file__).parent / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUESTIONS = ["Which university collaborated on Deep AutoAugment?", "Who painted the Mona Lisa?"]
PHONE_QUESTIONS = ["Which postings are in Bellevue?"]
CHINESE_QUESTIONS = ["这个实习的入职日期是什么时候?"]
WIDE = (1440, 900)
COLOURS = 96


def main() -> None:
    """Take the pictures."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("no Chromium found; on Debian: sudo apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as index, sync_playwright() as playwright:
        server = Server(QA.open(index=index), port=free_port())
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        take(browser, server.url, "page", size=WIDE, questions=QUESTIONS)
        take(browser, server.url, "page-phone", size=(390, 844), questions=PHONE_QUESTIONS)
        take(browser, server.url, "page-dark", size=WIDE, questions=QUESTIONS, dark=True)
        take(browser, server.url, "page-chinese", size=WIDE, questions=CHINESE_QUESTIONS, locale="zh-CN")
        browser.close()
        server.close()


def take(
    browser: Browser,
    url: str,
    name: str,
    *,
    size: tuple[int, int],
    questions: list[str],
    dark: bool = False,
    locale: str = "en-US",
) -> None:
    """Ask the questions, follow the first footnote, and save the picture."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2,
        color_scheme="dark" if dark else "light",
        locale=locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#fn-examples button").first.wait_for(timeout=120_000)
    for number, question in enumerate(questions, start=1):
        page.locator("#fn-question textarea").fill(question)
        page.locator("#fn-question textarea").press("Enter")
        expect(page.locator(f"#turn-{number} .fn-answer:not(.fn-pending)")).to_be_visible(timeout=60_000)
    page.locator("#turn-1 .fn-mark").first.click()
    expect(page.locator(".fn-card.fn-followed")).to_be_focused()
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file)
    context.close()
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
