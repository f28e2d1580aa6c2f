"""Vectors by (encoder fingerprint, text), in SQLite: the same text is encoded once, wherever it stands.

One table, ``vectors(key, rows)``: the key is 16 bytes of blake2b over the encoder's fingerprint, the
text and where its sentences lie; the rows are float32, little-endian, that of the text and then those
of its sentences, with a 4-byte checksum before them. Each batch is one
transaction, so an interrupted run resumes where it was. The cache can always be thrown away: that
costs time only, and a damaged one is put aside by itself.
"""

import hashlib
import logging
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeGuard

import numpy as np

from embeddings.corpus import Span
from embeddings.disk import disk_failed, disk_full, make_folder, unwritable, wrong_folder
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import FootnoteError, StorageError

_LOG = logging.getLogger("footnote")

# Texts encoded between two commits: about two seconds of work on two cores.
BATCH = 64
# How often a database that changes meanwhile is looked into.
_LOOKS = 5
# SQLite's own limit on the parameters of a statement was 999 for long.
_LOOKUP = 900
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, rows BLOB) WITHOUT ROWID"
# Of SQLite's errors, those that say nothing against the file.
_WRONG_FOLDER = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
# What SQLite adds to a file at a time, its shared memory's the most.
_ROOM = 1 << 16
_CANNOT_READ = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NO_DAMAGE = _WRONG_FOLDER | _HELD | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM}

OnProgress: TypeAlias = Callable[[int, int], None]
# What the encoder reads, and the sentences in it.
Text: TypeAlias = tuple[str, tuple[Span, ...]]


