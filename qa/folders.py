"""The folders that nobody named: the shipped corpus, and what of the user's belongs to a data folder."""

import contextlib
import hashlib
from pathlib import Path

from embeddings.encoder import EncoderCard
from embeddings.private import make_private
from embeddings.snapshot import VERSIONS


def default_data() -> Path:
    """Return the shipped corpus: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent / "data"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "data"


def default_index(data: Path, card: EncoderCard) -> Path:
    """Return the folder of the user's cache that belongs to a data folder and an encoder."""
    import platformdirs  # costs a start what only a default needs

    what = "\0".join([str(data.resolve()), card.fingerprint, *map(str, VERSIONS)])
    digest = hashlib.blake2b(what.encode(), digest_size=6).hexdigest()
    folder = platformdirs.user_cache_path("footnote")
    with contextlib.suppress(OSError):  # whoever writes there says what is wrong
        make_private(folder)
    return folder / f"{data.resolve().name}-{digest}"


def folder_key(data: Path) -> str:
    """Return a short digest that tells a data folder from others on this machine."""
    return hashlib.blake2b(str(data.resolve()).encode(), digest_size=6).hexdigest()


def default_uploads(data: Path) -> Path:
    """Return the folder for the files that the user adds to a data folder from the page."""
    return own_folder(data) / "uploads"


def own_folder(data: Path) -> Path:
    """Return the folder of the user's data that belongs to a data folder; it may not exist yet."""
    import platformdirs  # costs a start what only a default needs

    return platformdirs.user_data_path("footnote") / f"{data.resolve().name}-{folder_key(data)}"
