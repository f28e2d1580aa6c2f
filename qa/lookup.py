"""Questions that are answered by the place where something stands, not by what resembles them.

    What are the opening hours of the harbour branch?   a section, whole
    What does GNN stand for?                            the sentence that explains the letters
    Does any posting require Python?                    a sentence with the word from each that has it
    What is the handbook about?                         its first sentences

A question of none of these kinds finds nothing here, and its words and meaning are searched.
"""

import re
from collections.abc import Iterator, Sequence, Set
from itertools import islice
from typing import TypeAlias

import numpy as np

from embeddings.abbreviations import explanation
from embeddings.corpus import Document, Passage, Span
from qa.lexical import analyse
from qa.ranking import is_label
from qa.reading import Reading
from qa.retriever import Candidate

Place: TypeAlias = tuple[Passage, Span]

# Sentences of a section, and documents that mention a thing.
_MOST = 6
_OPENING = 3
# What a question for a section says beside its name.
_CONTAINS = "include contain cover say involve consist describe tell list mention section look like"
_LETTERS = (
    re.compile(
        r"^\W*[Ww]hat (?:does|do|did|is|are) (?:an? |the )?(?:\w+ )?[“\"]?"
        r"(?P<short>[A-Z][A-Za-z]{1,8}?)s?[”\"]? (?:stand|short|mean)\b(?: for)?\W*$"
    ),
    re.compile(r"^\W*[Ww]hat(?: is| are|['’]s) (?:an? |the )?(?P<short>[A-Z][A-Za-z]?[A-Z]{1,6})s?\W*$"),
    re.compile(r"^\W*(?P<short>[A-Z][A-Za-z]{1,8})\s*(?:是什么的缩写|的全称|代表什么|是什么意思)"),
)
_NAMES = "mention|name|discuss|speak of|talk about|refer to"
_SAYS = f"{_NAMES}|require|need|want|ask for|use|include|involve|offer|cover"
_WHAT = r"(?P<what>(?:\W*+\w++)++)\W*+$"
_MENTIONS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"^\W*(?:do|does) (?:any|some|one)(?: of the)? (?P<noun>\w+) (?:{_SAYS}) {_WHAT}",
        rf"^\W*(?:do|does) the (?P<noun>\w+) (?:{_NAMES}) {_WHAT}",
        rf"^\W*(?:which|what) (?P<noun>\w+s) (?:{_SAYS}) {_WHAT}",
        r"^\W*(?:is|are) (?P<what>.+?) (?:mentioned|named|required|needed|discussed)"
        r"(?: (?:in|by|for)(?: any| the| one)?(?: of the)? (?P<noun>\w+))?\W*$",
    )
)
# "Spark" is not what "ideas spark" says.
_NAME = re.compile(r"\b[A-Z][\w+#.-]*\w|\b[A-Z]\b")
# A longer phrase is no name of a thing to look for.
_LONGEST = 3
_ABOUT = re.compile(r"^\W*what(?:['’]s| is| are) (?P<what>.+?) (?:all )?about\W*$", re.IGNORECASE)


def look_up(
    question: str, candidates: Sequence[Candidate], reading: Reading, *, within: Set[str] | None = None
) -> list[Place]:
    """Return the sentences that answer a question of these kinds, in their order, or none.

    ``within`` keeps to these document ids.
    """
    allowed = reading.snapshot.documents.keys() if within is None else within
    return (
        section(question, candidates, reading)
        or _explained(question, allowed, reading)
        or _mentioned(question, allowed, reading)
        or _opening(question, allowed, reading)
    )


def section(question: str, candidates: Sequence[Candidate], reading: Reading) -> list[Place]:
    """Return the first sentences of the section that a question asks for as a whole, or none.

    Such a question says all words of a heading, and beyond them nothing but what the document is called
    and what its metadata says: "What does a day in the life of the London data scientist include?"
    """
    asked = set(analyse(question)) - set(analyse(_CONTAINS))
    for candidate in candidates:
        passage, document = candidate.passage, reading.document(candidate.passage)
        heading = set(analyse(passage.headings[-1])) if passage.headings else set()
        if len(heading) > 1 and heading <= asked and asked - heading <= reading.catalog.words(document):
            found = [
                (other, span)
                for other in reading.passages_of(document)
                if other.headings == passage.headings
                for span in other.sentences
            ]
            return found[:_MOST]
    return []


def _explained(question: str, allowed: Set[str], reading: Reading) -> list[Place]:
    found = next((match for form in _LETTERS if (match := form.search(question))), None)
    if found is None:
        return []
    for passage in _holding(analyse(found["short"]), allowed, reading):
        place = explanation(reading.text(passage), found["short"])
        if place is not None:
            at = passage.start + place
            return [(passage, span) for span in passage.sentences if span.start <= at < span.end]
    return []


def _mentioned(question: str, allowed: Set[str], reading: Reading) -> list[Place]:
    """Return the first sentence with the thing, of each document of the kind that has one."""
    found = next((match for form in _MENTIONS if (match := form.match(question))), None)
    if found is None:
        return []
    terms, names = set(analyse(found["what"])), _NAME.findall(found["what"])
    if not 0 < len(set(found["what"].split())) <= _LONGEST or not terms:
        return []
    if found["noun"]:
        kind = reading.catalog.select(f"Which {found['noun']} are there?")
        if kind is None:
            return []
        allowed = allowed & {document.id for document in kind.documents}
    first: dict[str, Place] = {}
    for passage in _holding(sorted(terms), allowed, reading):
        text = reading.document(passage).text
        for span in passage.sentences:
            sentence = text[span.start : span.end]
            if passage.document_id in first or not all(name in sentence for name in names):
                continue
            if terms <= set(analyse(sentence)):
                first[passage.document_id] = passage, span
    return list(first.values())[:_MOST]


def _opening(question: str, allowed: Set[str], reading: Reading) -> list[Place]:
    """Return the first sentences of the one document that a question calls by its kind or title."""
    found = _ABOUT.match(question)
    if found is None:
        return []
    document = _called(found["what"], allowed, reading)
    if document is None:
        return []
    sentences = (
        (passage, span)
        for passage in reading.passages_of(document)
        for span in passage.sentences
        if not is_label(document.text[span.start : span.end])
    )
    return list(islice(sentences, _OPENING))


def _called(name: str, allowed: Set[str], reading: Reading) -> Document | None:
    terms = set(analyse(name))
    known = [document for key, document in reading.snapshot.documents.items() if key in allowed]
    called = [document for document in known if terms and terms <= set(analyse(document.title))]
    if not called and (kind := reading.catalog.select(f"Which {name.removeprefix('the ')}s are there?")):
        called = [document for document in kind.documents if document.id in allowed]
    return called[0] if len(called) == 1 else None


def _holding(terms: Sequence[str], allowed: Set[str], reading: Reading) -> Iterator[Passage]:
    """Yield the passages that may hold all the terms, in their order."""
    lexical = reading.retriever.lexical
    scores = [lexical.score([term]) for term in terms if term in lexical.vocabulary]
    if len(scores) < len(terms):
        return
    for row in np.flatnonzero(np.min(scores, axis=0) > 0).tolist():
        passage = reading.snapshot.passages[row]
        if passage.document_id in allowed:
            yield passage
