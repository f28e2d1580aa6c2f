"""Where documents belong, and by which names a question can mean it.

A question that names a place keeps to documents that are there, or that say nothing of where they are:
what a posting in Arlington offers is no answer for the one in London.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from embeddings.corpus import Document, MetadataValue
from qa.gazetteer import other_names

Places: TypeAlias = tuple[tuple[str, ...], ...]

# Metadata keys that say where, the nearest first.
PLACE_KEYS = ("city", "region", "country", "location", "place")


def place_of(document: Document) -> str:
    """Return where a document says it belongs: its city, region and country, as far as it has them."""
    places = (as_text(document.metadata[key]) for key in PLACE_KEYS if key in document.metadata)
    return ", ".join(places)


def places_of(document: Document) -> Places:
    """Return the document's places, the nearest first, each with every name a question can give it."""
    country = as_text(document.metadata.get("country", ""))
    places = [as_text(document.metadata[key]) for key in PLACE_KEYS if key in document.metadata]
    return tuple((place, *other_names(place, country=country)) for place in places)


def place_names(document: Document) -> tuple[str, ...]:
    """Return every name by which a question can mean where the document is."""
    return tuple(name for names in places_of(document) for name in names)


def elsewhere(question: str, documents: Mapping[str, Document], places: Mapping[str, Places]) -> set[str]:
    """Return the ids of the documents that are in another place than the one the question names.

    ``places`` holds each document's places. None are elsewhere where the question names no place that a
    document is in; nor is a document whose text speaks of the place, by any of its names.
    """
    known = {names for own in places.values() for names in own}
    named = {name for names in known if any(mentions(question, one) for one in names) for name in names}
    if not named:
        return set()
    return {
        identity
        for identity, document in documents.items()
        if places[identity]
        and not any(named.intersection(names) for names in places[identity])
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
