"""A refresh in a process of its own, to be killed, raced or waited for."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from embeddings.corpus import Span
from embeddings.encoder import Vectors
from embeddings.lock import held
from embeddings.refresh import refresh
from tests.hashing_encoder import HashingEncoder

# Processes are forked from one that has imported all this and runs nothing else.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", "tests.refreshing"])


def make_small(parts: int = 3, batch: int = 2) -> None:
    """Make this process write several parts and commit several batches, of a few documents."""
    import embeddings.cache
    import embeddings.part

    embeddings.part.PASSAGES = parts
    embeddings.cache.BATCH = batch


def refresh_and_tell(data: Path, index: Path, told: Connection) -> None:
    """Refresh, and tell when it begins, the texts that were encoded after each commit, and the end."""
    make_small()
    encoder = HashingEncoder()
    told.send("begun")
    refresh(data, index, encoder=encoder, on_progress=lambda _done, _total: told.send(encoder.encoded))
    told.send("done")


def killed_after(seconds: float, data: Path, index: Path) -> list[object]:
    """Start a refresh, kill it some time after it began, and return what it had told until then."""
    here, there = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=refresh_and_tell, args=(data, index, there))
    process.start()
    there.close()
    told: list[object] = [here.recv()]
    time.sleep(seconds)
    process.kill()
    process.join()
    try:
        while True:
            told.append(here.recv())
    except EOFError:
        return told


def duration(data: Path, index: Path) -> float:
    """Return how long a refresh takes from its beginning, with nobody to kill it."""
    here, there = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=refresh_and_tell, args=(data, index, there))
    process.start()
    here.recv()
    begun = time.monotonic()
    while here.recv() != "done":
        pass
    took = time.monotonic() - begun
    process.join()
    return took


def committed(told: Sequence[object]) -> set[str]:
    """Return the texts that a refresh had told as committed."""
    return {text for each in told if isinstance(each, list) for text in each}


def hold(index: Path, line: Connection) -> None:
    """Hold an index until told to go on."""
    with held(index):
        line.send("begun")
        line.recv()
    line.send("done")


def refresh_when_told(data: Path, index: Path, *more: Any) -> None:
    """Refresh; tell that it began, wait to be told to go on, and tell how many texts were encoded.

    It waits inside of its encoder, with the index held, or, if so wanted, before it does anything.
    """
    *wanted, line = more
    inside = wanted != [False]

    class Waiting(HashingEncoder):
        def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
            if inside and not self.encoded:
                line.send("begun")
                line.recv()
            return super().encode_passages(texts, parts)

    encoder = Waiting()
    if not inside:
        line.send("begun")
        line.recv()
    refresh(data, index, encoder=encoder)
    line.send(len(encoder.encoded))
