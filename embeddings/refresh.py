"""What changed in the data folder → only that is read, split and encoded → a new generation.

A file is taken as unchanged by size and mtime, or, where these differ, by its sha256. A file that
cannot be read is named with its reason; its last good version stays in service, marked stale.
"""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from embeddings.cache import OnProgress, Text, VectorCache
from embeddings.corpus import Document, Passage
from embeddings.encoder import Encoder
from embeddings.errors import CorpusError, DocumentError, FootnoteError, IndexLocationError, SnapshotError
from embeddings.readers import SUFFIXES, read
from embeddings.snapshot import Snapshot, SourceFile, current_generation, open_snapshot, publish
from embeddings.splitter import embedded_text, split

# A file changed less than this before it was looked at could change again within one tick of its
# clock, and keep its size: it is told by its digest the next time. (FAT's ticks are the longest.)
_SETTLED_NS = 2_000_000_000
_LOCK_SECONDS = 600
# What tells an index folder from any other, once something was published there.
_INDEX = {"CURRENT", "generations"}
# What it may hold before that.
_BEGUN = {"generations", "vectors.sqlite", "vectors.sqlite-shm", "vectors.sqlite-wal", "refresh.lock"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did, or, of a dry run, would do.

    The first four count documents. ``encoded`` counts the passages that had to be encoded;
    everything else came from the cache. ``failed`` names the files that could not be read.
    """

    added: int
    changed: int
    removed: int
    kept: int
    encoded: int
    generation: int
    failed: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        """Return the counts in words."""
        return f"added {self.added}, changed {self.changed}, removed {self.removed}, kept {self.kept}"


@dataclass(frozen=True, slots=True)
class _Plan:
    """The documents and files a new generation would have, and what of them is new."""

    documents: Mapping[str, Document]
    sources: Mapping[str, SourceFile]
    before: Snapshot | None

    def report(self, *, encoded: int, generation: int) -> RefreshReport:
        old: Mapping[str, Document] = self.before.documents if self.before else {}
        both = self.documents.keys() & old.keys()
        kept = sum(_same(self.documents[identity], old[identity]) for identity in both)
        failed = tuple(Failure(file.source, file.reason) for file in self.sources.values() if file.reason)
        return RefreshReport(
            added=len(self.documents) - len(both),
            changed=len(both) - kept,
            removed=len(old) - len(both),
            kept=kept,
            encoded=encoded,
            generation=generation,
            failed=failed,
        )

    @property
    def is_served(self) -> bool:
        """True where the snapshot already holds all this, a file's mtime aside."""
        return (
            self.before is not None
            and self.before.current
            and self.before.documents == self.documents
            and {file.source: file.reason for file in self.before.sources.values()}
            == {file.source: file.reason for file in self.sources.values()}
        )


def refresh(
    data: Path,
    index: Path,
    *,
    encoder: Encoder,
    rebuild: bool = False,
    on_progress: OnProgress | None = None,
) -> tuple[RefreshReport, Snapshot]:
    """Bring the index up to the data folder; return what was done and the snapshot that serves.

    With ``rebuild``, an index of another encoder, format or splitter is replaced, and a damaged one
    mended. Raises CorpusError where the folder gives nothing to serve, IndexLocationError where the
    index cannot be written, and SnapshotMismatch.
    """
    _refuse_foreign(index)
    plan = _plan(data, _before(index, encoder, rebuild=rebuild))
    if plan.is_served and plan.before and not rebuild:
        return plan.report(encoded=0, generation=plan.before.generation), plan.before
    seen = current_generation(index)
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / "refresh.lock", timeout=_LOCK_SECONDS):
            if current_generation(index) != seen:
                plan = _plan(data, _before(index, encoder, rebuild=rebuild))
            return _build(plan, index, encoder, on_progress)
    except Timeout as error:
        raise FootnoteError(
            "another refresh has held the index for ten minutes", place=str(index), remedy="Try again later."
        ) from error
    except OSError as error:
        raise IndexLocationError(
            f"the index folder cannot be written ({error.strerror or error})",
            place=str(index),
            remedy="Give a folder you may write to with --index.",
        ) from error


def dry_run(data: Path, index: Path, *, encoder: Encoder) -> RefreshReport:
    """Return what a refresh would do, passages to encode included, and write nothing."""
    plan = _plan(data, _before(index, encoder, rebuild=False))
    known = set(_texts(plan.before.documents, plan.before.passages)) if plan.before else set()
    wanted = set(_texts(plan.documents, _split(plan, encoder)))
    return plan.report(encoded=len(wanted - known), generation=plan.before.generation if plan.before else 0)


def fingerprint_of_folder(data: Path) -> int:
    """Return a number that changes when a file of the folder is added, removed, or written to."""
    return hash(tuple((source, found.st_size, found.st_mtime_ns) for source, _, found in _files(data)))


def _before(index: Path, encoder: Encoder, *, rebuild: bool) -> Snapshot | None:
    """Return the snapshot to start from; of one that cannot be used, only a rebuild makes light."""
    if not current_generation(index):
        return None
    try:
        return open_snapshot(index, card=encoder.card)
    except SnapshotError:
        if rebuild:
            return None
        raise


