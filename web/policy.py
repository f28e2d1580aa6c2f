"""What a browser may do with what it gets: a second wall, should something unescaped ever come through.

A script runs only where it is a file of this server or has one of the hashes named; an event handler in
an attribute, an injected script and a ``javascript:`` link do not. What must stay allowed, and why:

'unsafe-eval'    Gradio makes functions of the page's own ``js=`` and ``js_on_load=`` texts
style inline     Gradio's components and the bars of this page set widths and colours by ``style=``
data:, blob:     Gradio's icons and fonts; a conversation that is saved is a blob

Everything is fetched from this server or not at all, so a style can send nothing away either.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

_OPENING = re.compile("<script", re.IGNORECASE)
_CLOSING = re.compile("</script", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=", re.IGNORECASE)

# What every answer carries.
COMMON: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Of all that is not the page: it is not shown as a page, and if it is, nothing in it runs or is fetched.
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page_policy(html: str, scripts: Iterable[str] = ()) -> str:
    """Return the policy of Gradio's page: its own inline scripts by hash, and further ones of ours."""
    hashes = " ".join(dict.fromkeys(_hash(text) for text in (*_inline(html), *scripts)))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'unsafe-eval' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def notice_policy(style: str) -> str:
    """Return the policy of a page that has no script, only this style and a form."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _inline(html: str) -> Iterator[str]:
    """Yield the text of each script that stands in a page."""
    place = 0
    while opening := _OPENING.search(html, place):
        begins = html.find(">", opening.end())
        closing = _CLOSING.search(html, begins)
        if begins < 0 or closing is None:
            return
        if not _SOURCE.search(html, opening.end(), begins):
            yield html[begins + 1 : closing.start()]
        place = closing.end()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
