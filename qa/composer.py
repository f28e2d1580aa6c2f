"""Candidates → an answer made of exact quotes, or a plain "not in the sources".

The sentences of the best passages compete; the best come first, each with its footnote. Repeats are
said once. Whether anything is said at all is decided by the confidence.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from embeddings.corpus import Document, Passage, Span
from qa.answer import Answer, Citation, Hit
from qa.confidence import (
    THRESHOLD,
    chinese_confidence,
    confidence,
    confidence_parts,
    names_in,
)
from qa.expectation import asked_for, expectation, meets
from qa.language import is_chinese, language_note, speaks_chinese
from qa.lexical import analyse
from qa.lookup import look_up
from qa.plain import said, shown
from qa.ranking import Weighting, passage_score, sentence_parts, sentence_score
from qa.reading import Reading
from qa.retriever import Candidate, Question
from qa.silence import is_unsaid, silent, titles_with
from qa.tables import Use, comparison, read_rows, tops_of

# Passages whose sentences compete.
QUOTED_PASSAGES = 3
QUOTES = 3
# A question for a list takes more, …
QUOTES_OF_A_LIST = 6
# … and nothing is quoted that scores this much less than the best sentence.
_MARGIN = 0.6
# Of what stands at a place that the question names.
_NAMED = 0.9
# A neighbour of a quote comes with it when it is among the next best so many sentences, and scores this
# much less than the best at the most: it needs less than a quote of its own does. On SQuAD's 2,910
# questions .6, .7 and .8 put the answer into three quotes for .923, .923 and .924, into the first for .856.
_CLOSE = 2
_NEAR = 0.8

# "Price | 89 euros" is the answer, though the kettle is named in the heading only.
_TOLD = 0.6
# What is said of a picture stands behind what the text itself says. Not fitted: SQuAD has no captions.
_CAPTION = 0.3
_FIGURE = re.compile(
    r"^[^\w\n]*+(?:figure|fig\.|image|photo|图)\s*+\d*+\s*+[:.：]", re.IGNORECASE | re.MULTILINE
)

_LIST = re.compile(
    r"^\W*(?:list|name|enumerate)\b|^\W*(?:what|which)(?: \w+)? (?:are|were)\b"
    r"|^\W*(?:what|which) (?!is\b|was\b|does\b|has\b|this\b)\w+s\b|哪些|有什么|列出",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\b(?:or|and|both|each|every|all|any)\b|和|或|还是|都", re.IGNORECASE)
# A sentence that begins so is not understood alone.
_LEANS = re.compile(
    r"\W*(?:it|its|they|their|he|his|she|her|this|these|those|such|the (?:two|former|latter)|both|here|there"
    r"|however|instead|moreover|also|thus|therefore|then|as a (?:result|consequence)|for (?:this|that))\b"
    r"|\W*(?:它|他|她|这|该|其|因此|但)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence chosen to answer, and the passage it stands in.

    ``another`` marks the row of a table that speaks of something else than what is asked about.
    """

    passage: Passage
    span: Span
    text: str
    score: float
    another: bool = False


def compose(
    asked: str,
    question: Question,
    candidates: Sequence[Candidate],
    reading: Reading,
    *,
    within: Set[str] | None = None,
) -> Answer:
    """Return the answer to a question whose best passages are given, best first.

    ``asked`` is the user's own question; ``question`` is what was searched, of the documents ``within``.
    """
    hits = tuple(reading.hits(candidates))
    if named := _named(question, candidates, reading, within):
        quotes, sure = named, _NAMED
    else:
        quotes = choose(question, candidates, reading)
        sure = _sure(question, candidates, quotes, reading) if quotes else 0.0
    if sure < THRESHOLD:
        return Answer(asked, question.text, _refusal(question.text, hits), (), hits, sure, "not_in_sources")
    citations = tuple(
        reading.citation(number, quote.passage, quote.span) for number, quote in enumerate(quotes, start=1)
    )
    text = "\n\n".join(
        f"{shown(reading.snapshot.documents[c.document_id], c.start, c.end)}"
        f"{_in_other_language(question, c, reading)} [{c.number}]"
        for c in citations
    )
    return Answer(asked, question.text, text, citations, hits, sure, "answered")


def choose(question: Question, candidates: Sequence[Candidate], reading: Reading) -> list[Quote]:
    """Return the sentences that answer best, best first, none of them twice."""
    weighting = Weighting(question.terms, reading.retriever.lexical)
    quotes = [
        quote
        for candidate in candidates[:QUOTED_PASSAGES]
        for quote in _quotes(question, weighting, candidate, reading)
    ]
    quotes = _to_the_point(question.text, quotes, reading)
    quotes.sort(key=lambda quote: (-quote.score, quote.passage.id, quote.span))
    fits_another = bool(quotes) and quotes[0].another
    quotes = [quote for quote in quotes if not quote.another]
    if not quotes or (fits_another and not _speaks_of_it(question.text, quotes[0].text)):
        return []
    most = QUOTES_OF_A_LIST if _LIST.search(question.text) else QUOTES
    good = [quote for quote in quotes[: most + _CLOSE] if quote.score >= quotes[0].score - _NEAR]
    chosen: list[Quote] = []
    heard: set[str] = set()
    for quote in quotes:
        words = said(quote.text).casefold()
        if len(chosen) == most or quote.score < quotes[0].score - _MARGIN:
            break
        whole = _in_context(quote, good, reading)
        if words not in heard and not any(_overlap(whole, other) for other in chosen):
            chosen.append(whole)
        heard.add(words)
    return chosen


