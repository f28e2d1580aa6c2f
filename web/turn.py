"""A turn: what was asked, what came back, and the text around each citation as it stood then.

The text is taken when the answer is given: a file edited later never moves the mark of an older answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from embeddings.corpus import Document
from embeddings.errors import DocumentError
from qa.answer import Answer, Citation, Hit

# Characters shown on each side of a span that no passage of the answer holds: about a paragraph.
_AROUND = 400


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text around a citation; ``start`` is the text's offset in its document.

    ``hit`` is the passage the citation was taken from, where it is among the answer's hits.
    """

    citation: Citation
    text: str
    start: int
    hit: Hit | None = None
    stale: bool = False

    def __post_init__(self) -> None:
        if self.quoted != self.citation.quote:
            raise ValueError("an excerpt holds its citation's quote at the citation's offsets")

    @property
    def before(self) -> str:
        """The text in front of the quoted span."""
        return self.text[: self.citation.start - self.start]

    @property
    def quoted(self) -> str:
        """The quoted span."""
        return self.text[self.citation.start - self.start : self.citation.end - self.start]

    @property
    def after(self) -> str:
        """The text behind the quoted span."""
        return self.text[self.citation.end - self.start :]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, how it was asked, and what came back.

    A question has an ``answer``, a search has what it ``found``; both are None while it is looked up.
    ``where`` are the filters it was asked with; ``literal`` says that it was taken word for word.
    ``rating`` is what the user thinks of the answer: up, down, or nothing yet.
    """

    question: str
    answer: Answer | None = None
    excerpts: tuple[Excerpt, ...] = ()
    found: tuple[Hit, ...] | None = None
    where: Mapping[str, list[str]] = field(default_factory=dict)
    literal: bool = False
    search: bool = False
    rating: str = ""

    @property
    def pending(self) -> bool:
        """True while it is being looked up."""
        return self.answer is None and self.found is None


def answered_turn(turn: Turn, answer: Answer, *, document: Callable[[str], Document]) -> Turn:
    """Return the turn with its answer; ``document`` finds the text of a citation outside the hits."""
    excerpts = tuple(_excerpt(answer, citation, document=document) for citation in answer.citations)
    return replace(turn, answer=answer, excerpts=excerpts)


def _excerpt(answer: Answer, citation: Citation, *, document: Callable[[str], Document]) -> Excerpt:
    for hit in answer.hits:
        if hit.passage_id == citation.passage_id and hit.start <= citation.start <= citation.end <= hit.end:
            return Excerpt(citation, hit.text, hit.start, hit, hit.stale)
    try:
        found = document(citation.document_id)
    except DocumentError:  # removed since
        return Excerpt(citation, citation.quote, citation.start)
    if found.text[citation.start : citation.end] != citation.quote:  # edited since
        return Excerpt(citation, citation.quote, citation.start)
    start = _paragraph_start(found.text, citation.start)
    end = _paragraph_end(found.text, citation.end)
    return Excerpt(citation, found.text[start:end], start, stale=found.stale)


def _paragraph_start(text: str, position: int) -> int:
    edge = max(0, position - _AROUND)
    blank = text.rfind("\n\n", edge, position)
    return edge if blank == -1 else blank + 2


def _paragraph_end(text: str, position: int) -> int:
    edge = min(len(text), position + _AROUND)
    blank = text.find("\n\n", position, edge)
    return edge if blank == -1 else blank
