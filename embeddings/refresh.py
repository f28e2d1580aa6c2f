"""What changed in the data folder → only that is read, split and encoded → a new generation.

Documents that did not change keep their rows: a part all of whose documents are as they were is named
again, one that holds a changed document is made anew of the old rows and the new. The result is the
same as a clean build. A file that cannot be read is named with its reason; its last good version stays
in service, marked stale.

A damaged index is mended: from the newest generation that is whole, or, where none is, from the data
folder and the vector cache, so that nothing is encoded again.
"""

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.cache import OnProgress, Text, VectorCache
from embeddings.corpus import Document
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import (
    IndexLocationError,
    SnapshotDamaged,
    SnapshotMismatch,
    SnapshotMissing,
    StorageError,
)
from embeddings.folder import INDEX, write_seen
from embeddings.layout import Split, Stretch, layout
from embeddings.lock import held
from embeddings.plan import Failure, Plan, RefreshReport, Run, plan_refresh
from embeddings.publication import publish
from embeddings.salvage import Salvage
from embeddings.snapshot import Snapshot, current_generation, open_snapshot
from embeddings.splitter import embedded_text, split

__all__ = ["Failure", "RefreshReport", "dry_run", "refresh"]

_LOG = logging.getLogger("footnote")

# What an index folder may hold, be anything published there or not.
_OWN = re.compile(
    r"CURRENT(\.new)?|generations|parts|refresh\..*|seen\..*|vectors\.(damaged|sqlite(-shm|-wal|-journal)?)"
)


@dataclass(frozen=True, slots=True)
class _Start:
    """What a refresh starts from, what is wrong with the index, and what may be got out of it."""

    before: Snapshot | None = None
    damage: SnapshotDamaged | None = None
    salvage: Salvage | None = None


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

    A damaged index is mended, and a warning tells so. With ``rebuild``, one of another encoder, format or
    splitter is replaced. ``uploads`` is a second folder, whose files have sources that begin with
    ``uploads/``. ``served`` is a snapshot of this index that is open already. ``on_progress`` hears (texts
    that have their vectors, texts of new documents). Raises CorpusError where the folders give nothing to
    serve, IndexLocationError or StorageError where the index cannot be written, SnapshotDamaged where it
    cannot be mended for that reason, and SnapshotMismatch.
    """

    def planned() -> tuple[str, _Start, Plan]:
        named = current_generation(index)
        start = _start(index, encoder, rebuild=rebuild, served=served)
        plan = plan_refresh(data, index, start.before, uploads=uploads, salvage=start.salvage, retry=rebuild)
        return named, start, plan

    def served_already(plan: Plan) -> tuple[RefreshReport, Snapshot] | None:
        if rebuild or plan.before is None or not plan.is_served:
            return None
        if plan.looks != plan.seen:
            write_seen(index, plan.before.named, plan.looks)
        return plan.report(encoded=0, generation=plan.before.generation), plan.before

    _refuse_foreign(index)
    named, start, plan = planned()
    if done := served_already(plan):
        return done
    try:
        with held(index) as waited:
            if waited or current_generation(index) != named:
                _, start, plan = planned()
                if done := served_already(plan):
                    return done
            report, snapshot = _build(plan, index, encoder, rebuild=rebuild, on_progress=on_progress)
    except (IndexLocationError, StorageError) as error:
        if start.damage:
            raise _unmended(start.damage, error) from error
        raise
    if start.damage:
        _LOG.warning("%s", _mended(start.damage, report, start.before))
    return report, snapshot


def dry_run(data: Path, index: Path, *, encoder: Encoder, uploads: Path | None = None) -> RefreshReport:
    """Return what a refresh would do, passages to encode included, and write nothing."""
    start = _start(index, encoder, rebuild=False, served=None)
    plan = plan_refresh(data, index, start.before, uploads=uploads, salvage=start.salvage)
    texts = [
        text for run in plan.runs for document in run.new for text in _texts([_split(document, encoder)])
    ]
    with VectorCache(index / "vectors.sqlite", encoder, read_only=True) as cache:
        encoded = len(cache.missing(texts))
    if start.damage:
        _LOG.warning("%s. A refresh would mend it", _told(start.damage))
    return plan.report(encoded=encoded, generation=plan.before.generation if plan.before else 0)


def _start(index: Path, encoder: Encoder, *, rebuild: bool, served: Snapshot | None) -> _Start:
    """Return the snapshot to start from; of one by another encoder, only a rebuild makes light."""
    named = current_generation(index)
    if named and served is not None and served.named == named and served.card == encoder.card:
        return _Start(served)
    try:
        before = open_snapshot(index, card=encoder.card, opened=served.parts if served else ())
    except SnapshotMissing:
        return _Start()
    except SnapshotDamaged as damage:
        return _Start(damage=damage, salvage=Salvage(index))
    except SnapshotMismatch:
        if rebuild:
            return _Start(salvage=Salvage(index))
        raise
    return _Start(before, before.damage, Salvage(index) if before.damage else None)


def _told(damage: SnapshotDamaged) -> str:
    return f"{damage.fact}: {damage.place}"


def _mended(damage: SnapshotDamaged, report: RefreshReport, before: Snapshot | None) -> str:
    source = f"generation {before.generation} and the data folder" if before else "the data folder"
    passages = "1 passage" if report.encoded == 1 else f"{report.encoded} passages"
    return f"{_told(damage)}. The index was mended from {source}; {passages} had to be encoded"


def _unmended(damage: SnapshotDamaged, error: IndexLocationError | StorageError) -> SnapshotDamaged:
    return SnapshotDamaged(
        f"{damage.fact}, and it cannot be mended: {error.fact}", place=damage.place, remedy=error.remedy
    )


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
        snapshot = publish(
            index, card=encoder.card, sources=plan.sources, parts=parts, before=plan.before, anew=rebuild
        )
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
    if not (INDEX.issubset(names) or all(map(_OWN.fullmatch, names))):
        raise IndexLocationError(
            "the index folder holds other files",
            place=str(index),
            remedy="Give an empty or a new folder with --index.",
        )
