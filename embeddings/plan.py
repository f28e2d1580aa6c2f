"""What a refresh will do: files as they are against the snapshot → documents that stay, and new ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from embeddings.apart import Apart
from embeddings.corpus import Document
from embeddings.errors import CorpusError
from embeddings.folder import Found, files_of, look, read_seen, require_folder
from embeddings.readers import SUFFIXES
from embeddings.salvage import Salvage
from embeddings.snapshot import Snapshot, SourceFile


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did, or, of a dry run, would do.

    The first four count documents. ``encoded`` counts the passages that had to be encoded;
    everything else came from the cache. ``failed`` names the files that could not be read.
    """

    added: int
    changed: int
    removed: int
    kept: int
    encoded: int
    generation: int
    failed: tuple[Failure, ...] = ()

    def to_dict(self) -> dict[str, int | list[dict[str, str]]]:
        """Return the report as plain JSON values."""
        return {
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "kept": self.kept,
            "encoded": self.encoded,
            "generation": self.generation,
            "failed": [{"source": failure.source, "reason": failure.reason} for failure in self.failed],
        }

    def __str__(self) -> str:
        """Return the counts in words."""
        return f"added {self.added}, changed {self.changed}, removed {self.removed}, kept {self.kept}"


@dataclass(frozen=True, slots=True)
class Run:
    """Documents in order: numbers of the snapshot before, or documents that are new."""

    old: range = range(0)
    new: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The files and documents a new generation would have, and what of them is new.

    ``looks`` are the files whose look changed and whose documents did not, ``seen`` those known before.
    """

    sources: tuple[SourceFile, ...]
    runs: tuple[Run, ...]
    looks: dict[str, SourceFile]
    seen: dict[str, SourceFile]
    before: Snapshot | None
    counts: tuple[int, int, int, int]

    def report(self, *, encoded: int, generation: int) -> RefreshReport:
        """Return the counts."""
        failed = tuple(Failure(file.source, file.reason) for file in self.sources if file.reason)
        return RefreshReport(*self.counts, encoded=encoded, generation=generation, failed=failed)

    @cached_property
    def is_served(self) -> bool:
        """True where the snapshot already holds all this, files' looks aside."""
        before = self.before
        return (
            before is not None
            and before.current
            and [run.new for run in self.runs] == [()]
            and self.runs[0].old == range(len(before.documents))
            and {file.source: file.reason for file in before.sources.values()}
            == {file.source: file.reason for file in self.sources}
        )


def unchanged(snapshot: Snapshot) -> RefreshReport:
    """Return the report of a refresh that left a snapshot as it is."""
    failed = tuple(Failure(file.source, file.reason) for file in snapshot.sources.values() if file.reason)
    return RefreshReport(
        0, 0, 0, len(snapshot.documents), encoded=0, generation=snapshot.generation, failed=failed
    )


