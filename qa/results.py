"""The last evaluation of a data folder, kept in the user's data for the page to show."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from embeddings.private import make_private
from qa.answer import Json
from qa.folders import own_folder
from qa.metrics import Evaluation

_LOG = logging.getLogger("footnote")
_FILE = "evaluation.json"


def keep_results(data: Path, found: Sequence[Evaluation]) -> None:
    """Keep what was measured on a data folder, in the place of what was before; where it cannot, say so."""
    file = own_folder(data) / _FILE
    kept = {"time": datetime.now(UTC).isoformat(timespec="minutes"), "measured": [e.to_dict() for e in found]}
    try:
        make_private(file.parent)
        new = file.with_suffix(".new")
        new.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        _LOG.warning("the figures cannot be kept for the page: %s: %s", file, error.strerror or error)


def last_results(data: Path) -> dict[str, Json] | None:
    """Return ``{"time": …, "measured": [Evaluation.to_dict(), …]}``, or None where nothing was measured."""
    try:
        kept = json.loads((own_folder(data) / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and isinstance(kept.get("measured"), list) else None
