"""Selection → an answer that counts or lists documents, or says a value, each cited in its document."""

from collections.abc import Iterator, Sequence

from embeddings.corpus import Document, Passage, Span
from qa.answer import Answer
from qa.catalog import Selection
from qa.gazetteer import other_names
from qa.places import PLACE_KEYS, as_text, mentions
from qa.reading import Reading
from qa.retriever import Candidate
from qa.wording import fact, heading, item, none, source_note

# Items shown of a longer list; the count before them is of all.
LONGEST_LIST = 30
# An opening is taken to at least this many characters, in whole sentences of the first passage.
_OPENING = 60
# A value that is told must stand among the first so many sentences to be quoted from there.
_SEARCHED = 400
_CERTAIN = 0.99


def list_documents(asked: str, query: str, selection: Selection, reading: Reading) -> Answer:
    """Return the answer to a question over metadata; where nothing was selected, say so and what is near."""
    shown = (selection.documents or selection.others)[:LONGEST_LIST]
    placed = [(document, reading.snapshot.rows_of(document.id)) for document in shown]
    cited = [_cited(document, rows, selection, reading) for document, rows in placed if rows]
    candidates = [
        Candidate(row, reading.snapshot.passages[row], score=1.0, parts={"metadata": 1.0})
        for row, _, _ in cited
    ]
    hits = tuple(reading.hits(candidates))
    if not selection.documents:
        return Answer(asked, query, none(selection), (), hits, 1 - _CERTAIN, "not_in_sources")
    citations = tuple(
        reading.citation(number, reading.snapshot.passages[row], span)
        for number, (row, span, _) in enumerate(cited, start=1)
    )
    notes = ["" if said else source_note(selection) for _, _, said in cited]
    if len(shown) == 1 and selection.asked and selection.intent == "list" and not selection.extreme:
        text = f"{fact(selection)}{notes[0]}{'。' if selection.chinese else '.'} [1]"
    else:
        items = [
            f"- {item(document, selection)}{note} [{citation.number}]"
            for document, citation, note in zip(shown, citations, notes, strict=True)
        ]
        stop = "：" if selection.chinese else ":"
        text = "\n".join([heading(selection, most=LONGEST_LIST) + stop, *items])
    return Answer(asked, query, text, citations, hits, _CERTAIN, "answered")


def _cited(
    document: Document, rows: Sequence[int], selection: Selection, reading: Reading
) -> tuple[int, Span, bool]:
    """Return the row and the span to cite, and whether the span says what was asked (or nothing was).

    It is the first sentence that says most of the values; where none does, the document's opening.
    """
    passages = reading.snapshot.passages
    opening = rows[0], _opening(passages[rows[0]])
    values = list(_values(document, selection.asked))
    if not values:
        return *opening, True
    text = document.text
    found = [
        (-said, n, row, span)
        for n, (row, span) in enumerate(_sentences(rows, reading))
        if (said := _said(values, text[span.start : span.end]))
    ]
    if not found:
        return *opening, False
    _, _, row, span = min(found)
    return row, span, True


def _sentences(rows: Sequence[int], reading: Reading) -> Iterator[tuple[int, Span]]:
    spans = ((row, span) for row in rows for span in reading.snapshot.passages[row].sentences)
    return (each for _, each in zip(range(_SEARCHED), spans, strict=False))


def _values(document: Document, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield each value of the keys with its other names."""
    country = as_text(document.metadata.get("country", ""))
    for key in keys:
        if key in document.metadata:
            value = as_text(document.metadata[key])
            yield (value, *(other_names(value, country=country) if key in PLACE_KEYS else ()))


def _said(values: Sequence[tuple[str, ...]], text: str) -> int:
    return sum(any(mentions(text, name) for name in names) for names in values)


def _opening(passage: Passage) -> Span:
    start = passage.sentences[0].start
    ends = (sentence.end for sentence in passage.sentences)
    return Span(start, next((end for end in ends if end - start >= _OPENING), passage.end))
