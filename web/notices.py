"""The pages that stand in front of the page: being prepared, and asking for the password.

They are whole by themselves: no script, no picture, nothing fetched.
"""

from html import escape

from web.words import Words

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;"
    "background:#f6f6f3;color:#1d2125}main{max-width:24rem;padding:1.5rem}"
    "h1{font-size:1.5rem;margin:0 0 .5rem}label{display:block;margin:1rem 0 .25rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;"
    "border:1px solid #6b7280;border-radius:6px;background:#fff;color:#1d2125}"
    "button{font:inherit;margin-top:1rem;padding:.5rem 1.25rem;border:0;border-radius:6px;background:#1d4ed8;"
    "color:#fff}[role=alert]{color:#b91c1c}"
    "@media(prefers-color-scheme:dark){body{background:#14171b;color:#e7eaee}"
    "input{background:#1d2228;color:#e7eaee;border-color:#9aa3ad}[role=alert]{color:#fca5a5}}"
)
# Seconds after which the browser looks again whether the page is there.
_AGAIN = 2


def preparing(words: Words) -> str:
    """Return the page that is shown until the index serves; it calls again by itself."""
    head = f'<meta http-equiv="refresh" content="{_AGAIN}">'
    return _page(words, f'<p role="status">{escape(words.preparing)}</p>', head=head)


def login_form(words: Words, *, error: str = "", then: str = "") -> str:
    """Return the page that asks for the password; ``then`` is the query of the address wanted."""
    alert = f'<p role="alert">{escape(error)}</p>' if error else ""
    return _page(
        words,
        f'{alert}<form method="post" action="login"><input type="hidden" name="then" value="{escape(then)}">'
        f'<label for="password">{escape(words.login_label)}</label>'
        f'<input id="password" name="password" type="password" required autofocus '
        f'autocomplete="current-password">'
        f'<button type="submit">{escape(words.log_in)}</button></form>',
    )


def _page(words: Words, body: str, *, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<title>Footnote</title><style>{STYLE}</style></head>"
        f"<body><main><h1>Footnote</h1>{body}</main></body></html>"
    )
