"""What the bot knows, counted in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.words import Words


@dataclass(frozen=True, slots=True)
class Count:
    """Documents of a kind, or of no kind where it is blank; ``repeats`` of them repeat another."""

    kind: str
    documents: int
    repeats: int = 0


def counted(counts: Sequence[Count], passages: int, words: Words) -> str:
    """Return the sentence; kinds are the documents' own words."""
    if words.language == "zh":
        parts = [
            f"{count.documents:,} 篇{count.kind and f' {count.kind}'}"
            + (f"（{count.repeats:,} 篇重复）" if count.repeats else "")
            for count in counts
        ]
        return f"{'、'.join(parts)}，共 {passages:,} 个段落。"
    parts = [_english(count, alone=len(counts) == 1) for count in counts]
    return f"{_listed(parts)}, in {_several(passages, 'passage')}."


def plural(noun: str) -> str:
    """Return the English plural of a word in Latin letters, and any other word as it is."""
    if not noun.isascii():
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def _english(count: Count, *, alone: bool) -> str:
    said = _several(count.documents, count.kind or ("document" if alone else "other document"))
    if not count.repeats:
        return said
    return f"{said} ({'one a repeat' if count.repeats == 1 else f'{count.repeats:,} of them repeats'})"


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
