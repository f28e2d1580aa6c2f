"""Candidates → an answer of exact quotes, or none."""

import re
from collections.abc import Sequence

from qa.answer import Answer, Citation
from qa.lexical import analyse
from qa.reading import Reading
from qa.retriever import Candidate, Question

QUOTES = 3
_MARK = re.compile(r"\[(\d+)\]")


def compose(asked: str, question: Question, candidates: Sequence[Candidate], reading: Reading) -> Answer:
    """Return the answer to a question whose best passages are given, best first."""
    hits = tuple(reading.hits(candidates))
    scored = []
    idf = {t: reading.retriever.lexical.idf(t) for t in question.terms}
    mass = sum(idf.values()) or 1
    for candidate in candidates[:6]:
        text = reading.document(candidate.passage).text
        for span, cosine in zip(
            candidate.passage.sentences, candidate.sentence_cosines.tolist(), strict=True
        ):
            terms = set(analyse(text[span.start : span.end]))
            cover = sum(w for t, w in idf.items() if t in terms) / mass
            scored.append((cosine + cover + candidate.score, candidate, span))
    scored.sort(key=lambda s: -s[0])
    citations = []
    seen = set()
    for _, candidate, span in scored:
        document = reading.document(candidate.passage)
        quote = document.text[span.start : span.end]
        if quote in seen or len(citations) == QUOTES:
            continue
        seen.add(quote)
        citations.append(
            Citation(
                len(citations) + 1,
                quote,
                document.id,
                document.title,
                document.source,
                span.start,
                span.end,
                reading.also_in(candidate.passage),
                candidate.passage.id,
            )
        )
    if not candidates or candidates[0].score < 0.5:
        near = f" What came nearest: {hits[0].title} ({hits[0].source})." if hits else ""
        return Answer(
            asked,
            question.text,
            f"The sources do not hold an answer to this.{near}",
            (),
            hits,
            0.1,
            "not_in_sources",
        )
    body = "\n\n".join(f"{_neutral(c.quote)} [{c.number}]" for c in citations)
    return Answer(asked, question.text, body, tuple(citations), hits, 0.9, "answered")


def _neutral(quote: str) -> str:
    """Return a quote on one line, its own bracketed numbers told from our marks."""
    return _MARK.sub(r"(\1)", " ".join(quote.split()))