class VectorCache:
    """The vectors of one encoder, kept in one file.

    Used as a context manager; ``encoded`` counts the texts it had to have encoded. ``read_only`` looks
    and writes nothing, and finds nothing where there is no file. Raises IndexLocationError or StorageError
    when the file cannot be made or written.
    """

    def __init__(self, file: Path, encoder: Encoder, *, read_only: bool = False) -> None:
        self._file = file
        self._encoder = encoder
        self._fingerprint = encoder.card.fingerprint
        self._connection = _look_into(file) if read_only else self._open()
        self.encoded = 0

    def __enter__(self) -> "VectorCache":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def missing(self, texts: Sequence[Text]) -> list[Text]:
        """Return the texts that have no vectors yet, each once, in order."""
        try:
            known = self._lookup(texts)
        except sqlite3.DatabaseError:  # damaged: it will be put aside when something is encoded
            known = {}
        return [text for text in dict.fromkeys(texts) if text not in known]

    def vectors(self, texts: Sequence[Text], *, on_progress: OnProgress | None = None) -> list[Vectors]:
        """Return the rows of each text, in order; what is missing is encoded and kept.

        ``on_progress`` hears (encoded, to encode) after each committed batch.
        """
        known = self._known(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            encoded = self._encoder.encode_passages(
                [text for text, _ in batch], [parts for _, parts in batch]
            )
            self._store(batch, encoded)
            known.update(zip(batch, encoded, strict=True))
            self.encoded += len(batch)
            if on_progress:
                on_progress(start + len(batch), len(missing))
        return [known[text] for text in texts]

    def _known(self, texts: Sequence[Text]) -> dict[Text, Vectors]:
        try:
            return self._lookup(texts)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            return {}

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Put a damaged file aside and begin another. Raises an error of what is no damage."""
        if not _is_damage(error):
            raise _unwritable(self._file, error) from error
        self._connection.close()
        self._connection = self._open(anew=True)

    def _key(self, text: Text) -> bytes:
        edges = ",".join(f"{span.start}-{span.end}" for span in text[1])
        whole = f"{self._fingerprint}\0{edges}\0{text[0]}"
        return hashlib.blake2b(whole.encode(), digest_size=16).digest()

    def _lookup(self, texts: Sequence[Text]) -> dict[Text, Vectors]:
        wanted = {self._key(text): text for text in texts}
        keys = list(wanted)
        known: dict[Text, Vectors] = {}
        for start in range(0, len(keys), _LOOKUP):
            part = keys[start : start + _LOOKUP]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, rows FROM vectors WHERE key IN ({marks})"  # noqa: S608 (question marks only)
            for key, blob in self._connection.execute(query, part):
                text = wanted.get(key)
                rows = self._read(blob, count=1 + len(text[1])) if text else None
                if text and rows is not None:
                    known[text] = rows
        return known

    def _read(self, blob: object, *, count: int) -> Vectors | None:
        dimension = self._encoder.card.dimension
        if not _is_whole(blob) or len(blob) != 4 + 4 * count * dimension:
            return None
        return np.frombuffer(blob[4:], dtype="<f4").astype(np.float32).reshape(count, dimension)

    def _store(self, texts: Sequence[Text], encoded: Sequence[Vectors]) -> None:
        bodies = [rows.astype("<f4").tobytes() for rows in encoded]
        entries = [
            (self._key(text), zlib.crc32(body).to_bytes(4, "little") + body)
            for text, body in zip(texts, bodies, strict=True)
        ]
        try:
            self._insert(entries)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            self._insert_anew(entries)

    def _insert(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", entries)

    def _insert_anew(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        try:
            self._insert(entries)
        except sqlite3.DatabaseError as error:
            raise _unwritable(self._file, error) from error

    def _open(self, *, anew: bool = False) -> sqlite3.Connection:
        try:
            make_folder(self._file.parent)
            if anew:
                _put_aside(self._file)
            try:
                return _connect(self._file)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                _put_aside(self._file)
                return _connect(self._file)
        except OSError as error:
            raise unwritable(self._file.parent, error) from error
        except sqlite3.DatabaseError as error:
            raise _unwritable(self._file, error) from error


def inspect_cache(file: Path) -> tuple[int, str]:
    """Return how many texts a cache has vectors of, and what is wrong with it, if anything is."""
    for _ in range(_LOOKS):
        before = _state_of(file)
        found = _inspected(file)
        if not found[1] or _state_of(file) == before:
            break  # what is written meanwhile looks damaged to one who locks nothing
    return found


def _state_of(file: Path) -> list[tuple[int, int]]:
    """Return what changes when a database is written."""
    own = (file, file.with_name(f"{file.name}-wal"))
    return [(look.st_mtime_ns, look.st_size) for each in own if each.exists() for look in [each.stat()]]


def _inspected(file: Path) -> tuple[int, str]:
    count = wrong = 0
    try:
        connection = _look_into(file)
        try:
            for (blob,) in connection.execute("SELECT rows FROM vectors"):
                count += 1
                wrong += not _is_whole(blob)
            told = "; ".join(row[0] for row in connection.execute("PRAGMA quick_check(3)"))
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return count, f"the vector cache cannot be read ({error}); that costs time only"
    if wrong or told != "ok":
        named = told if told != "ok" else f"{wrong} of its rows"
        return count, f"the vector cache is damaged ({named}); that costs time only"
    return count, ""


def _is_whole(blob: object) -> TypeGuard[bytes]:
    """Tell whether a row is as it was kept; of a damaged file, it may be anything."""
    return isinstance(blob, bytes) and zlib.crc32(blob[4:]).to_bytes(4, "little") == blob[:4]


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # once for each batch: not to be noticed
        connection.execute("PRAGMA fullfsync = 1")  # for macOS (disk.py)
        connection.execute(_TABLE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _look_into(file: Path) -> sqlite3.Connection:
    """Open a database so that nothing is written beside it, or an empty one where there is none."""
    if file.is_file():
        settled = "" if file.with_name(f"{file.name}-wal").exists() else "&immutable=1"
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro{settled}", uri=True, timeout=30)
    connection = sqlite3.connect(":memory:")
    connection.execute(_TABLE)
    return connection


def _put_aside(file: Path) -> None:
    """Move a damaged file out of the way. What can be made of it again is encoded again."""
    _LOG.warning("the vector cache is damaged; it is put aside, and what it lacks is encoded again: %s", file)
    if file.exists():
        file.replace(file.with_suffix(".damaged"))
    for ending in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell a file that is damaged from one that cannot be written now."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code in _CANNOT_READ or code & 0xFF not in _NO_DAMAGE


def _unwritable(file: Path, error: sqlite3.DatabaseError) -> FootnoteError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _has_no_room(file.parent)):
        return disk_full(file.parent)
    if code in _HELD:
        return StorageError(
            "another program holds the vector cache", place=str(file), remedy="Close it, and do this again."
        )
    if code in _WRONG_FOLDER:
        return wrong_folder(file.parent, str(error))
    return disk_failed(file.parent, str(error))


def _has_no_room(folder: Path) -> bool:
    """Tell a full disk, of which SQLite may say no more than of a failing one."""
    try:
        return shutil.disk_usage(folder).free < _ROOM
    except OSError:
        return False
