"""What the bot knows, in one line: documents by kind, repeats, passages, and files it could not read."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from embeddings.corpus import Document
from embeddings.refresh import Failure

# Kinds named one by one; the rest are counted together.
_KINDS_NAMED = 4
_FAILURES_NAMED = 20


def knowledge(documents: Sequence[Document], *, passages: int, failed: Sequence[Failure] = ()) -> str:
    """Return the line as HTML; a document whose text another has word for word is a repeat."""
    return f'<p class="fn-knows">{escape(_sentence(documents, passages))}</p>{_failures(failed)}'


def plural(noun: str) -> str:
    """Return the English plural of a word in Latin letters, and any other word as it is."""
    if not noun.isascii():
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def _sentence(documents: Sequence[Document], passages: int) -> str:
    if not documents:
        return "Knows no documents yet: put some into the data folder."
    total: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    texts: set[str] = set()
    for document in documents:
        kind = _kind(document)
        text = " ".join(document.text.split())
        total[kind] += 1
        repeats[kind] += text in texts
        texts.add(text)
    named = [kind for kind, _ in sorted(total.items(), key=lambda item: (item[1], item[0])) if kind]
    if len(named) > _KINDS_NAMED:
        named = [kind for kind, _ in total.most_common() if kind][:_KINDS_NAMED]
    parts = [_count(total[kind], repeats[kind], kind) for kind in named]
    rest = [kind for kind in total if kind not in named]
    if rest:
        noun = "other document" if named else "document"
        parts.append(_count(sum(total[kind] for kind in rest), sum(repeats[kind] for kind in rest), noun))
    return f"Knows {_listed(parts)}, in {_counted(passages, 'passage')}."


def _kind(document: Document) -> str:
    kind = document.metadata.get("kind", "")
    return kind.strip().lower() if isinstance(kind, str) else ""


def _count(total: int, repeats: int, noun: str) -> str:
    words = _counted(total, noun)
    if not repeats:
        return words
    return f"{words} ({'one a repeat' if repeats == 1 else f'{repeats:,} of them repeats'})"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _failures(failed: Sequence[Failure]) -> str:
    if not failed:
        return ""
    items = "".join(
        f"<li><bdi>{escape(failure.source)}</bdi>: {escape(failure.reason)}</li>"
        for failure in failed[:_FAILURES_NAMED]
    )
    more = len(failed) - _FAILURES_NAMED
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return (
        f'<details class="fn-failed"><summary>{_counted(len(failed), "file")} could not be read</summary>'
        f"<ul>{items}{rest}</ul></details>"
    )
