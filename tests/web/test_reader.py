import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.corpus import Document
from tests.web.answers import HOSTILE
from web.reader import digest_of, reader, removed

TEXT = "# Keeper\n\nThe lamp turns.\nShe climbs.\n\n## Tools\n\nC++ & .NET"


def opened(text: str, start: int = 0, end: int = 0, quote: str | None = None) -> str:
    quote = text[start:end] if quote is None else quote
    return reader(
        Document("k.md", "k.md", "Keeper", text), start=start, end=end, digest=digest_of(quote) if end else ""
    )


def shown(html: str) -> str:
    body = html.partition('<div class="fn-text" dir="auto">')[2].removesuffix("</div></div></dialog>")
    return unescape(re.sub("<[^>]+>", "", body))


def marked(html: str) -> str:
    return unescape("".join(re.findall("<mark>(.*?)</mark>", html, re.DOTALL)))


@given(st.text(alphabet="#ab <&\n语", max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_the_text_is_shown_whole_and_the_mark_is_exact(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))

    html = opened(text, start, end)

    assert shown(html).rstrip() == text.rstrip()
    assert marked(html).replace("\n", "") == text[start:end].replace("\n", "")


def test_the_blank_behind_a_heading_is_marked_too() -> None:
    assert marked(opened("# Tools \n\nA lamp.", 0, 8)) == "# Tools "


def test_a_heading_is_one_for_a_screen_reader() -> None:
    assert 'role="heading" aria-level="4">Tools</span>' in opened(TEXT)


def test_a_marked_span_may_cross_lines() -> None:
    start, end = TEXT.index("turns"), TEXT.index("climbs") + 6

    assert marked(opened(TEXT, start, end)) == "turns.\nShe climbs"


def test_what_was_edited_since_is_not_marked() -> None:
    html = opened(TEXT, 0, 5, quote="other")

    assert "was edited since" in html
    assert "<mark>" not in html


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (5, 3), (0, 10_000)])
def test_a_place_that_is_none_is_not_marked(start: int, end: int) -> None:
    assert "<mark>" not in reader(Document("k", "k", "k", TEXT), start=start, end=end, digest=digest_of(""))


def test_a_long_document_is_shown_around_the_place() -> None:
    text = f"{'a' * 300_000} here {'b' * 300_000}"

    html = opened(text, 300_001, 300_005)

    assert marked(html) == "here"
    assert "Only the part around" in html
    assert len(html) < 250_000


def test_nothing_of_a_document_becomes_markup() -> None:
    html = reader(Document(HOSTILE, HOSTILE, HOSTILE, f"# {HOSTILE}\n{HOSTILE}"))

    assert ("<script" in html, "<img" in html) == (False, False)


def test_a_document_that_is_gone_is_said_to_be() -> None:
    assert "no longer among the sources" in removed("<b>")
    assert "<b>" not in removed("<b>")
