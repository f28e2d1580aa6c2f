"""How the page looks: fonts that the machine has, colours, and the files of style and behaviour.

Text and background keep a contrast of 4.5 or more (WCAG AA), light and dark; the colours stand in
``page.css``. Nothing is fetched: no web font, no script from elsewhere.
"""

from pathlib import Path

import gradio as gr

_HERE = Path(__file__).parent
FAVICON = _HERE / "favicon.png"

# Latin first, then what each system has for Chinese.
_SANS = (
    "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")


def theme() -> gr.themes.Base:
    """Return Gradio's theme in the page's colours."""
    return gr.themes.Base(
        primary_hue="blue", secondary_hue="blue", neutral_hue="slate", font=_SANS, font_mono=_MONO
    ).set(
        body_background_fill="#f6f6f3",
        body_background_fill_dark="#14171b",
        body_text_color="#1d2125",
        body_text_color_dark="#e7eaee",
    )


def head() -> str:
    """Return what goes into the page's head: its style and behaviour.

    The style stands here because ``launch(css=…)`` puts Gradio's own frame in front of every selector.
    """
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    behaviour = "".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("page.js", "chats.js", "content.js")
    )
    return f"<style>{style}</style><script>{behaviour}</script>"
