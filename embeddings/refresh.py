"""What changed in the data folder → only that is read, split and encoded → a new generation.

Documents that did not change keep their rows: a part all of whose documents are as they were is named
again, one that holds a changed document is made anew of the old rows and the new. The result is the
same as a clean build. A file that cannot be read is named with its reason; its last good version stays
in service, marked stale.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from embeddings.cache import OnProgress, Text, VectorCache
from embeddings.corpus import Document
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import FootnoteError, IndexLocationError, SnapshotError
from embeddings.folder import INDEX, write_seen
from embeddings.layout import Split, Stretch, layout
from embeddings.plan import Failure, Plan, RefreshReport, Run, plan_refresh
from embeddings.publication import publish
from embeddings.snapshot import Snapshot, current_generation, open_snapshot
from embeddings.splitter import embedded_text, split

__all__ = ["Failure", "RefreshReport", "dry_run", "refresh"]

_LOCK_SECONDS = 600
# What an index folder may hold before anything was published there.
_BEGUN = {
    "generations",
    "parts",
    "vectors.sqlite",
    "vectors.sqlite-shm",
    "vectors.sqlite-wal",
    "refresh.lock",
}


def refresh(
    data: Path,
    index: Path,
    *,
    encoder: Encoder,
    uploads: Path | None = None,
    rebuild: bool = False,
    served: Snapshot | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[RefreshReport, Snapshot]:
    """Bring the index up to the data folder; return what was done and the snapshot that serves.

    With ``rebuild``, an index of another encoder, format or splitter is replaced, and a damaged one
    mended. ``uploads`` is a second folder, whose files have sources that begin with ``uploads/``.
    ``served`` is a snapshot of this index that is open already. ``on_progress`` hears (texts that have
    their vectors, texts of new documents). Raises CorpusError where the folders give nothing to serve,
    IndexLocationError where the index cannot be written, and SnapshotMismatch.
    """
    from filelock import FileLock, Timeout  # costs a start what only a refresh needs

    def planned() -> Plan:
        before = _before(index, encoder, rebuild=rebuild, served=served)
        return plan_refresh(data, index, before, uploads=uploads)

    _refuse_foreign(index)
    plan = planned()
    if plan.is_served and plan.before and not rebuild:
        if plan.looks != plan.seen:
            write_seen(index, plan.before.named, plan.looks)
        return plan.report(encoded=0, generation=plan.before.generation), plan.before
    seen = current_generation(index)
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / "refresh.lock", timeout=_LOCK_SECONDS):
            if current_generation(index) != seen:
                plan = planned()
            return _build(plan, index, encoder, rebuild=rebuild, on_progress=on_progress)
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


def dry_run(data: Path, index: Path, *, encoder: Encoder, uploads: Path | None = None) -> RefreshReport:
    """Return what a refresh would do, passages to encode included, and write nothing."""
    plan = plan_refresh(data, index, _before(index, encoder, rebuild=False, served=None), uploads=uploads)
    texts = [
        text for run in plan.runs for document in run.new for text in _texts([_split(document, encoder)])
    ]
    with VectorCache(index / "vectors.sqlite", encoder, read_only=True) as cache:
        encoded = len(cache.missing(texts))
    return plan.report(encoded=encoded, generation=plan.before.generation if plan.before else 0)


def _before(index: Path, encoder: Encoder, *, rebuild: bool, served: Snapshot | None) -> Snapshot | None:
    """Return the snapshot to start from; of one that cannot be used, only a rebuild makes light."""
    named = current_generation(index)
    if not named:
        return None
    if served is not None and served.named == named and served.card == encoder.card:
        return served
    try:
        return open_snapshot(index, card=encoder.card, opened=served.parts if served else ())
    except SnapshotError:
        if rebuild:
            return None
        raise


def _build(
    plan: Plan, index: Path, encoder: Encoder, *, rebuild: bool, on_progress: OnProgress | None
) -> tuple[RefreshReport, Snapshot]:
    runs = plan.runs
    if rebuild and plan.before:
        runs = tuple(
            run if run.new else Run(new=tuple(map(plan.before.documents.at, run.old))) for run in runs
        )
    stretches: list[Stretch] = [
        [_split(document, encoder) for document in run.new] if run.new else run.old for run in runs
    ]
    total = sum(len(each.passages) for own in stretches if not isinstance(own, range) for each in own)
    done = 0
    with VectorCache(index / "vectors.sqlite", encoder) as cache:

        def encode(documents: Sequence[Split]) -> list[Vectors]:
            nonlocal done
            texts = _texts(documents)

            def tell(encoded: int, missing: int) -> None:
                if on_progress:
                    on_progress(done + len(texts) - missing + encoded, total)

            vectors = cache.vectors(texts, on_progress=tell)
            done += len(texts)
            return vectors

        parts = layout(stretches, plan.before, encode=encode, dimension=encoder.card.dimension)
        recalls = plan.before.recalls if plan.before and not rebuild else {}
        snapshot = publish(index, card=encoder.card, sources=plan.sources, parts=parts, recalls=recalls)
        encoded = cache.encoded
    return plan.report(encoded=encoded, generation=snapshot.generation), snapshot


def _split(document: Document, encoder: Encoder) -> Split:
    return Split(
        document, split(document, count_tokens=encoder.count_tokens, max_tokens=encoder.card.max_tokens)
    )


def _texts(documents: Sequence[Split]) -> list[Text]:
    return [embedded_text(each.document, passage) for each in documents for passage in each.passages]


def _refuse_foreign(index: Path) -> None:
    """Raise IndexLocationError for a folder that holds anything but an index."""
    if not index.is_dir() or not os.access(index, os.R_OK | os.X_OK):
        return  # whoever reads or writes it says what is wrong
    names = {path.name for path in index.iterdir()}
    if names - _BEGUN and not INDEX.issubset(names):
        raise IndexLocationError(
            "the index folder holds other files",
            place=str(index),
            remedy="Give an empty or a new folder with --index.",
        )
