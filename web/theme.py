"""How the page looks: fonts that the machine has, colours, and the files of style and behaviour.

Text and background keep a contrast of 4.5 or more (WCAG AA), light and dark; the colours stand in
``page.css``. Nothing is fetched: no web font, no script from elsewhere.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

_HERE = Path(__file__).parent
FAVICON = _HERE / "favicon.png"
_SCRIPTS = ("streams.js", "page.js", "chats.js", "content.js")

# Latin first, then what each system has for Chinese.
_SANS = (
    "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")


def theme() -> "gr.themes.Base":
    """Return Gradio's theme in the page's colours."""
    import gradio as gr

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

    The style stands here because Gradio's own ``css=`` puts its frame in front of every selector.
    """
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    return f"<style>{style}</style><script>{behaviour()}</script>"


def behaviour() -> str:
    """Return the page's own script."""
    return "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
