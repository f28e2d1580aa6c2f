"""Questions over metadata: how many, which, where, list, are there any.

    "How many postings are in Bellevue?"   → noun "postings", value "Bellevue"   → count and list
    "Which cities are the internships in?" → asked key "city", value "internship" → the cities
    "Are there any jobs in Berlin?"        → noun "jobs", a place nobody has     → none, and where some are

A question is taken only if every one of its words is understood: a word that asks, a kind of
document, a metadata key, or a value that some document has. One word more, and the text is searched
instead. Word-for-word repeats are counted once, and named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from embeddings.corpus import Document
from qa.lexical import analyse
from qa.places import PLACE_KEYS, as_text, elsewhere, place_names

# Word-for-word these never ask for documents of a collection; "what is" asks for an explanation.
_ASKS = re.compile(
    r"\s*(?:and\s+|so\s+)?(?:"
    r"(?P<count>how many|(?:what is )?the number of|count)"
    r"|(?P<where>where)"
    r"|which|list|show|name|give me|are there|is there|do you (?:have|know)|any|what are"
    r"|what(?=\s.*\bare there\b)|what(?=\s+(?!is\b|was\b|does\b|has\b|this\b)\w+s\b)"
    r")\b",
    re.IGNORECASE,
)
# What no choice by values can answer: what is left out, and what must be compared.
_BEYOND = re.compile(
    r"\b(?:not|no|never|except|excluding|outside|without|other than|apart from|but|most|least|fewest"
    r"|fewer|more than|less than|at least|largest|smallest|newest|oldest|latest|average)\b",
    re.IGNORECASE,
)
_EITHER = re.compile(r",|\b(?:or|and)\b", re.IGNORECASE)
_UNKNOWN_PLACE = re.compile(r"\b(?:in|at|near|from)\s+((?:[^\W\d_a-z][\w.'’-]*\s*){1,3})\W*$")
# What else a question may say without narrowing anything.
_FILLERS = (
    "many list show name give tell find available current currently different distinct total number count "
    "hiring located location based kind type please exist know present"
)
# The words people use for a kind; beside each, the kind itself and its plural are known.
_KIND_WORDS = {"posting": "job position opening vacancy role", "article": "story"}
_ANY_KIND = "document file source text"


@dataclass(frozen=True, slots=True)
class Selection:
    """The documents a question over metadata is about.

    ``documents`` are distinct, in the order of their ids; ``repeats`` of them are left out and
    counted. ``asked`` is the key whose values are wanted, if one is. ``nothing_in`` is the place,
    or the words, that no document has.
    """

    intent: Literal["count", "list"]
    noun: str
    documents: tuple[Document, ...]
    repeats: int
    asked: tuple[str, ...]
    nothing_in: str = ""
    others: tuple[Document, ...] = ()


class Catalog:
    """What the documents' metadata says, by the words a question would use."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._by_id = {document.id: document for document in documents}
        self._places = {document.id: place_names(document) for document in documents}
        self._words = {document.id: _words_of(document) for document in documents}
        self._all_words = frozenset().union(*self._words.values())
        self._value_words = frozenset().union(*(_words_of(document, title=False) for document in documents))
        self._kinds = {
            str(document.metadata["kind"]) for document in documents if "kind" in document.metadata
        }
        self._keys = {
            term: key
            for key in sorted({k for d in documents for k in d.metadata})
            for term in analyse(_spoken(key))
        }

    def select(self, question: str, *, within: set[str] | None = None) -> Selection | None:
        """Return what the question asks of the metadata, or None where it asks something else.

        ``within`` keeps to these document ids.
        """
        asks = _ASKS.match(question)
        if asks is None or _BEYOND.search(question):
            return None
        fillers = set(analyse(_FILLERS))
        terms = [term for term in dict.fromkeys(analyse(question)) if term not in fillers]
        kinds = {kind for kind in self._kinds if set(terms) & _kind_terms(kind)}
        nouns = set().union(*(_kind_terms(kind) for kind in self._kinds), analyse(_ANY_KIND))
        asked = self._asked(terms, nouns if kinds else frozenset(), where=bool(asks["where"]))
        values = [term for term in terms if term not in nouns and term not in self._keys]
        named = kinds or set(terms) & set(analyse(_ANY_KIND)) or (values and values[0] in self._value_words)
        if not (named or asked) or (asks["where"] and not kinds):
            return None
        unknown = [term for term in values if term not in self._all_words]
        pool = [
            document
            for document in self._documents
            if (not kinds or document.metadata.get("kind") in kinds)
            and (within is None or document.id in within)
        ]
        missing = _UNKNOWN_PLACE.search(question)
        if unknown and not (missing and named and set(unknown) <= set(analyse(missing[1]))):
            return None
        either = self._either(values) if _EITHER.search(question) else {}
        chosen = [
            document
            for document in pool
            if all({value, *either.get(value, ())} & self._words[document.id] for value in values)
        ]
        if asked:
            chosen = [document for document in chosen if values_of(document, asked)]
        chosen_kinds = {str(document.metadata.get("kind", "document")) for document in chosen or pool}
        distinct = _distinct(chosen)
        return Selection(
            intent="count" if asks["count"] else "list",
            noun=chosen_kinds.pop() if len(chosen_kinds) == 1 else "document",
            documents=tuple(distinct),
            repeats=len(chosen) - len(distinct),
            asked=asked,
            nothing_in="" if chosen else _said(question, unknown or values),
            others=() if chosen else tuple(_distinct(pool)),
        )

    def _either(self, values: Sequence[str]) -> dict[str, set[str]]:
        """Return for each value the others that stand beside it as a choice: no document has both."""
        return {
            value: {
                other
                for other in values
                if other != value and not any({value, other} <= words for words in self._words.values())
            }
            for value in values
            if value in self._all_words
        }

    def words(self, document: Document) -> frozenset[str]:
        """Return the terms of a document's title and metadata, and of every name of its place."""
        return self._words[document.id]

    def elsewhere(self, question: str) -> set[str]:
        """Return the ids of the documents that are in another place than the question names."""
        return elsewhere(question, self._by_id, self._places)

    def _asked(
        self, terms: Sequence[str], nouns: "set[str] | frozenset[str]", *, where: bool
    ) -> tuple[str, ...]:
        keys = {key for document in self._documents for key in document.metadata}
        if where:
            return tuple(key for key in PLACE_KEYS if key in keys)
        return tuple(dict.fromkeys(self._keys[t] for t in terms if t in self._keys and t not in nouns))


def values_of(document: Document, keys: Sequence[str]) -> str:
    """Return the document's values of the keys, as text."""
    return ", ".join(as_text(document.metadata[key]) for key in keys if key in document.metadata)


def _distinct(documents: Sequence[Document]) -> list[Document]:
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(" ".join(document.text.split()), document)
    return list(first.values())


def _words_of(document: Document, *, title: bool = True) -> frozenset[str]:
    """Return the terms by which a question may choose a document: title, values, other names of places."""
    texts = [document.title] if title else []
    texts += [as_text(value) for value in document.metadata.values()]
    return frozenset(term for text in (*texts, *place_names(document)) for term in analyse(text))


def _said(question: str, terms: Sequence[str]) -> str:
    """Return the question's own words for the terms."""
    return " ".join(word for word in re.findall(r"[^\s,;?!]+", question) if set(analyse(word)) & set(terms))


def _kind_terms(kind: str) -> set[str]:
    return set(analyse(f"{kind} {_KIND_WORDS.get(kind, '')}"))


def _spoken(key: str) -> str:
    return re.sub(r"[._-]", " ", key)