def _named(
    question: Question, candidates: Sequence[Candidate], reading: Reading, within: Set[str] | None
) -> list[Quote]:
    places = look_up(question.text, candidates, reading, within=within)
    return [
        Quote(passage, span, reading.document(passage).text[span.start : span.end], 1.0)
        for passage, span in places
    ]


def _in_other_language(question: Question, citation: Citation, reading: Reading) -> str:
    document = reading.snapshot.documents[citation.document_id]
    return language_note(question.text, citation.quote, document)


def _quotes(question: Question, weighting: Weighting, candidate: Candidate, reading: Reading) -> list[Quote]:
    if candidate.words is None:
        return []
    document = reading.document(candidate.passage)
    behind = _CAPTION if _FIGURE.search(reading.text(candidate.passage)) else 0.0
    spans = candidate.passage.sentences
    texts = [document.text[span.start : span.end] for span in spans]
    several = _LIST.search(question.text) or _EITHER.search(question.text)
    words, uses = read_rows(
        document,
        candidate.passage,
        candidate.words,
        weighting.terms,
        names=names_in(question.text),
        compared=comparison(question.text),
        several=bool(several),
    )
    parts = sentence_parts(question.text, weighting, words, texts, cosines=candidate.cosines)
    return [
        Quote(
            candidate.passage, span, text, sentence_score(candidate.score, each) - behind, use is Use.ANOTHER
        )
        for span, text, each, use in zip(spans, texts, parts, uses, strict=True)
        if use is not Use.NOTHING
    ]


def _to_the_point(question: str, quotes: list[Quote], reading: Reading) -> list[Quote]:
    """Keep to documents that speak of what is asked about, and to a phone number or address where one is.

    Where that leaves nothing, all stay. A sentence, or a row, that names what is asked for and gives its
    number comes before what only names the thing it is asked of.
    """
    kind, asked = expectation(question), asked_for(question)
    titles = titles_with(asked.of, reading) if asked.of else set()
    about = [q for q in quotes if reading.document(q.passage).title in titles] or quotes
    if kind in ("phone", "email"):
        return [quote for quote in about if meets(kind, question, quote.text)] or about
    thing = set(asked.thing)
    if not asked.of or kind != "number" or is_unsaid(thing):
        return about
    return [
        replace(quote, score=quote.score + _TOLD)
        if meets(kind, question, quote.text) and thing <= set(analyse(quote.text))
        else quote
        for quote in about
    ]


def _in_context(quote: Quote, good: Sequence[Quote], reading: Reading) -> Quote:
    """Return the quote with the sentence before it, if it leans on that, and neighbours nearly as good.

    A neighbour is of the same paragraph: the rows of a table each say their own.
    """
    sentences, document = quote.passage.sentences, reading.document(quote.passage)
    first = last = sentences.index(quote.span)
    spans = {other.span for other in good if other.passage.id == quote.passage.id}

    def is_near(n: int) -> bool:
        return sentences[n] in spans and _go_on(document, *sorted((quote.span, sentences[n])))

    if first and (_LEANS.match(quote.text) or is_near(first - 1)):
        first -= 1
    if last + 1 < len(sentences) and is_near(last + 1):
        last += 1
    span = Span(sentences[first].start, sentences[last].end)
    return replace(quote, span=span, text=document.text[span.start : span.end])


def _go_on(document: Document, before: Span, after: Span) -> bool:
    """Tell whether two neighbouring sentences stand in one paragraph, and in no table."""
    between = document.text[before.end : after.start]
    return between.count("\n") < 2 and tops_of(document, (before, after)) == [None, None]


def _speaks_of_it(question: str, text: str) -> bool:
    """Tell whether a sentence holds a name of the question, or the word by which it asks to compare."""
    compared = comparison(question)
    named = not names_in(question).isdisjoint(analyse(text))
    return named or bool(compared and compared in text.casefold())


def _overlap(quote: Quote, other: Quote) -> bool:
    return (
        quote.passage.id == other.passage.id
        and quote.span.start < other.span.end
        and other.span.start < quote.span.end
    )


def _sure(
    question: Question, candidates: Sequence[Candidate], quotes: Sequence[Quote], reading: Reading
) -> float:
    if is_chinese(question.text):
        return chinese_confidence(max(one.parts["held"] for one in candidates[:QUOTED_PASSAGES]))
    parts = fit_of(question, candidates, quotes, reading)
    places = {quote.passage.id for quote in quotes}
    quoted = [each for n, each in enumerate(candidates) if not n or each.passage.id in places]
    return confidence(parts, silent=silent(question.text, [q.text for q in quotes], quoted, reading))


def fit_of(
    question: Question, candidates: Sequence[Candidate], quotes: Sequence[Quote], reading: Reading
) -> dict[str, float]:
    """Return the features that the confidence is made of; there is at least one quote."""
    kind = expectation(question.text)
    wanted = kind in ("date", "number", "who", "where")
    return confidence_parts(
        question.text,
        Weighting(question.terms, reading.retriever.lexical),
        score=passage_score(candidates[0].parts),  # calibrated without a reranker
        sentence=max(candidate.parts["sentence"] for candidate in candidates),
        unexpected=wanted and not meets(kind, question.text, quotes[0].text),
    )


def _refusal(question: str, hits: Sequence[Hit]) -> str:
    """Say in the question's language that the sources do not hold it, and what came nearest."""
    nearest = list(dict.fromkeys(f"{said(hit.title)} ({hit.source})" for hit in hits))[:3]
    if speaks_chinese(question):
        near = f"最接近的是：{'；'.join(nearest)}。" if nearest else ""
        return f"资料中没有这个问题的答案。{near}"
    near = f" What came nearest: {'; '.join(nearest)}." if nearest else ""
    return f"The sources do not hold an answer to this.{near}"
