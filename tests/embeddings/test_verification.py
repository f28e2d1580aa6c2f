"""An index that is wrong and says of itself that it is whole: what opening cannot see, verifying does."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embeddings.columns import Array
from embeddings.errors import SnapshotDamaged
from embeddings.publication import publish
from embeddings.refresh import refresh
from embeddings.snapshot import open_snapshot
from embeddings.verification import verify
from tests.hashing_encoder import HashingEncoder

Change = Callable[[dict[str, Array]], None]


def facts(index: Path) -> str:
    return "\n".join(finding.fact for finding in verify(index).findings)


def publish_changed(index: Path, encoder: HashingEncoder, change: Change) -> None:
    """Publish a generation whose only part is not what it should be."""
    snapshot = open_snapshot(index)
    columns = {name: column.copy() for name, column in snapshot.parts[0].columns.items()}
    change(columns)
    publish(
        index, card=encoder.card, sources=list(snapshot.sources.values()), parts=[columns], before=snapshot
    )


def test_a_good_index_has_nothing_wrong_and_its_counts_are_told(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.part.PASSAGES", 3)
    refresh(data, index, encoder=encoder)
    (data / "bad.md").write_bytes(b"\xfa\xff")
    (data / "empty.md").write_text("---\ntitle: Nothing\n---\n", encoding="utf-8")
    _, snapshot = refresh(data, index, encoder=encoder)
    before = sorted((path, path.stat().st_mtime_ns) for path in index.rglob("*"))
    found = verify(index)
    assert found.findings == ()
    assert (found.documents, found.passages) == (len(snapshot.documents), len(snapshot.passages))
    assert found.cached == len(encoder.encoded)
    assert sorted((path, path.stat().st_mtime_ns) for path in index.rglob("*")) == before


def change(name: str, place: int, value: object) -> Change:
    def changed(columns: dict[str, Array]) -> None:
        columns[name].reshape(-1)[place] = value

    return changed


def lengthen(columns: dict[str, Array]) -> None:
    columns["sentence_scales"] *= np.float32(1.1)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (change("spans", 1, 5000), "reaches out of it: 116 to 5000|reaches out of it"),
        (change("spans", 0, 7), "lies out of its passage|another id"),
        (change("sentence_spans", 0, 0), "lies out of its passage"),
        (change("ids", 2, 99), "has another id than its text gives"),
        (change("scales", 1, np.nan), "1 vectors of passages are not of length one, the first that of row 1"),
        (change("scales", 1, np.inf), "1 vectors of passages are not of length one"),
        (lengthen, "vectors of sentences are not of length one, the first that of row 0"),
        (change("codes", 3, 0), "the codes of passages are not those of their vectors"),
        (change("identities", 0, 7), "the column identities does not follow from the documents"),
        (change("wordings", 0, 7), "the column wordings does not follow"),
        (change("tokens", 0, 3), "the column tokens does not follow"),
        (change("posting_counts", 0, 9), "the column posting_counts does not follow"),
        (change("passage_edges", 1, 9999), "it cannot be read"),
        (change("text", 3, 0xFF), "it cannot be read"),
    ],
)
def test_what_does_not_follow_from_the_documents_is_found(
    data: Path, index: Path, encoder: HashingEncoder, harm: Change, said: str
) -> None:
    refresh(data, index, encoder=encoder)
    publish_changed(index, encoder, harm)
    assert open_snapshot(index).current
    assert any(each in facts(index) for each in said.split("|"))


def test_what_does_not_follow_from_the_parts_is_found(
    data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(data, index, encoder=encoder)
    monkeypatch.setattr("embeddings.lexicon.K1", 2.0)
    sources = list(open_snapshot(index).sources.values())
    before = open_snapshot(index)
    monkeypatch.setattr(
        "embeddings.publication.lexicon_columns",
        lambda *_: {**before.lexicon.columns, "scores": before.lexicon.scores + 1},
    )
    publish(index, card=encoder.card, sources=sources[1:], parts=list(before.parts), before=before)
    assert "the lexicon's column scores does not follow from the parts" in facts(index)
    assert "the directory counts other documents than the parts hold" in facts(index)


def test_a_damaged_spare_generation_is_found(data: Path, index: Path, encoder: HashingEncoder) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / "generations" / "000001" / "lexicon.safetensors").unlink()
    assert facts(index) == "a file of the index is missing; the generation does not serve now"


def test_a_damaged_generation_for_which_another_serves_is_found(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    refresh(data, index, encoder=encoder)
    (index / "CURRENT").unlink()
    shutil.rmtree(index / "generations" / "000002")
    assert "a file of the index is missing; an older generation serves" in facts(index)


def test_an_index_of_which_nothing_is_whole_is_an_error(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    refresh(data, index, encoder=encoder)
    (index / "parts" / "000001-0000").unlink()
    with pytest.raises(SnapshotDamaged, match="is missing"):
        verify(index)


@pytest.mark.parametrize(
    "statement", ["UPDATE vectors SET rows = substr(rows, 1, 100)", "DROP TABLE vectors"]
)
def test_a_damaged_cache_is_found(data: Path, index: Path, encoder: HashingEncoder, statement: str) -> None:
    refresh(data, index, encoder=encoder)
    with sqlite3.connect(index / "vectors.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    assert facts(index).startswith("the vector cache ")
    assert facts(index).endswith("that costs time only")
