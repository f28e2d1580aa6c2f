"""The life of an index, drawn at random: edits, refreshes, crashes, damage and questions, beside a model.

The model is a dict of what each file says. It knows what is served after a refresh, what may be served after
one that was cut off, and what may not be encoded twice. ``FOOTNOTE_LIVES`` draws more lives than the usual.
"""

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from embeddings.errors import FootnoteError, SnapshotDamaged, SnapshotMissing
from embeddings.refresh import refresh
from embeddings.snapshot import Snapshot, open_snapshot
from embeddings.verification import verify
from qa import QA
from tests.contents import content
from tests.faulty_disk import FaultyDisk, Killed
from tests.hashing_encoder import HashingEncoder

# What is served: each document's text, and whether it is the last good version of a file gone bad.
Served: TypeAlias = dict[str, tuple[str, bool]]

NAMES = st.sampled_from(["a.md", "b.txt", "c/d.md", "e.txt", "记.md"])
WORDS = ["Seals rest. ", "The lamp turns. ", "灯塔建于1953年。", "- bread\n", "# Part\n\n", "\n\n"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(
    lambda words: f"Text {len(words)}. {''.join(words)}"
)


class Life(RuleBasedStateMachine):
    """Files, an index of them, and what is right."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.data, self.index = self.folder / "data", self.folder / "index"
        (self.data / "c").mkdir(parents=True)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("embeddings.part.PASSAGES", 2)
        self.patch.setattr("embeddings.cache.BATCH", 2)
        self.patch.setattr("os.fsync", lambda _handle: None)
        self.encoder = HashingEncoder()
        self.files: dict[str, str] = {}
        self.bad: set[str] = set()
        self.served: Served = {}  # by the last refresh that was done
        self.possible: list[Served] = [{}]  # what may be opened
        self.versions: dict[str, set[str]] = {}  # each text that was ever served
        self.harmed = False  # since the last refresh that was done
        self.encoded_anew = False  # a batch was not committed, or the cache was harmed
        self.write("always.txt", "Always here.")

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.folder)

    @rule(name=NAMES, text=TEXTS)
    def write(self, name: str, text: str) -> None:
        (self.data / name).write_text(text, encoding="utf-8")
        self.files[name] = text
        self.bad.discard(name)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        (self.data / name).unlink(missing_ok=True)
        self.files.pop(name, None)
        self.bad.discard(name)

    @rule(name=NAMES)
    def spoil(self, name: str) -> None:
        (self.data / name).write_bytes(b"\xfa broken \xff")
        self.files.pop(name, None)
        self.bad.add(name)

    @rule(name=NAMES, time=st.integers(1, 10))
    def touch(self, name: str, time: int) -> None:
        if (self.data / name).exists():
            os.utime(self.data / name, (time, time))

    @rule(old=NAMES, new=NAMES)
    def rename(self, old: str, new: str) -> None:
        if old in self.files and old != new:
            (self.data / old).rename(self.data / new)
            self.files[new] = self.files.pop(old)
            self.bad.discard(new)

    @rule()
    def refresh(self) -> None:
        report, snapshot = refresh(self.data, self.index, encoder=self.encoder)
        assert {failure.source for failure in report.failed} == self.bad
        self._took_in(snapshot)

    @rule(open_before=st.booleans())
    def refresh_what_is_open(self, open_before: bool) -> None:
        served = self._opened() if open_before else None
        self._took_in(refresh(self.data, self.index, encoder=self.encoder, served=served)[1])

    @rule()
    def ask(self) -> None:
        bot = QA.open(self.data, self.index, encoder=self.encoder, follow=False)
        hits = bot.retrieve("Does the lamp turn? 灯塔", k=20)
        self._took_in(bot._reading.snapshot)
        assert hits
        assert all(hit.text in self.served[hit.source][0] for hit in hits)
        assert all(hit.stale == self.served[hit.source][1] for hit in hits)
        assert {hit.source for hit in hits} <= set(self.served)

    @rule(at=st.integers(1, 160), error=st.sampled_from([None, errno.ENOSPC, errno.EIO]), torn=st.booleans())
    def crash(self, at: int, error: int | None, torn: bool) -> None:
        wanted = self._wanted()
        try:
            with FaultyDisk(self.index, at=at, error=error, torn=torn) as disk:
                _, snapshot = refresh(self.data, self.index, encoder=self.encoder)
        except (FootnoteError, Killed):
            self.possible.append(wanted)
            self._know(wanted)
        else:
            self._took_in(snapshot)
        self.encoded_anew = self.encoded_anew or disk.failed.startswith("sqlite")

    @precondition(lambda self: self.index.is_dir())
    @rule(which=st.integers(0), place=st.integers(0), missing=st.booleans(), cut=st.booleans())
    def harm(self, which: int, place: int, missing: bool, cut: bool) -> None:
        files = sorted(
            path for path in self.index.rglob("*") if path.is_file() and "refresh" not in path.name
        )
        if not files:
            return
        file = files[which % len(files)]
        whole = bytearray(file.read_bytes())
        file.unlink()
        if whole and not missing:
            whole[place % len(whole)] ^= 1 << place % 8
            file.write_bytes(whole[: place % len(whole)] if cut else whole)
        self.harmed = True
        self.encoded_anew = self.encoded_anew or file.name.startswith("vectors")

    @invariant()
    def what_is_opened_is_whole(self) -> None:
        snapshot = self._opened()
        if snapshot is not None and not self.harmed:
            assert _told(snapshot) in self.possible

    @invariant()
    def no_text_is_encoded_twice(self) -> None:
        assert self.encoded_anew or len(self.encoder.encoded) == len(set(self.encoder.encoded))

    def _opened(self) -> Snapshot | None:
        try:
            return open_snapshot(self.index, card=self.encoder.card)
        except SnapshotMissing:
            return None
        except SnapshotDamaged:
            assert self.harmed
            return None

    def _wanted(self) -> Served:
        """Return what a refresh serves now, all being well."""
        last_good = {name: (self.served[name][0], True) for name in self.bad & self.served.keys()}
        return {**{name: (text, False) for name, text in self.files.items()}, **last_good}

    def _took_in(self, snapshot: Snapshot) -> None:
        """Compare what a refresh that was done serves with the model, and with a clean build."""
        told, wanted = _told(snapshot), self._wanted()
        certain = not self.harmed and len(self.possible) == 1
        for name in self.bad:
            was = told.get(name)
            if not certain:  # an earlier version, where the later was harmed or never published
                assert was is None or (was[1] and was[0] in self.versions.get(name, set()))
                assert was is not None or self.harmed or name not in self.served
                wanted.pop(name, None)
                told.pop(name, None)
        assert told == wanted
        assert snapshot.current
        assert _told(open_snapshot(self.index)) == _told(snapshot)
        facts = [finding.fact for finding in verify(self.index).findings]
        assert [fact for fact in facts if not fact.endswith(("does not serve now", "costs time only"))] == []
        if not self.bad:
            clean = refresh(self.data, self.folder / "clean", encoder=HashingEncoder())[1]
            assert content(snapshot) == content(clean)
            shutil.rmtree(self.folder / "clean")
        self.served = _told(snapshot)
        self.possible = [self.served]
        self.harmed = False
        self._know(self.served)

    def _know(self, served: Served) -> None:
        for name, (text, _) in served.items():
            self.versions.setdefault(name, set()).add(text)


def _told(snapshot: Snapshot) -> Served:
    return {name: (document.text, document.stale) for name, document in snapshot.documents.items()}


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=int(os.environ.get("FOOTNOTE_LIVES", "20")), stateful_step_count=20, deadline=None
)