def _plan(data: Path, before: Snapshot | None) -> _Plan:
    _require_folder(data)
    known: Mapping[str, SourceFile] = before.sources if before else {}
    served: dict[str, list[Document]] = {}
    for document in before.documents.values() if before else ():
        served.setdefault(document.source, []).append(document)
    documents: dict[str, Document] = {}
    sources: dict[str, SourceFile] = {}
    for source, path, found in _files(data):
        file = known.get(source)
        held = served.get(source, [])
        if file is None or file.modified != found.st_mtime_ns or file.size != found.st_size:
            file, fresh = _look(path, source, found, file)
            held = fresh if fresh is not None else held
        if file.reason:
            held = [replace(document, stale=True) for document in held]
        sources[source] = file
        documents.update((document.id, document) for document in held)
    if not documents:
        first = next(iter(sources.values()), None)
        raise CorpusError(
            f"no document could be read, the first because: {first.reason}"
            if first
            else "the data folder is empty",
            place=str(data),
            remedy=f"Put files there that end in {', '.join(sorted(SUFFIXES))}.",
        )
    return _Plan(documents, sources, before)


def _look(
    path: Path, source: str, found: os.stat_result, known: SourceFile | None
) -> tuple[SourceFile, list[Document] | None]:
    """Return the file's new state and its documents, or none where they are the ones held already."""
    settled = time.time_ns() - found.st_mtime_ns > _SETTLED_NS
    state = SourceFile(source, found.st_size, found.st_mtime_ns if settled else 0, "")
    try:
        with path.open("rb") as content:
            state = replace(state, sha256=hashlib.file_digest(content, "sha256").hexdigest())
        if known is not None and known.sha256 == state.sha256:
            return replace(state, reason=known.reason), None
        return state, list(read(path, source=source))
    except DocumentError as error:
        return replace(state, reason=f"{error.fact}. {error.remedy}"), None
    except OSError as error:
        return replace(state, reason=f"it cannot be read ({error.strerror})"), None


def _build(
    plan: _Plan, index: Path, encoder: Encoder, on_progress: OnProgress | None
) -> tuple[RefreshReport, Snapshot]:
    passages = _split(plan, encoder)
    texts = _texts(plan.documents, passages)
    with VectorCache(index / "vectors.sqlite", encoder) as cache:
        encoded = len(cache.missing(texts))
        vectors = cache.vectors(texts, on_progress=on_progress)
    snapshot = publish(
        index,
        card=encoder.card,
        documents=list(plan.documents.values()),
        sources=list(plan.sources.values()),
        passages=passages,
        passage_vectors=np.stack([rows[0] for rows in vectors]),
        sentence_vectors=np.concatenate([rows[1:] for rows in vectors]),
    )
    return plan.report(encoded=encoded, generation=snapshot.generation), snapshot


def _split(plan: _Plan, encoder: Encoder) -> list[Passage]:
    """Return all passages, those of kept documents taken from the snapshot."""
    held: dict[str, list[Passage]] = {}
    for passage in plan.before.passages if plan.before else ():
        held.setdefault(passage.document_id, []).append(passage)
    passages: list[Passage] = []
    for document in plan.documents.values():
        old = plan.before.documents.get(document.id) if plan.before else None
        if old is not None and _same(document, old):
            passages += held.get(document.id, [])
        else:
            passages += split(document, count_tokens=encoder.count_tokens, max_tokens=encoder.card.max_tokens)
    return passages


def _texts(documents: Mapping[str, Document], passages: Sequence[Passage]) -> list[Text]:
    return [embedded_text(documents[passage.document_id], passage) for passage in passages]


def _same(document: Document, old: Document) -> bool:
    return replace(document, stale=old.stale) == old


def _refuse_foreign(index: Path) -> None:
    """Raise IndexLocationError for a folder that holds anything but an index."""
    if not index.is_dir() or not os.access(index, os.R_OK | os.X_OK):
        return  # whoever reads or writes it says what is wrong
    names = {path.name for path in index.iterdir()}
    if names - _BEGUN and not _INDEX.issubset(names):
        raise IndexLocationError(
            "the index folder holds other files",
            place=str(index),
            remedy="Give an empty or a new folder with --index.",
        )


def _require_folder(data: Path) -> None:
    if not data.is_dir():
        raise CorpusError(
            "the data folder is not a folder" if data.exists() else "the data folder is missing",
            place=str(data),
            remedy="Make it and put documents there, or name another with --data.",
        )
    if not os.access(data, os.R_OK | os.X_OK):
        raise CorpusError("the data folder cannot be read", place=str(data), remedy="Check its permissions.")


def _files(data: Path) -> list[tuple[str, Path, os.stat_result]]:
    """Return the folder's documents by path, hidden ones and links out of the folder left aside."""
    root = data.resolve()
    files: list[tuple[str, Path, os.stat_result]] = []
    for folder, below, names in os.walk(root):
        if _INDEX.issubset([*below, *names]):
            below.clear()  # an index that lies in the data folder is no document
            continue
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            path = Path(folder) / name
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            try:
                found = path.stat()
            except OSError:  # gone since it was listed, or a link to nothing
                continue
            if path.is_file():
                files.append((path.relative_to(root).as_posix(), path, found))
    return sorted(files)
