"""What a laid-out file holds: a web page, a PDF."""

from dataclasses import dataclass

from embeddings.corpus import Metadata


@dataclass(frozen=True, slots=True)
class Extract:
    """Title, text and metadata; ``title`` is empty where the file names none worth showing."""

    title: str
    text: str
    metadata: Metadata
