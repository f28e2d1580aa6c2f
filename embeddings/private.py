"""Folders of the user's own: what documents say, and what was asked of them, is nobody else's business."""

from pathlib import Path


def make_private(folder: Path) -> Path:
    """Make a folder and those above it where they are missing, for their owner only; return it.

    One that is there keeps its permissions. Raises OSError.
    """
    for missing in [each for each in (folder, *folder.parents) if not each.exists()][::-1]:
        missing.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(folder))
    return folder
