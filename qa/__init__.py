"""Ask documents questions; every sentence of an answer is footnoted to an exact span of a source.

from qa import QA, ask, retrieve

ask("Which university collaborated on Deep AutoAugment?")      the shipped corpus, opened on first use
QA.open("my-documents").ask("…")                                your own
"""

from embeddings.corpus import Document
from embeddings.errors import FootnoteError, InputError
from embeddings.refresh import RefreshReport
from qa.answer import Answer, Citation, Hit
from qa.engine import QA
from qa.shipped import ask, retrieve

__all__ = [
    "QA",
    "Answer",
    "Citation",
    "Document",
    "FootnoteError",
    "Hit",
    "InputError",
    "RefreshReport",
    "ask",
    "retrieve",
]
