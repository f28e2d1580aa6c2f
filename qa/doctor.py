"""Examining an installation: what it runs on, the model, the index, the content; and what to do about each.

Each check stands by itself: what is broken is told in its line, and the others are made all the same.
Nothing is written, and nothing is fetched but a model that ``--model`` names and that is not here yet.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from embeddings.cache import inspect_cache
from embeddings.encoder import Encoder
from embeddings.errors import SnapshotError, SnapshotMissing
from embeddings.folder import files_of
from embeddings.readers import SUFFIXES
from embeddings.snapshot import Snapshot, open_snapshot
from embeddings.weights import DEFAULT_MODEL, Weights, locate
from qa.finding import Finding, isolated
from qa.folders import default_data, default_index, default_uploads
from qa.installation import check_folder, check_packages, check_port, check_python

_EXPECTED = Path(__file__).with_name("expected.json")
# Cosine with the vector that torch gave in 32 bits; here 8 bits have .996, and 32 bits 1.000.
_ALIKE = 0.98
# Files that are named, of those that cannot be read.
_NAMED = 5


class Doctor:
    """One examination; later checks make use of what earlier ones found."""

    def __init__(
        self,
        data: Path | None = None,
        index: Path | None = None,
        *,
        model: str | None = None,
        backend: str = "auto",
        uploads: Path | None = None,
        port: int = 7860,
    ) -> None:
        """Take what the commands take, with the same defaults."""
        self._data = data or default_data()
        self._index = index
        self._model = model
        self._backend = backend
        self._uploads = uploads or default_uploads(self._data)
        self._port = port
        self._weights: Weights | None = None
        self._encoder: Encoder | None = None
        self._snapshot: Snapshot | None = None

    def examine(self) -> Iterator[Finding]:
        """Yield what is found, check by check."""
        yield from isolated("python", check_python)
        yield from isolated("packages", check_packages)
        yield from isolated("model", self._check_model)
        yield from isolated("backend", self._check_backend)
        yield from isolated("encoding", self._check_encoding)
        yield from isolated("index", self._check_index)
        yield from isolated("vector cache", self._check_cache)
        yield from isolated("content", self._check_content)
        yield from isolated("uploads", self._check_uploads)
        yield from isolated("port", lambda: check_port(self._port))

    def _check_model(self) -> Iterator[Finding]:
        weights = locate(self._model)
        weights.check()
        self._weights = weights
        if weights.model == DEFAULT_MODEL:
            yield Finding("model", "ok", f"{weights.model}: every file has the published sha256")
        else:
            yield Finding(
                "model", "ok", f"{weights.model} at {weights.folder}, whose files nobody vouches for"
            )

    def _check_backend(self) -> Iterator[Finding]:
        from embeddings.conversion import kept
        from embeddings.encoder import load_encoder, prefers_torch

        if self._weights is None:
            yield _left("backend", "model")
            return
        why = prefers_torch()
        if self._backend == "torch" or (self._backend == "auto" and why):
            self._encoder = load_encoder(self._model, self._backend)
            yield Finding("backend", "ok", f"torch, since {why or 'it was asked for'}")
            return
        folder, found = kept(self._weights)
        if found is None and folder.exists():
            fact, remedy = f"the converted model is damaged: {folder}", "The next command makes it again."
            yield Finding("backend", "warning", fact, remedy)
        elif found is None:
            fact, remedy = (
                "openvino, whose model is not prepared yet",
                "The next command does it (20 seconds).",
            )
            yield Finding("backend", "warning", fact, remedy)
        else:
            self._encoder = load_encoder(self._model, self._backend)
            asked = "it was asked for" if self._backend == "openvino" else "this is a CPU it is fast on"
            yield Finding("backend", "ok", f"openvino, since {asked}; the converted model is whole")
        yield from check_folder("models", folder.parent, what="the folder of converted models")

    def _check_encoding(self) -> Iterator[Finding]:
        if self._encoder is None:
            yield _left("encoding", "backend")
            return
        told = json.loads(_EXPECTED.read_text(encoding="utf-8"))
        vector = self._encoder.encode_query(told["text"])
        if self._encoder.card.model != DEFAULT_MODEL:
            yield Finding("encoding", "ok", f"a text has {len(vector)} dimensions")
            return
        norm = sum(value * value for value in told["vector"]) ** 0.5
        cosine = float(sum(a * b for a, b in zip(vector.tolist(), told["vector"], strict=True)) / norm)
        if cosine >= _ALIKE:
            yield Finding("encoding", "ok", f"a text has the vector it should have (cosine {cosine:.3f})")
            return
        fact = f"a text has another vector than it should have (cosine {cosine:.3f}, not {_ALIKE} or more)"
        yield Finding("encoding", "wrong", fact, "Ask with --backend torch, and report this.")

    def _check_index(self) -> Iterator[Finding]:
        card = self._encoder.card if self._encoder else None
        if self._index is None and card is not None:
            self._index = default_index(self._data, card)
        if self._index is None:
            yield _left("index", "backend")
            return
        index = self._index
        try:
            snapshot = open_snapshot(index, card=card)
        except SnapshotMissing:
            yield Finding("index", "warning", f"nothing is indexed yet: {index}", "Run: footnote refresh")
        except SnapshotError as error:
            yield Finding("index", "wrong", f"{error.fact}: {error.place}", error.remedy)
        else:
            self._snapshot = snapshot
            holds = f"{len(snapshot.documents)} documents, {len(snapshot.passages)} passages"
            fact = f"generation {snapshot.generation}, {holds}"
            if snapshot.current:
                yield Finding("index", "ok", f"{fact}; every file has its sha256")
            else:
                fact = f"the newest generation is damaged, and the one before serves ({fact}): {index}"
                yield Finding("index", "wrong", fact, "Run: footnote refresh")
        yield from check_folder("index folder", index, what="the index")

    def _check_cache(self) -> Iterator[Finding]:
        cache = (self._index or Path()) / "vectors.sqlite"
        if not cache.exists():
            return
        count, wrong = inspect_cache(cache)
        if wrong:
            yield Finding("vector cache", "warning", wrong, "Run: footnote refresh --rebuild")
        else:
            yield Finding("vector cache", "ok", f"the vectors of {count} texts are whole")

    def _check_content(self) -> Iterator[Finding]:
        from embeddings.plan import plan_refresh

        index = self._index or Path()
        plan = plan_refresh(self._data, index, self._snapshot, uploads=self._uploads)
        yield Finding("content", "ok", f"{_files(len(plan.sources))} to serve: {self._data}")
        added, changed, removed, _ = plan.counts
        if self._snapshot is not None and (added or changed or removed):
            fact = f"since the index was made, {added} were added, {changed} changed, {removed} removed"
            yield Finding("content", "ok", f"{fact}; the next question takes that in")
        failed = [source for source in plan.sources if source.reason]
        for source in failed[:_NAMED]:
            fact = f"not read: {source.source}: {source.reason}"
            yield Finding("content", "warning", fact.rstrip("."), "Mend it, or take it out.")
        if len(failed) > _NAMED:
            fact = f"{_files(len(failed) - _NAMED)} more could not be read"
            yield Finding("content", "warning", fact, "footnote refresh names them all.")
        if others := _other_endings(self._data):
            told = ", ".join(f"{count} {ending}" for ending, count in others.most_common(_NAMED))
            fact = f"files with endings that are not read: {told}"
            yield Finding("content", "warning", fact, f"Save them as one of {', '.join(sorted(SUFFIXES))}.")

    def _check_uploads(self) -> Iterator[Finding]:
        if not self._uploads.exists():
            yield Finding("uploads", "ok", f"nothing was added from the page yet: {self._uploads}")
            return
        if not os.access(self._uploads, os.R_OK | os.X_OK):
            fact = f"the folder of added files cannot be read: {self._uploads}"
            yield Finding("uploads", "wrong", fact, "Check its permissions, or name another with --uploads.")
            return
        yield Finding("uploads", "ok", f"{_files(len(files_of(self._uploads)))} added from the page")
        yield from check_folder("uploads folder", self._uploads, what="the folder of added files")


def _left(check: str, needed: str) -> Finding:
    return Finding(check, "warning", f"not checked, since that needs the {needed}", f"See the {needed}.")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _other_endings(data: Path) -> Counter[str]:
    """Count the files that are left aside because of their endings; hidden ones are nobody's concern."""
    found: Counter[str] = Counter()
    for _, folders, files in os.walk(data):
        folders[:] = [name for name in folders if not name.startswith(".")]
        endings = (Path(name).suffix.lower() or "without an ending" for name in files if name[0] != ".")
        found.update(ending for ending in endings if ending not in SUFFIXES)
    return found
