"""Questions over metadata: how many, which, where, list, are there any, in English and in Chinese.

    "How many postings are in Bellevue?"   → kind posting, value Bellevue         → count and list
    "Which cities are the internships in?" → asked key "city", value internship   → the cities
    "Which city has the most postings?"    → asked key "city", most               → the city, its postings
    "What is its team?"                    → asked key "team" of one document     → the team
    "Are there any jobs in Berlin?"        → kind posting, a place nobody has     → none, and where some are

What a question asks is read by request.py; here it is looked up. Word-for-word repeats are counted
once, and named.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from embeddings.corpus import Document
from qa.language import speaks_chinese
from qa.lexical import analyse
from qa.places import as_text, elsewhere, places_of
from qa.request import Choice, Extreme, Request, Terms, request
from qa.vocabulary import Vocabulary

# An English place that no document has is known by its place in the question, and its capital.
_UNKNOWN_PLACE = re.compile(r"\b(?:in|at|near|from|outside|of)\s++((?:[^\W\d_a-z][\w.'’-]*+\s*+){1,3})\W*+$")


@dataclass(frozen=True, slots=True)
class Selection:
    """The documents a question over metadata is about.

    ``documents`` are distinct, in the order of their ids; ``repeats`` of them are left out and
    counted. ``asked`` are the keys whose values are wanted, if any are. ``nothing_in`` is the place,
    or the words, that no document has; ``others`` are then the documents of the kind. With an
    ``extreme``, ``documents`` are those of the value that most, or fewest, of ``total`` have.
    """

    intent: Literal["count", "list"]
    noun: str
    documents: tuple[Document, ...]
    repeats: int
    asked: tuple[str, ...]
    nothing_in: str = ""
    others: tuple[Document, ...] = ()
    extreme: Extreme = ""
    total: int = 0
    chinese: bool = False


class Catalog:
    """What the documents' metadata says, by the words a question would use."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._by_id = {document.id: document for document in documents}
        self._places = {document.id: places_of(document) for document in documents}
        self._vocabulary = Vocabulary(documents)

    def select(self, question: str, *, within: set[str] | None = None) -> Selection | None:
        """Return what the question asks of the metadata, or None where it asks something else.

        ``within`` keeps to these document ids.
        """
        missing = _UNKNOWN_PLACE.search(question)
        wish = request(
            question, self._vocabulary, missing=set(analyse(missing[1])) if missing else frozenset()
        )
        if wish is None or not wish.named:
            return None
        pool = [
            document
            for document in self._documents
            if (not wish.kinds or document.metadata.get("kind") in wish.kinds)
            and (within is None or document.id in within)
        ]
        fitting = [] if wish.unknown else self._fitting(pool, wish)
        chosen = [d for d in fitting if values_of(d, wish.asked)] if wish.asked else fitting
        if fitting and not chosen:
            return None  # the metadata does not say it; perhaps the text does
        best = _of_the_extreme(chosen, wish) if wish.extreme and chosen else chosen
        return _selection(question, wish, chosen or pool, best)

    def of_it(self, question: str, documents: Sequence[Document]) -> Selection | None:
        """Return what a question that names no document ("What is its team?") asks of these.

        None where the metadata does not say it.
        """
        wish = self._asking_of_one(question)
        told = [document for document in documents if wish and values_of(document, wish.asked)]
        return _selection(question, wish, documents, told) if wish and told else None

    def asks_of_one(self, question: str) -> bool:
        """Tell whether a question asks for values, and leaves open of which document."""
        return self._asking_of_one(question) is not None

    def _asking_of_one(self, question: str) -> Request | None:
        wish = request(question, self._vocabulary)
        if wish is None or not wish.asked or wish.wanted or wish.unwanted or wish.unknown or wish.extreme:
            return None
        return wish if wish.intent == "list" else None

    def _fitting(self, pool: Sequence[Document], wish: Request) -> list[Document]:
        wanted = [each for choice in wish.wanted for each in self._alternatives(choice)]
        unwanted = [terms for choice in wish.unwanted for terms in choice.terms]
        return [
            document
            for document in pool
            if all(any(self._has(document, terms) for terms in alternatives) for alternatives in wanted)
            and not any(self._has(document, terms) for terms in unwanted)
        ]

    def _alternatives(self, choice: Choice) -> list[tuple[Terms, ...]]:
        """Return of which values a document must have one: for each, those it cannot have beside it."""
        if choice.either:
            return [choice.terms]
        return [
            (terms, *(other for other in choice.terms if other != terms and self._exclude(terms, other)))
            for terms in choice.terms
        ]

    def _has(self, document: Document, terms: Terms) -> bool:
        return terms <= self._vocabulary.terms[document.id]

    def _exclude(self, terms: Terms, other: Terms) -> bool:
        return not any(terms | other <= known for known in self._vocabulary.terms.values())

    def words(self, document: Document) -> frozenset[str]:
        """Return what names a document: the terms of its title and metadata, and every name of its place."""
        return self._vocabulary.terms[document.id]

    def elsewhere(self, question: str) -> set[str]:
        """Return the ids of the documents that are in another place than the question names."""
        return elsewhere(question, self._by_id, self._places)


def values_of(document: Document, keys: Sequence[str]) -> str:
    """Return the document's values of the keys, as text."""
    return ", ".join(as_text(document.metadata[key]) for key in keys if key in document.metadata)


def _of_the_extreme(documents: Sequence[Document], wish: Request) -> list[Document]:
    """Return the documents of the values that most, or fewest, of them have; of all values in a tie."""
    counts = Counter(values_of(document, wish.asked) for document in _distinct(documents))
    extreme = (max if wish.extreme == "most" else min)(counts.values())
    return [document for document in documents if counts[values_of(document, wish.asked)] == extreme]


def _selection(
    question: str, wish: Request, pool: Sequence[Document], chosen: Sequence[Document]
) -> Selection:
    kinds = {str(document.metadata.get("kind", "document")) for document in chosen or pool}
    distinct = _distinct(chosen)
    everything = _distinct(pool)
    return Selection(
        intent=wish.intent,
        noun=kinds.pop() if len(kinds) == 1 else "document",
        documents=tuple(distinct),
        repeats=len(chosen) - len(distinct),
        asked=wish.asked,
        nothing_in="" if chosen else wish.said,
        others=() if chosen else tuple(everything),
        extreme=wish.extreme,
        total=len(everything),
        chinese=speaks_chinese(question),
    )


def _distinct(documents: Sequence[Document]) -> list[Document]:
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(" ".join(document.text.split()), document)
    return list(first.values())
