"""Where documents belong, and by which names a question can mean it.

A question that names a place keeps to documents that are there, or that say nothing of where they are:
what a posting in Arlington offers is no answer for the one in London.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from embeddings.corpus import Document, MetadataValue
from qa.gazetteer import other_names

PlaceNames: TypeAlias = Mapping[str, tuple[str, ...]]

# Metadata keys that say where, the nearest first.
PLACE_KEYS = ("city", "region", "country", "location", "place")


def place_of(document: Document) -> str:
    """Return where a document says it belongs: its city, region and country, as far as it has them."""
    places = (as_text(document.metadata[key]) for key in PLACE_KEYS if key in document.metadata)
    return ", ".join(places)


def place_names(document: Document) -> tuple[str, ...]:
    """Return every name by which a question can mean where the document is."""
    country = as_text(document.metadata.get("country", ""))
    places = [as_text(document.metadata[key]) for key in PLACE_KEYS if key in document.metadata]
    return tuple(name for place in places for name in (place, *other_names(place, country=country)))


def elsewhere(question: str, documents: Mapping[str, Document], names: PlaceNames) -> set[str]:
    """Return the ids of the documents that are in another place than the one the question names.

    ``names`` holds every name of each document's place. None are elsewhere where the question names no
    place that a document is in; nor is a document whose text speaks of the place.
    """
    named = {name for name in set().union(*names.values()) if mentions(question, name)}
    if not named:
        return set()
    return {
        identity
        for identity, document in documents.items()
        if names[identity]
        and not named.intersection(names[identity])
        and not any(mentions(document.text, name) for name in named)
    }


def as_text(value: MetadataValue) -> str:
    """Return a metadata value as a person would write it."""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def mentions(text: str, name: str) -> bool:
    """Tell whether a text holds a name as a word; a code only in its capitals ("US", never "us")."""
    if name not in text and (name.isupper() or name.casefold() not in text.casefold()):
        return False
    case = 0 if name.isupper() else re.IGNORECASE
    edge = r"\b" if name.isascii() else ""
    return re.search(f"{edge}{re.escape(name)}{edge}", text, case) is not None
