import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from embeddings.snapshot import open_snapshot
from qa import cli
from qa.folders import default_uploads
from qa.results import last_results
from tests.hashing_encoder import HashingEncoder

Run = Callable[..., int]


@pytest.fixture
def run(data: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``footnote`` over the tiny world, in this process, and return its exit code."""
    monkeypatch.setattr("qa.cli.load_encoder", lambda *_: HashingEncoder())
    monkeypatch.setattr("qa.engine.load_encoder", lambda *_: HashingEncoder())
    monkeypatch.setenv("FOOTNOTE_DATA", str(data))
    monkeypatch.setenv("FOOTNOTE_INDEX", str(index))

    def footnote(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            cli.run(arguments)
        return int(ended.value.code or 0)

    return footnote


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


def test_an_answer_comes_with_its_sources(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "How many jobs are in Norway?") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["1 job:", "- Island cook (Bergen, Norway) [1]"]


def test_an_answer_as_json_has_the_fields_of_the_contract(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ask", "How many jobs are in Norway?", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {
        "question", "query", "text", "citations", "hits", "confidence", "status", "answered",
    }  # fmt: skip
    assert set(answer["citations"][0]) >= {
        "number", "quote", "document_id", "title", "source", "start", "end", "also_in",
    }  # fmt: skip


def test_a_follow_up_shows_what_was_searched(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "What about Norway?", "--history", "How many jobs are in Denmark?") == 0
    assert "(searched for: How many jobs are in Norway?)" in capsys.readouterr().out


def test_abstaining_is_done(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "Who painted the Mona Lisa?") == 0
    assert "do not hold an answer" in capsys.readouterr().out


def test_a_search_prints_passages_with_their_place(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "bread before dawn", "-k", "1") == 0
    assert capsys.readouterr().out.startswith("1. Island cook (jobs/cook.md, score ")


def test_a_search_that_finds_nothing_says_so(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "bread", "--where", "kind=nowhere") == 0
    assert capsys.readouterr().out == "No document fits these filters.\n"


def test_a_search_as_json_has_the_fields_of_the_contract(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("search", "bread", "--json", "-k", "2", "--where", "kind=job", "--where", "kind=guide") == 0
    hits = json.loads(capsys.readouterr().out)
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert set(hits[0]) >= {
        "passage_id", "text", "score", "rank", "document_id", "title", "source", "start", "end", "headings",
        "metadata",
    }  # fmt: skip


def test_a_refresh_says_what_it_did(run: Run, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("refresh")
    (data / "notes.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    capsys.readouterr()
    assert run("refresh") == 0
    assert (
        capsys.readouterr().out == "added 0, changed 1, removed 0, kept 5\nencoded 1 passage; generation 2\n"
    )


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    run: Run, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("refresh", "--dry-run") == 0
    assert capsys.readouterr().out.startswith("added 6, changed 0, removed 0, kept 0\nwould encode ")
    assert not index.exists()


def test_a_refresh_as_json_names_bad_files(run: Run, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "bad.md").write_bytes(b"\xfa\xff")
    assert run("refresh", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], [failure["source"] for failure in report["failed"]]) == (6, ["bad.md"])


def test_a_bad_file_is_named_on_stderr_and_the_rest_is_done(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "bad.md").write_bytes(b"\xfa\xff")
    assert run("refresh") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("added 6,")
    assert printed.err.startswith("not read: bad.md: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "  "], "footnote: the question is blank. Ask something, in words."),
        (["ask", "a" * 20_000], "footnote: the question has 20,000 characters"),
        (
            ["search", "lamp", "--where", "town=Oslo"],
            "footnote: no document has this filter key: town. Known are:",
        ),
        (["search", "lamp", "--where", "city"], "footnote: a filter is key=value: city. For example"),
        (
            ["ask", "lamp", "--data", "/nowhere/at/all"],
            "footnote: the data folder is missing: /nowhere/at/all.",
        ),
        (["refresh", "--data", "/nowhere/at/all"], "footnote: the data folder is missing: /nowhere/at/all."),
        (["refresh", "--index", "/proc/footnote"], "footnote: the index folder cannot be written"),
    ],
)
def test_what_the_user_gave_wrong_is_one_line_and_exit_code_2(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], said: str
) -> None:
    assert run(*arguments) == 2
    assert error_line(capsys).startswith(said)


def test_an_unwritable_index_folder_is_exit_code_2(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("occupied", encoding="utf-8")
    assert run("refresh", "--index", str(tmp_path / "file")) == 2
    assert "the index folder cannot be written" in error_line(capsys)


@pytest.mark.parametrize("command", [("ask", "Who has kept the lamp since 1987?"), ("refresh",)])
def test_a_damaged_index_is_mended_and_the_file_is_named(
    run: Run, index: Path, caplog: pytest.LogCaptureFixture, command: Sequence[str]
) -> None:
    run("refresh")
    (index / "parts" / "000001-0000").write_bytes(b"")
    caplog.clear()
    assert run(*command) == 0
    (warning,) = (record.getMessage() for record in caplog.records)
    assert warning == (
        f"a file of the index was changed or cut short: {index}/parts/000001-0000. "
        "The index was mended from the data folder; 0 passages had to be encoded"
    )


def test_a_rebuild_mends_a_damaged_index(run: Run, index: Path) -> None:
    run("refresh")
    (index / "parts" / "000001-0000").write_bytes(b"")
    assert run("refresh", "--rebuild") == 0
    assert open_snapshot(index).current


@pytest.mark.model
def test_the_installed_command_answers_from_the_shipped_corpus(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import ui; ui.main()",
        "ask",
        "Which university collaborated on Deep AutoAugment?",
    ]
    environment = {**os.environ, "FOOTNOTE_INDEX": str(tmp_path / "index"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "Michigan State University" in done.stdout


def test_the_version_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert re.fullmatch(r"footnote (\d+\.\d+\.\d+)|footnote, run from a .*", capsys.readouterr().out.strip())


def test_a_bad_file_is_named_when_it_is_found_and_not_at_every_question(
    run: Run, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / "bad.md").write_bytes(b"\xfa\xff")
    run("ask", "Who keeps the lamp?")
    (warning,) = (record.message for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("not read: bad.md: ")
    caplog.clear()
    run("ask", "Who keeps the lamp?")
    assert caplog.records == []
    run("ask", "Who keeps the lamp?", "-v")
    assert [record.levelname for record in caplog.records if "bad.md" in record.message] == ["INFO"]


def test_the_last_good_version_of_a_file_is_marked(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("refresh")
    (data / "guide.md").write_bytes(b"\xfa\xff")
    run("ask", "Who has kept the lamp since 1987?")
    run("search", "Mira Holm has kept the lamp", "-k", "1")
    asked, searched = capsys.readouterr().out.split("1. The lighthouse guide")
    assert "the file can no longer be read, this is its last good version" in asked
    assert "last good version of a file that can no longer be read" in searched


def test_a_refresh_counts_the_files_it_could_not_read(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "bad.md").write_bytes(b"\xfa\xff")
    assert run("refresh") == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("1 file could not be read")


def test_the_shell_knows_the_files_added_on_the_page(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = default_uploads(data)
    added.mkdir(parents=True)
    (added / "parrot.md").write_text("The parrot sings loudly at noon.\n", encoding="utf-8")

    assert run("ask", "When does the parrot sing?") == 0

    assert "uploads/parrot.md" in capsys.readouterr().out


def test_eval_keeps_its_figures_for_the_page(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "Who has kept the lamp?", "answer": [["Mira Holm"]]}\n', encoding="utf-8")

    assert run("eval", str(file)) == 0

    kept = last_results(data)
    assert kept is not None
    assert "questions.jsonl" in json.dumps(kept["measured"])
