"""What the documents can be told apart by: metadata keys of few values, with how many documents have each.

No key is known beforehand. A key is a facet where its values are few and short, and some document is
without one of them; a title or an address, another for every document of many, is none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.corpus import Document

# More values than this are found by asking, not by ticking.
_MOST_VALUES = 24
_LONGEST_VALUE = 60
# Never worth ticking, however few they are.
_ADDRESSES = ("http://", "https://", "www.")


@dataclass(frozen=True, slots=True)
class Facet:
    """A metadata key and its values, each with its count of documents, the most frequent first."""

    key: str
    values: tuple[tuple[str, int], ...]


def repeats(documents: Sequence[Document]) -> dict[str, str]:
    """Return, for each document whose text an earlier one has word for word, that one's id."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for document in documents:
        same = first.setdefault(" ".join(document.text.split()), document.id)
        if same != document.id:
            found[document.id] = same
    return found


def facets(documents: Sequence[Document]) -> tuple[Facet, ...]:
    """Return the facets, those that most documents have first."""
    counts: dict[str, Counter[str]] = {}
    holders: Counter[str] = Counter()
    for document in documents:
        for key, value in document.metadata.items():
            values = {str(each).strip() for each in (value if isinstance(value, tuple) else (value,))}
            counts.setdefault(key, Counter()).update(values)
            holders[key] += 1
    found = [
        Facet(key, tuple(sorted(values.items(), key=lambda item: (-item[1], item[0]))))
        for key, values in counts.items()
        if holders[key] > 1 and _tells_apart(values, len(documents))
    ]
    return tuple(sorted(found, key=lambda facet: (-holders[facet.key], len(facet.values), facet.key)))


def where_of(chosen: object) -> dict[str, list[str]]:
    """Return what a browser sent as filters, whatever it sent, as ``QA.ask`` takes it."""
    if not isinstance(chosen, dict):
        return {}
    lists = {str(key): values for key, values in chosen.items() if isinstance(values, list)}
    return {key: [str(value) for value in values] for key, values in lists.items() if values}


def _tells_apart(values: Counter[str], documents: int) -> bool:
    return (
        len(values) <= _MOST_VALUES
        and min(values.values()) < documents
        and all(0 < len(value) <= _LONGEST_VALUE for value in values)
        and not any(value.lower().startswith(_ADDRESSES) for value in values)
    )
