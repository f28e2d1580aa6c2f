"""The frameworks that bring stores and pipelines of their own; see frameworks.py."""

from collections.abc import Sequence
from typing import Any

from frameworks import Framework, K, LangChain, Passage, Recipe, Txtai, weights


class LlamaIndex(Framework):
    """Fuse vectors and BM25 by reciprocal rank, without queries made by an LLM.

    https://developers.llamaindex.ai/python/framework/integrations/retrievers/reciprocal_rerank_fusion
    A node's metadata are embedded, and searched by BM25, in front of its text. BM25 cannot take in a
    change: it is built again.
    """

    name = "llama-index"
    row = "LlamaIndex (hybrid, rank fusion)"
    package = "llama-index-core"
    update = "told which; BM25 of all"

    def load(self) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._model = HuggingFaceEmbedding(model_name=weights())

    def index(self, passages: Sequence[Passage]) -> None:
        from llama_index.core import VectorStoreIndex

        self._nodes = {p.id: self._node(p) for p in passages}
        self._index = VectorStoreIndex(list(self._nodes.values()), embed_model=self._model)
        self._fuse(self._bm25_of_all())

    def save(self) -> None:
        self._index.storage_context.persist(persist_dir=str(self.folder / "llama-index"))
        self._bm25.persist(str(self.folder / "bm25"))

    def open(self) -> None:
        from llama_index.core import StorageContext, load_index_from_storage
        from llama_index.retrievers.bm25 import BM25Retriever

        self.load()
        context = StorageContext.from_defaults(persist_dir=str(self.folder / "llama-index"))
        self._index = load_index_from_storage(context, embed_model=self._model)
        self._fuse(BM25Retriever.from_persist_dir(str(self.folder / "bm25")))

    def search(self, question: str) -> list[str]:
        return [str(node.node_id) for node in self._retriever.retrieve(question)]

    def change(self, passage: Passage) -> None:
        node = self._nodes[passage.id] = self._node(passage)
        self._index.delete_nodes([passage.id], delete_from_docstore=True)
        self._index.insert_nodes([node])
        self._fuse(self._bm25_of_all())
        self.save()

    def _node(self, passage: Passage) -> Any:  # noqa: ANN401 (a type of a library that may be missing)
        from llama_index.core.schema import TextNode

        metadata = {"title": passage.title} if passage.title else {}
        return TextNode(id_=passage.id, text=passage.text, metadata=metadata)

    def _bm25_of_all(self) -> Any:  # noqa: ANN401
        from llama_index.retrievers.bm25 import BM25Retriever

        return BM25Retriever.from_defaults(nodes=list(self._nodes.values()), similarity_top_k=K)

    def _fuse(self, bm25: Any) -> None:  # noqa: ANN401
        from llama_index.core import Settings
        from llama_index.core.retrievers import QueryFusionRetriever

        Settings.llm = None
        self._bm25 = bm25
        self._retriever = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=K), bm25],
            similarity_top_k=K,
            num_queries=1,
            mode="reciprocal_rerank",
        )


class Haystack(Framework):
    """Join BM25 and vectors by reciprocal rank: https://docs.haystack.deepset.ai/docs/documentjoiner.

    A title in the metadata would reach the vectors alone, so it stands in the content.
    """

    name = "haystack"
    row = "Haystack (hybrid, rank fusion)"
    package = "haystack-ai"

    def load(self) -> None:
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        self._embedder = SentenceTransformersDocumentEmbedder(model=weights())
        self._embedder.warm_up()

    def index(self, passages: Sequence[Passage]) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._store = InMemoryDocumentStore()
        self._store.write_documents(self._embedded(passages))
        self._connect()

    def save(self) -> None:
        self._store.save_to_disk(str(self.folder / "haystack.json"))

    def open(self) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._store = InMemoryDocumentStore.load_from_disk(str(self.folder / "haystack.json"))
        self._connect()

    def search(self, question: str) -> list[str]:
        found = self._pipeline.run(
            {"text_embedder": {"text": question}, "bm25_retriever": {"query": question}}
        )
        return [str(document.id) for document in found["joiner"]["documents"]]

    def change(self, passage: Passage) -> None:
        from haystack.document_stores.types import DuplicatePolicy

        self._store.write_documents(self._embedded([passage]), policy=DuplicatePolicy.OVERWRITE)
        self.save()

    def _embedded(self, passages: Sequence[Passage]) -> Any:  # noqa: ANN401
        from haystack import Document

        return self._embedder.run([Document(id=p.id, content=p.whole) for p in passages])["documents"]

    def _connect(self) -> None:
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )

        pipeline = Pipeline()
        pipeline.add_component("text_embedder", SentenceTransformersTextEmbedder(model=weights()))
        pipeline.add_component("embedding_retriever", InMemoryEmbeddingRetriever(self._store, top_k=K))
        pipeline.add_component("bm25_retriever", InMemoryBM25Retriever(self._store, top_k=K))
        pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=K))
        pipeline.connect("text_embedder", "embedding_retriever")
        pipeline.connect("bm25_retriever", "joiner")
        pipeline.connect("embedding_retriever", "joiner")
        self._pipeline = pipeline


class LanceDB(Framework):
    """Search a table both ways, fused by its default: https://docs.lancedb.com/search/hybrid-search."""

    name = "lancedb"
    row = "LanceDB (hybrid, rank fusion)"
    package = "lancedb"

    def load(self) -> None:
        from lancedb.embeddings import get_registry

        self._model = get_registry().get("sentence-transformers").create(name=weights())
        self._model.ndims()

    def index(self, passages: Sequence[Passage]) -> None:
        from lancedb import connect
        from lancedb.pydantic import LanceModel, Vector

        model = self._model

        class Row(LanceModel):  # type: ignore[misc]
            id: str
            text: str = model.SourceField()
            vector: Vector(model.ndims()) = model.VectorField()  # type: ignore[valid-type]

        database = connect(self.folder / "lancedb")
        self._table = database.create_table("passages", schema=Row, mode="overwrite")
        self._table.add([{"id": p.id, "text": p.whole} for p in passages])
        self._table.create_fts_index("text")

    def save(self) -> None:
        """Do nothing: a table is on the disk."""

    def open(self) -> None:
        from lancedb import connect

        self._table = connect(self.folder / "lancedb").open_table("passages")

    def search(self, question: str) -> list[str]:
        found = self._table.search(question, query_type="hybrid").limit(K).to_list()
        return [str(row["id"]) for row in found]

    def change(self, passage: Passage) -> None:
        merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute([{"id": passage.id, "text": passage.whole}])
        self._table.optimize()


# Whom Footnote is measured beside, in the order of the tables.
PEERS: tuple[type[Framework], ...] = (Recipe, Txtai, LlamaIndex, LangChain, Haystack, LanceDB)
