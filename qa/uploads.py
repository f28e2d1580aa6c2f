"""The files that a user adds from the page: a folder of their own, never the data folder itself.

A file is read before it takes its place, so an earlier version stays until the new one is known to be
good. Names are single file names of the readable suffixes; sizes and the number of files are bounded.
"""

import re
import secrets
import shutil
import threading
import unicodedata
from pathlib import Path
from typing import Final

from embeddings.errors import DocumentError, FootnoteError
from embeddings.folder import UPLOADS
from embeddings.private import make_private
from embeddings.readers import SUFFIXES, read

LARGEST_MB: Final = 50
MOST: Final = 1_000
# File systems take 255 bytes; a name in Chinese has three a character.
_LONGEST_NAME: Final = 200
# Names that Windows keeps for itself, whatever their ending: such a file could not be copied there.
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


class Uploads:
    """One folder of added files. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the files, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(
            file.name
            for file in self.folder.iterdir()
            if file.is_file() and not file.name.startswith(".") and file.suffix.lower() in SUFFIXES
        )

    def add(self, file: Path, name: str) -> bool:
        """Take in a copy of a file under a name; return whether it replaced one of that name.

        Raises DocumentError where its name, its size or what it holds cannot be served; then an earlier
        version stays.
        """
        name = safe_name(name)
        size = file.stat().st_size
        if size > LARGEST_MB * 1_000_000:
            raise DocumentError(
                f"It has {size / 1e6:.0f} MB, and {LARGEST_MB} is the most",
                place=name,
                remedy="Put it into the data folder itself.",
            )
        staged = self.folder / f".{secrets.token_hex(8)}{Path(name).suffix}"
        with self._lock:
            replaced = (self.folder / name).is_file()
            if not replaced and len(self.names()) >= MOST:
                raise DocumentError(
                    f"There are {MOST:,} added files already",
                    place=name,
                    remedy="Remove some, or put it into the data folder itself.",
                )
            try:
                make_private(self.folder)
                shutil.copyfile(file, staged)
                if not any(read(staged, source=f"{UPLOADS}{name}")):
                    raise DocumentError("It holds no document", place=name, remedy="Add one with text in it.")
                staged.replace(self.folder / name)
            except OSError as error:
                raise FootnoteError(
                    f"the file cannot be kept ({error.strerror or error})",
                    place=str(self.folder),
                    remedy="Make that folder writable, or name another with --uploads.",
                ) from error
            finally:
                staged.unlink(missing_ok=True)
        return replaced

    def remove(self, name: str) -> None:
        """Delete a file. Raises DocumentError where there is none of that name."""
        with self._lock:
            if name not in self.names():
                raise DocumentError("There is no such added file", place=name, remedy="See the list of them.")
            (self.folder / name).unlink()


def safe_name(name: str) -> str:
    """Return a name that stays in its folder. Raises DocumentError where nothing readable is left of it."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    suffix = Path(kept).suffix
    if suffix.lower() not in SUFFIXES or kept == suffix:
        raise DocumentError(
            "Only files that end in " + ", ".join(sorted(SUFFIXES)) + " can be added",
            place=kept or repr(name[:40]),
            remedy="Save it as one of these.",
        )
    if _RESERVED.fullmatch(kept):
        raise DocumentError("Windows keeps this name for itself", place=kept, remedy="Give it another one.")
    if len(kept.encode()) > _LONGEST_NAME:
        raise DocumentError("Its name is too long", place=f"{kept[:40]}…", remedy="Give it a shorter one.")
    return kept
