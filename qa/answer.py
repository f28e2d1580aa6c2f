"""What comes back: hits from a search, and an answer with its citations.

Hit        a passage found for a question, with its score and what the score is made of
Citation   an exact span of a document: ``document.text[start:end] == quote``
Answer     text with ``[n]`` marks, each with its citation, or a plain "not in the sources"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from embeddings.corpus import Metadata

Status: TypeAlias = Literal["answered", "not_in_sources"]
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_MARK = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    ``score`` is higher for better; ``parts`` says what it is made of. ``rank`` counts from 1.
    ``start`` and ``end`` are character offsets into the document's text. ``also_in`` names the
    sources that hold the same passage word for word.
    """

    passage_id: int
    text: str
    score: float
    rank: int
    document_id: str
    title: str
    source: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)
    also_in: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    stale: bool = False

    def to_dict(self) -> dict[str, Json]:
        """Return the hit as plain JSON values; the passage's id as a string, for numbers end at 53 bits."""
        return {
            "passage_id": str(self.passage_id),
            "text": self.text,
            "score": self.score,
            "rank": self.rank,
            "document_id": self.document_id,
            "title": self.title,
            "source": self.source,
            "start": self.start,
            "end": self.end,
            "headings": list(self.headings),
            "metadata": {key: list(v) if isinstance(v, tuple) else v for key, v in self.metadata.items()},
            "also_in": list(self.also_in),
            "parts": dict(self.parts),
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact span of a document, numbered as it is marked in the answer.

    ``passage_id`` is the hit it was taken from; ``also_in`` names the sources that repeat it; ``stale``
    marks the last good version of a file that can no longer be read.
    """

    number: int
    quote: str
    document_id: str
    title: str
    source: str
    start: int
    end: int
    also_in: tuple[str, ...] = ()
    passage_id: int | None = None
    stale: bool = False

    def to_dict(self) -> dict[str, Json]:
        """Return the citation as plain JSON values."""
        return {
            "number": self.number,
            "quote": self.quote,
            "document_id": self.document_id,
            "title": self.title,
            "source": self.source,
            "start": self.start,
            "end": self.end,
            "also_in": list(self.also_in),
            "passage_id": None if self.passage_id is None else str(self.passage_id),
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sources say to a question, or that they do not.

    ``query`` is what was really searched. ``confidence`` is the estimated probability, 0 to 1,
    that the sources hold the answer. Every ``[n]`` of ``text`` has its citation and every
    citation its ``[n]``; an answer that is ``not_in_sources`` has none.
    """

    question: str
    query: str
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    confidence: float
    status: Status

    def __post_init__(self) -> None:
        marks = {int(number) for number in _MARK.findall(self.text)}
        if marks != {citation.number for citation in self.citations}:
            raise ValueError("marks and citations of an answer must be the same numbers")
        if (self.status == "answered") != bool(self.citations):
            raise ValueError("an answer has citations exactly when it is answered")

    @property
    def answered(self) -> bool:
        """True when the sources hold an answer."""
        return self.status == "answered"

    def to_dict(self) -> dict[str, Json]:
        """Return the answer as plain JSON values."""
        return {
            "question": self.question,
            "query": self.query,
            "text": self.text,
            "citations": [citation.to_dict() for citation in self.citations],
            "hits": [hit.to_dict() for hit in self.hits],
            "confidence": self.confidence,
            "status": self.status,
            "answered": self.answered,
        }

    def to_markdown(self) -> str:
        """Return the text and, below it, its numbered sources with the exact quotes."""
        if not self.citations:
            return self.text
        notes = [
            f"[{c.number}] {c.title} ({c.source}, characters {c.start} to {c.end}"
            + (f"; also in {', '.join(c.also_in)}" if c.also_in else "")
            + ("; the file can no longer be read, this is its last good version" if c.stale else "")
            + f')\n    "{" ".join(c.quote.split())}"'
            for c in self.citations
        ]
        return "\n\n".join([self.text, "\n".join(notes)])