def plan_refresh(
    data: Path,
    index: Path,
    before: Snapshot | None,
    *,
    uploads: Path | None = None,
    salvage: Salvage | None = None,
    retry: bool = False,
) -> Plan:
    """Compare the folders with a snapshot. Raises CorpusError where there is nothing to serve.

    ``salvage`` has the last good versions that the snapshot may lack. With ``retry``, every file is looked
    into, however it looks, and what could not be read is read again, be it as it was.
    """
    require_folder(data)
    known = before.sources if before else {}
    first = _first_documents(known)
    seen = read_seen(index, before.named) if before else {}
    if retry:
        known, seen = _doubted(known), _doubted(seen)
    sources: list[SourceFile] = []
    runs: list[Run] = []
    looks: dict[str, SourceFile] = {}
    added = changed = kept = 0
    with Apart() as apart:
        for found in _with_closed(files_of(data, uploads), known):
            file = known.get(found.source)
            for look_before in (file, seen.get(found.source)):
                same = (
                    look_before and look_before.modified == found.modified and look_before.size == found.size
                )
                if look_before and same and not found.reason:
                    state, fresh = look_before, None
                    break
            else:
                state, fresh = look(found, file, apart)
            old = range(first[found.source], first[found.source] + file.documents) if file else range(0)
            if state.reason and fresh is None:
                good = salvage.documents(found.source) if salvage else []
                good = good or [document for _, document in _documents(before, old)]
                fresh = [replace(document, stale=True) for document in good]
                state = replace(state, documents=len(fresh))
            own, told = _compared(fresh, old, before)
            runs += own
            added, changed, kept = added + told[0], changed + told[1], kept + told[2]
            same = own == ([Run(old)] if old else [])
            if state is not file and same and file and state.reason == file.reason:
                looks[found.source] = state
            sources.append(state)
    runs = _coalesced(runs)
    if not runs:
        failed = sources[0] if sources else None
        raise CorpusError(
            f"no document could be read, the first because: {failed.reason}"
            if failed
            else "the data folder is empty",
            place=str(data),
            remedy=f"Put files there that end in {', '.join(sorted(SUFFIXES))}.",
        )
    removed = (len(before.documents) if before else 0) - changed - kept
    return Plan(tuple(sources), tuple(runs), looks, seen, before, (added, changed, removed, kept))


def _with_closed(found: Iterable[Found], known: Mapping[str, SourceFile]) -> Iterator[Found]:
    """Yield the files in order, and those known of folders that cannot be looked into any more."""
    files = {file.source: file for file in found}
    closed = tuple(file.source for file in files.values() if file.source.endswith("/"))
    lost = (file for file in known.values() if closed and file.source.startswith(closed))
    for file in lost:
        if file.source not in files:
            reason = "Its folder cannot be looked into. Check its permissions."
            files[file.source] = Found(file.source, "", file.size, file.modified, reason=reason)
    return iter(sorted(files.values(), key=lambda file: file.source))


def _doubted(files: Mapping[str, SourceFile]) -> dict[str, SourceFile]:
    """Return what is known of files but how they looked, and of those that could not be read no digest."""
    return {
        name: replace(file, modified=0, sha256="" if file.reason else file.sha256)
        for name, file in files.items()
    }


def _first_documents(sources: Mapping[str, SourceFile]) -> dict[str, int]:
    """Return the number of each file's first document."""
    first: dict[str, int] = {}
    total = 0
    for file in sources.values():
        first[file.source] = total
        total += file.documents
    return first


def _compared(
    fresh: Sequence[Document] | None, old: range, before: Snapshot | None
) -> tuple[list[Run], tuple[int, int, int]]:
    """Return a file's documents as runs, and how many are added, changed and kept."""
    if fresh is None:
        return ([Run(old)] if old else []), (0, 0, len(old))
    held = {document.id: (number, document) for number, document in _documents(before, old)}
    runs: list[Run] = []
    added = changed = kept = 0
    for document in fresh:
        number, was = held.get(document.id, (-1, None))
        if was is None:
            added += 1
        elif replace(was, stale=document.stale) == document:
            kept += 1
        else:
            changed += 1
        runs.append(Run(range(number, number + 1)) if was == document else Run(new=(document,)))
    return _coalesced(runs), (added, changed, kept)


def _documents(before: Snapshot | None, numbers: range) -> list[tuple[int, Document]]:
    return [(number, before.documents.at(number)) for number in numbers] if before else []


def _coalesced(runs: Sequence[Run]) -> list[Run]:
    """Put runs together that follow each other."""
    joined: list[Run] = []
    new: list[Document] = []
    for run in runs:
        if run.new:
            new += run.new
            continue
        if new:
            joined.append(Run(new=tuple(new)))
            new = []
        if joined and joined[-1].old and joined[-1].old.stop == run.old.start:
            joined[-1] = Run(range(joined[-1].old.start, run.old.stop))
        else:
            joined.append(run)
    return [*joined, Run(new=tuple(new))] if new else joined
