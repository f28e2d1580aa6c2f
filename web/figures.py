"""What the last ``footnote eval`` measured, as HTML: a table a group, a curve of risk, what went wrong.

It is read from a file, so whatever is not as it should be is left out.
"""

from html import escape

from qa.answer import Json
from web.english import ENGLISH
from web.words import Words

_WRONG = 50
_WIDTH, _HEIGHT = 360, 180


def figures(kept: dict[str, Json] | None, words: Words = ENGLISH) -> str:
    """Return the page of figures, or how to make some."""
    measured = kept.get("measured") if kept else None
    if kept is None or not isinstance(measured, list):
        return f"<p>{escape(words.figures_none)}</p><pre>footnote eval QUESTIONS.jsonl</pre>"
    body = "".join(_evaluation(each, words) for each in measured if isinstance(each, dict))
    return f'<p class="fn-small">{escape(words.figures_text.format(kept.get("time", "")))}</p>{body}'


def _evaluation(measured: dict[str, Json], words: Words) -> str:
    groups = measured.get("groups")
    tables = "".join(
        _table(name, rows) for name, rows in (groups.items() if isinstance(groups, dict) else ()) if rows
    )
    apart = _table("AUROC", measured.get("auroc"))
    return (
        f'<section class="fn-figures"><h3>{escape(str(measured.get("name", "")))}</h3>{tables}{apart}'
        f"{_curve(measured.get('risk_coverage'), words)}{_wrong(measured.get('wrong'), words)}</section>"
    )


def _table(name: str, rows: Json) -> str:
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    lines = "".join(_row(row) for row in found)
    return f"<table><caption>{escape(name)}</caption><tbody>{lines}</tbody></table>" if lines else ""


def _row(row: dict[str, Json]) -> str:
    value, low, high = (_number(row.get(key)) for key in ("value", "low", "high"))
    bar = (
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="fn-rail" width="100" height="10"/>'
        f'<rect class="fn-value-bar" width="{100 * value:.1f}" height="10"/>'
        f'<rect class="fn-range" x="{100 * low:.1f}" y="4" width="{100 * (high - low):.1f}" height="2"/>'
        "</svg>"
    )
    return (
        f'<tr><th scope="row">{escape(str(row.get("name", "")))}</th><td>{value:.3f}</td>'
        f"<td>{low:.3f}–{high:.3f}</td><td>n = {escape(str(row.get('n', '')))}</td>"
        f"<td>{bar if 0 <= low <= high <= 1 else ''}</td></tr>"
    )


def _curve(points: Json, words: Words) -> str:
    """Return how many of the answers are wrong, over how many questions are answered."""
    found = [point for point in points if isinstance(point, dict)] if isinstance(points, list) else []
    if len(found) < 2:
        return ""
    spots = [(_number(point.get("coverage")), _number(point.get("risk"))) for point in found]
    line = " ".join(f"{_WIDTH * x:.1f},{_HEIGHT * (1 - y):.1f}" for x, y in spots)
    dots = "".join(
        f'<circle cx="{_WIDTH * x:.1f}" cy="{_HEIGHT * (1 - y):.1f}" r="3">'
        f"<title>{escape(str(point.get('threshold', '')))}: {x:.3f}, {y:.3f}</title></circle>"
        for point, (x, y) in zip(found, spots, strict=True)
    )
    label = escape(words.figures_curve)
    return (
        f'<figure class="fn-curve"><figcaption>{label}</figcaption>'
        f'<svg viewBox="-4 -4 {_WIDTH + 8} {_HEIGHT + 8}" role="img" aria-label="{label}">'
        f'<path d="M0 0V{_HEIGHT}H{_WIDTH}"/><polyline points="{line}"/>{dots}</svg></figure>'
    )


def _wrong(outcomes: Json, words: Words) -> str:
    found = [each for each in outcomes if isinstance(each, dict)] if isinstance(outcomes, list) else []
    if not found:
        return ""
    items = "".join(f'<li dir="auto">{escape(str(each.get("question", "")))}</li>' for each in found[:_WRONG])
    said = escape(words.figures_wrong.format(len(found)))
    return f"<details><summary>{said}</summary><ul>{items}</ul></details>"


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
