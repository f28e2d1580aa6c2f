"""What the README shows is run, and what it says comes out comes out."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ (.*)\n([\s\S]*?)```", README)
PYTHON = re.findall(r"```python\n([\s\S]*?)```", README)
COMMANDS = ["chat", "ask", "search", "refresh", "eval", "verify", "doctor", "password"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme") / "index"


def footnote(*arguments: str, index: Path) -> str:
    command = [sys.executable, "-c", "import ui; ui.main()", *arguments, "--index", str(index)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.model
@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_a_shell_example_prints_what_the_readme_shows(command: str, output: str, index: Path) -> None:
    assert footnote(*shlex.split(command)[1:], index=index) == output


@pytest.mark.model
@pytest.mark.parametrize("code", PYTHON)
def test_a_python_example_runs(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102


def test_there_are_examples_of_both_kinds() -> None:
    assert (len(CONSOLE), len(PYTHON)) == (3, 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_has_help(command: str) -> None:
    code = [sys.executable, "-c", "import ui; ui.main()", command, "--help"]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"Usage: footnote {command}" in done.stdout
    assert f"`footnote {command}" in README


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
