"""Vectors by (encoder fingerprint, text), in SQLite: the same text is encoded once, wherever it stands.

One table, ``vectors(key, rows)``: the key is 16 bytes of blake2b over the encoder's fingerprint, the
text and where its sentences lie; the rows are float32, little-endian, that of the text and then those
of its sentences, with a 4-byte checksum before them. Each batch is one
transaction, so an interrupted run resumes where it was. The cache can always be thrown away: that
costs time only, and a damaged one is put aside by itself.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from embeddings.corpus import Span
from embeddings.encoder import Encoder, Vectors
from embeddings.errors import IndexLocationError

# Texts encoded between two commits: about two seconds of work on two cores.
BATCH = 64
# SQLite's own limit on the parameters of a statement was 999 for long.
_LOOKUP = 900
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, rows BLOB) WITHOUT ROWID"

OnProgress: TypeAlias = Callable[[int, int], None]
# What the encoder reads, and the sentences in it.
Text: TypeAlias = tuple[str, tuple[Span, ...]]


class VectorCache:
    """The vectors of one encoder, kept in one file.

    Used as a context manager; ``encoded`` counts the texts it had to have encoded. ``read_only`` looks
    and writes nothing, and finds nothing where there is no file. Raises IndexLocationError when the
    file cannot be made or written.
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
        except sqlite3.OperationalError as error:
            raise _unwritable(self._file, error) from error
        except sqlite3.DatabaseError:  # damaged somewhere inside
            self._connection.close()
            _put_aside(self._file)
            self._connection = self._open()
            return {}

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
                text = wanted[key]
                rows = self._read(blob, count=1 + len(text[1]))
                if rows is not None:
                    known[text] = rows
        return known

    def _read(self, blob: bytes, *, count: int) -> Vectors | None:
        dimension = self._encoder.card.dimension
        body = blob[4:]
        if len(body) != 4 * count * dimension or zlib.crc32(body).to_bytes(4, "little") != blob[:4]:
            return None
        return np.frombuffer(body, dtype="<f4").astype(np.float32).reshape(count, dimension)

    def _store(self, texts: Sequence[Text], encoded: Sequence[Vectors]) -> None:
        bodies = [rows.astype("<f4").tobytes() for rows in encoded]
        entries = [
            (self._key(text), zlib.crc32(body).to_bytes(4, "little") + body)
            for text, body in zip(texts, bodies, strict=True)
        ]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", entries)
        except sqlite3.OperationalError as error:
            raise _unwritable(self._file, error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _connect(self._file)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:  # not a database, or a damaged one: its content can be made again
                _put_aside(self._file)
                return _connect(self._file)
        except (OSError, sqlite3.OperationalError) as error:
            raise _unwritable(self._file, error) from error


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last batches, no more
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
    file.replace(file.with_suffix(".damaged"))
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _unwritable(file: Path, error: Exception) -> IndexLocationError:
    return IndexLocationError(
        f"the index folder cannot be written ({error})",
        place=str(file.parent),
        remedy="Give a folder you may write to with --index.",
    )
