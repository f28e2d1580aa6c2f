"""A map of the corpus as inline SVG: a dot a passage, coloured by a facet, a question and its hits on it."""

from collections.abc import Mapping, Sequence
from html import escape

from embeddings.corpus import Document
from qa.chart import Chart, Point
from web.english import ENGLISH
from web.facets import Facet, facets
from web.words import Words

_WIDTH, _HEIGHT, _MARGIN = 780, 520, 24
# Told apart by eyes that see few colours (Okabe and Ito); what comes after shares the last, grey.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a7a00")
_REST = "#7a828a"


def chart(drawn: Chart, documents: Sequence[Document], words: Words = ENGLISH, *, question: str = "") -> str:
    """Return the picture with its legend; hovering a dot tells title and text, a click opens the document."""
    facet = _facet(documents)
    colours = (
        {value: colour for (value, _), colour in zip(facet.values, _COLOURS, strict=False)} if facet else {}
    )
    kinds = {document.id: _value(document, facet) for document in documents} if facet else {}
    place = _Placing(drawn)
    fills = [colours.get(kinds.get(point.document_id, ""), _REST) for point in drawn.points]
    dots = "".join(_dot(point, place, fill) for point, fill in zip(drawn.points, fills, strict=True))
    found = "".join(_found(point, place) for point in reversed(drawn.hits))
    asked = _asked(place(*drawn.question), question) if drawn.question else ""
    label = words.map_label.format(f"{len(drawn.points):,}", f"{drawn.total:,}")
    return (
        f'<p class="fn-small">{escape(label)} {escape(words.map_text)}</p>'
        f"{_legend(facet, colours, words, rest=_REST in fills, asked=bool(asked))}"
        f'<svg class="fn-chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{dots}{found}{asked}</svg>"
    )


def _facet(documents: Sequence[Document]) -> Facet | None:
    found = {facet.key: facet for facet in facets(documents)}
    return found.get("kind") or next(iter(found.values()), None)


def _value(document: Document, facet: Facet) -> str:
    value = document.metadata.get(facet.key, "")
    return str(value[0] if isinstance(value, tuple) and value else value).strip()


class _Placing:
    """Points of the plane → pixels; the same scale in both directions, so that distances hold."""

    def __init__(self, drawn: Chart) -> None:
        every = [(point.x, point.y) for point in (*drawn.points, *drawn.hits)]
        every += [drawn.question] if drawn.question else []
        self._left, self._top = min(x for x, _ in every), max(y for _, y in every)
        wide = max(x for x, _ in every) - self._left or 1.0
        high = self._top - min(y for _, y in every) or 1.0
        self._scale = min((_WIDTH - 2 * _MARGIN) / wide, (_HEIGHT - 2 * _MARGIN) / high)
        self._right = (_WIDTH - wide * self._scale) / 2
        self._down = (_HEIGHT - high * self._scale) / 2

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return (
            round(self._right + (x - self._left) * self._scale, 1),
            round(self._down + (self._top - y) * self._scale, 1),
        )


def _dot(point: Point, place: _Placing, colour: str) -> str:
    x, y = place(point.x, point.y)
    return (
        f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}" data-document="{escape(point.document_id)}">'
        f"{_title(point)}</circle>"
    )


def _found(point: Point, place: _Placing) -> str:
    x, y = place(point.x, point.y)
    return (
        f'<g class="fn-chart-hit" data-document="{escape(point.document_id)}">{_title(point)}'
        f'<circle cx="{x}" cy="{y}" r="9"/><text x="{x}" y="{y}" dy="0.35em">{point.rank}</text></g>'
    )


def _asked(place: tuple[float, float], question: str) -> str:
    x, y = place
    return (
        f'<g class="fn-chart-question"><title>{escape(question)}</title>'
        f'<path d="M{x} {y - 11}L{x + 11} {y}L{x} {y + 11}L{x - 11} {y}Z"/>'
        f'<text x="{x}" y="{y}" dy="0.35em">?</text></g>'
    )


def _title(point: Point) -> str:
    return f"<title>{escape(point.title)}\n{escape(point.text)}</title>"


def _legend(facet: Facet | None, colours: Mapping[str, str], words: Words, *, rest: bool, asked: bool) -> str:
    items = [
        f'<li><i style="background:{colour}"></i>{escape(value)}</li>' for value, colour in colours.items()
    ]
    if facet and rest:
        items.append(f'<li><i style="background:{_REST}"></i>{escape(words.map_rest)}</li>')
    if asked:
        items += [f"<li>◆ {escape(words.question)}</li>", f"<li>① {escape(words.map_hits)}</li>"]
    name = f"<strong>{escape(words.key(facet.key))}</strong>" if facet else ""
    return f'<div class="fn-legend">{name}<ul>{"".join(items)}</ul></div>'
