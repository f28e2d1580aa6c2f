import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ui
from embeddings.refresh import refresh
from tests.hashing_encoder import HashingEncoder

Run = Callable[..., int]


@pytest.fixture
def run(data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``footnote verify`` over an index of the tiny world, and return its exit code."""
    refresh(data, index, encoder=encoder)
    monkeypatch.setenv("FOOTNOTE_INDEX", str(index))

    def verify(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["footnote", "verify", *arguments])
        with pytest.raises(SystemExit) as ended:
            ui.main()
        return int(ended.value.code or 0)

    return verify


def test_a_good_index_is_told_with_its_counts(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    counts, verdict = capsys.readouterr().out.splitlines()
    assert counts.startswith("generation 1: 5 files, 6 documents, 13 passages, ")
    assert verdict == "all is as it should be"


def test_a_good_index_as_json_has_no_findings(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["documents"], told["findings"]) == (6, [])


def test_what_is_wrong_is_named_with_the_remedy_and_exit_code_1(
    run: Run, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (index / "vectors.sqlite").write_bytes(b"rubbish " * 1000)
    assert run() == 1
    named, summary = capsys.readouterr().err.splitlines()
    assert named.startswith(
        "the vector cache cannot be read (file is not a database); that costs time only: "
    )
    assert summary == (f"footnote: 1 thing is not as it should be: {index}. Run: footnote refresh --rebuild")


def test_an_index_that_is_not_there_says_what_to_do(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--index", str(tmp_path / "nowhere")) == 1
    assert "nothing is indexed yet" in capsys.readouterr().err
