import pytest

from embeddings.apart import Apart
from embeddings.corpus import Document
from embeddings.folder import Found, look
from embeddings.snapshot import SourceFile


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were looked into, as they are."""
    names: list[str] = []

    def told(
        found: Found, known: SourceFile | None, apart: Apart
    ) -> tuple[SourceFile, list[Document] | None]:
        names.append(found.source)
        return look(found, known, apart)

    monkeypatch.setattr("embeddings.plan.look", told)
    return names
