"""What the bot knows, as HTML: a line of counts, facets to tick as filters, and every document's state.

fresh     read as the file stands
stale     its last good version, because the file can no longer be read
failed    never read, and why
repeat    word for word another document
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from embeddings.corpus import Document
from embeddings.refresh import Failure
from web.counts import Count, counted
from web.english import ENGLISH
from web.facets import Facet, facets, repeats
from web.words import Words

# Kinds named one by one; the rest are counted together.
_KINDS_NAMED = 4
# Facets, and values of a facet, that stand open; the rest unfold.
_FACETS_OPEN = 3
_VALUES_OPEN = 6
_DOCUMENTS_NAMED = 200
_FAILURES_NAMED = 20


def knowledge(
    documents: Sequence[Document], words: Words = ENGLISH, *, passages: int, failed: Sequence[Failure] = ()
) -> str:
    """Return the panel; a filter's count leaves repeats out."""
    repeated = repeats(documents)
    distinct = [document for document in documents if document.id not in repeated]
    return (
        f'<div class="fn-panel"><h2>{escape(words.knows)}</h2>'
        f'<p class="fn-knows">{escape(_sentence(documents, repeated, passages, words))}</p>'
        f"{_filters(facets(distinct), words)}{_documents(documents, repeated, failed, words)}</div>"
    )


def _filters(found: Sequence[Facet], words: Words) -> str:
    if not found:
        return ""
    fields = "".join(
        _facet(facet, words, unfolded=number < _FACETS_OPEN) for number, facet in enumerate(found)
    )
    return (
        f'<section class="fn-filters"><h3>{escape(words.filters)}</h3>'
        f'<p class="fn-small">{escape(words.filters_text)}</p>{fields}</section>'
    )


def _facet(facet: Facet, words: Words, *, unfolded: bool) -> str:
    boxes = [_box(facet.key, value, count) for value, count in facet.values]
    label = escape(words.key(facet.key))
    shown, rest = "".join(boxes[:_VALUES_OPEN]), "".join(boxes[_VALUES_OPEN:])
    if rest:
        more = escape(words.more.format(len(boxes) - _VALUES_OPEN))
        rest = f"<details><summary>{more}</summary>{rest}</details>"
    return (
        f'<fieldset data-label="{label}"><legend class="fn-unseen">{label}</legend>'
        f'<details class="fn-facet"{" open" if unfolded else ""}><summary>{label}</summary>'
        f"{shown}{rest}</details></fieldset>"
    )


def _box(key: str, value: str, count: int) -> str:
    return (
        f'<label class="fn-value"><input type="checkbox" data-key="{escape(key)}" value="{escape(value)}">'
        f'<span dir="auto">{escape(value)}</span><span class="fn-count">{count:,}</span></label>'
    )


def _documents(
    documents: Sequence[Document], repeated: Mapping[str, str], failed: Sequence[Failure], words: Words
) -> str:
    served = {document.source for document in documents}
    reasons = {failure.source: failure.reason for failure in failed}
    lost = [failure for failure in failed if failure.source not in served]
    items = [_failure(failure, words) for failure in lost[:_FAILURES_NAMED]]
    items += [
        _document(document, repeated.get(document.id, ""), reasons.get(document.source, ""), words)
        for document in documents[:_DOCUMENTS_NAMED]
    ]
    more = max(0, len(documents) - _DOCUMENTS_NAMED) + max(0, len(lost) - _FAILURES_NAMED)
    if more:
        items.append(f'<li class="fn-small">{escape(words.more.format(f"{more:,}"))}</li>')
    return (
        f'<section class="fn-documents"><h3>{escape(words.documents)}</h3>'
        f'<p class="fn-small">{escape(_states(documents, lost, words))}</p>'
        f"<ul>{''.join(items)}</ul></section>"
    )


def _states(documents: Sequence[Document], lost: Sequence[Failure], words: Words) -> str:
    stale = sum(document.stale for document in documents)
    counts = (
        (words.states, len(documents) - stale),
        (words.states_stale, stale),
        (words.states_failed, len(lost)),
    )
    return ", ".join(said.format(f"{number:,}") for said, number in counts if number)


def _document(document: Document, repeats_id: str, reason: str, words: Words) -> str:
    if document.stale:
        said = f"{words.last_good}: {reason}" if reason else words.last_good
        state = f'<p class="fn-stale">{escape(said)}</p>'
    elif repeats_id:
        name = f"<bdi>{escape(repeats_id)}</bdi>"
        state = f'<p class="fn-also">{escape(words.repeats).replace("{}", name)}</p>'
    else:
        state = f'<span class="fn-unseen">{escape(words.fresh)}</span>'
    mark = "stale" if document.stale else "repeat" if repeats_id else "fresh"
    return (
        f'<li class="fn-{mark}-document"><button type="button" class="fn-title" dir="auto" '
        f'data-document="{escape(document.id)}">{escape(document.title)}</button>'
        f'<p class="fn-source"><bdi>{escape(document.source)}</bdi></p>{state}</li>'
    )


def _failure(failure: Failure, words: Words) -> str:
    return (
        f'<li class="fn-failed-document"><p class="fn-source"><bdi>{escape(failure.source)}</bdi></p>'
        f'<p class="fn-failed">{escape(words.failed)}: {escape(failure.reason)}</p></li>'
    )


def _sentence(documents: Sequence[Document], repeated: Mapping[str, str], passages: int, words: Words) -> str:
    if not documents:
        return f"{words.no_documents}."
    total: Counter[str] = Counter()
    repeats_of: Counter[str] = Counter()
    for document in documents:
        kind = _kind(document)
        total[kind] += 1
        repeats_of[kind] += document.id in repeated
    named = [kind for kind, _ in sorted(total.items(), key=lambda item: (item[1], item[0])) if kind]
    if len(named) > _KINDS_NAMED:
        named = [kind for kind, _ in total.most_common() if kind][:_KINDS_NAMED]
    counts = [Count(kind, total[kind], repeats_of[kind]) for kind in named]
    rest = [kind for kind in total if kind not in named]
    if rest:
        counts.append(Count("", sum(total[kind] for kind in rest), sum(repeats_of[kind] for kind in rest)))
    return counted(counts, passages, words)


def _kind(document: Document) -> str:
    kind = document.metadata.get("kind", "")
    return kind.strip().lower() if isinstance(kind, str) else ""
