"""Selection → an answer that counts or lists documents, each cited by its opening."""

from collections import Counter
from collections.abc import Sequence

from embeddings.corpus import Document, Passage, Span
from qa.answer import Answer
from qa.catalog import Selection, values_of
from qa.places import place_of
from qa.reading import Reading
from qa.retriever import Candidate

# Items shown of a longer list; the count before them is of all.
LONGEST_LIST = 30
# An opening is taken to at least this many characters, in whole sentences of the first passage.
_OPENING = 60
_CERTAIN = 0.99


def list_documents(asked: str, query: str, selection: Selection, reading: Reading) -> Answer:
    """Return the answer to a question over metadata; where nothing was selected, say so and what is near."""
    shown = (selection.documents or selection.others)[:LONGEST_LIST]
    first = {
        passage.document_id: row for row, passage in reversed(list(enumerate(reading.snapshot.passages)))
    }
    rows = [first[document.id] for document in shown if document.id in first]
    passages = reading.snapshot.passages
    candidates = [Candidate(row, passages[row], score=1.0, parts={"metadata": 1.0}) for row in rows]
    hits = tuple(reading.hits(candidates))
    if not selection.documents:
        return Answer(asked, query, _none(selection), (), hits, 1 - _CERTAIN, "not_in_sources")
    citations = tuple(
        reading.citation(number, candidate.passage, _opening(candidate.passage))
        for number, candidate in enumerate(candidates, start=1)
    )
    items = [
        f"- {_item(document, selection.asked)} [{citation.number}]"
        for document, citation in zip(shown, citations, strict=True)
    ]
    text = "\n".join([_head(selection), *items])
    return Answer(asked, query, text, citations, hits, _CERTAIN, "answered")


def _head(selection: Selection) -> str:
    count = len(selection.documents)
    head = f"{count} {_plural(selection.noun, count)}"
    if selection.asked and selection.intent == "count":
        distinct = len({values_of(document, selection.asked) for document in selection.documents})
        head = f"{distinct} different {_plural(selection.asked[0], distinct)} in {head}"
    if selection.repeats:
        repeats = f"{selection.repeats} more {_plural('file', selection.repeats)}"
        verb = "repeats" if selection.repeats == 1 else "repeat"
        head += f" ({repeats} {verb} {'it' if count == 1 else 'one of them'} word for word)"
    if count > LONGEST_LIST:
        head += f", the first {LONGEST_LIST} of them"
    return f"{head}:"


def _item(document: Document, asked: Sequence[str]) -> str:
    place = place_of(document)
    told = values_of(document, asked)
    text = f"{document.title}: {told}" if told else f"{document.title} ({place})" if place else document.title
    return text.replace("[", "(").replace("]", ")")


def _none(selection: Selection) -> str:
    nothing = f"None of the {len(selection.others)} {_plural(selection.noun, 2)} in the sources"
    words = f' goes with "{selection.nothing_in}"'.replace("[", "(").replace("]", ")")
    places = Counter(values_of(document, ("city",)) for document in selection.others)
    near = ", ".join(f"{place} ({count})" for place, count in sorted(places.items()) if place)
    return f"{nothing}{words}." + (f" There are some in {near}." if near else "")


def _opening(passage: Passage) -> Span:
    start = passage.sentences[0].start
    ends = (sentence.end for sentence in passage.sentences)
    return Span(start, next((end for end in ends if end - start >= _OPENING), passage.end))


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
