"""Opening an index that nobody may write to: what stands there is served, and said to be as it was."""

import logging
from pathlib import Path

from embeddings.cache import OnProgress
from embeddings.encoder import Encoder
from embeddings.errors import IndexLocationError, SnapshotDamaged, SnapshotError, StorageError
from embeddings.plan import unchanged
from embeddings.refresh import RefreshReport, refresh
from embeddings.snapshot import Snapshot, open_snapshot

_LOG = logging.getLogger("footnote")


def refresh_or_open(
    data: Path,
    index: Path,
    *,
    encoder: Encoder,
    uploads: Path | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[RefreshReport, Snapshot]:
    """Bring the index up to the data folder, or open it as it is where it cannot be written.

    Raises what ``refresh`` does; what says that it cannot be written or mended, only where nothing stands
    there that can be served.
    """
    try:
        return refresh(data, index, encoder=encoder, uploads=uploads, on_progress=on_progress)
    except (IndexLocationError, StorageError, SnapshotDamaged) as error:
        try:
            snapshot = open_snapshot(index, card=encoder.card)
        except SnapshotError:
            raise error from None
        _LOG.warning("what changed is not taken in, generation %d serves: %s", snapshot.generation, error)
        return unchanged(snapshot), snapshot
