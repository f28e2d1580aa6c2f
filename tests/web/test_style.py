"""Contrast, worked out as WCAG 2 defines it, for every text colour on every background it stands on."""

import re
from itertools import product
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "web" / "page.css").read_text(encoding="utf-8")
PAIRS = [
    *product(["text", "muted", "accent"], ["page", "panel"]),
    ("text", "soft"),
    ("accent", "soft"),
    ("on-accent", "accent"),
    ("on-mark", "mark"),
    *product(["text", "warn", "accent"], ["warn-soft"]),
    ("bad", "bad-soft"),
]


def colours(selector: str) -> dict[str, str]:
    block = CSS.partition(f"\n{selector} {{")[2].partition("}")[0]
    return dict(re.findall(r"--fn-([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", [":root", ".dark"])
@pytest.mark.parametrize(("text", "background"), PAIRS)
def test_text_is_readable_on_its_background(mode: str, text: str, background: str) -> None:
    named = colours(mode)
    assert contrast(named[text], named[background]) >= 4.5


def test_nothing_is_fetched_from_the_style_sheet() -> None:
    assert re.search(r"url\(|@import|https?:", CSS) is None
