"""What is installed: locked by digest, in step with pyproject.toml, named in the SBOM, and audited."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from audit import Findings, read, verdict
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCKS = ["requirements.txt", "torch-cpu.txt", "torch-cuda.txt", "tools.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["dev"],
    *PROJECT["build-system"]["requires"],
]
SBOM = json.loads((ROOT / "docs/sbom.cdx.json").read_text(encoding="utf-8"))
# They tell it in a file of theirs, not where others do: MIT, and Apache 2.0.
LICENCE_UNTOLD = {"axe-playwright-python", "transformers"}


def text(name: str) -> str:
    return (ROOT / ".ci" / name).read_text(encoding="utf-8")


def locked(*names: str) -> dict[str, str]:
    """Return the versions of the packages that lock files name."""
    return dict(re.findall(r"(?m)^(\S+)==(\S+) \\$", "".join(map(text, names))))


INSTALLED = locked("requirements.txt", "torch-cpu.txt")


@pytest.mark.parametrize("wanted", WANTED)
def test_what_the_project_asks_for_is_locked_as_it_asks(wanted: str) -> None:
    requirement = Requirement(wanted)
    version = INSTALLED.get(canonicalize_name(requirement.name))
    assert version is not None, "run: python3 .ci/lock.py"
    assert requirement.specifier.contains(version), "run: python3 .ci/lock.py"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_gives_every_package_a_digest_and_names_no_place_to_get_it(name: str) -> None:
    blocks = re.split(r"(?m)^(?=[a-z])", text(name))[1:]
    assert [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)] == []
    assert re.findall(r"(?m)://|^\s*-[^-]|--(?!hash)", text(name)) == []


def test_both_builds_of_torch_are_locked_at_one_version() -> None:
    cpu, cuda = locked("torch-cpu.txt")["torch"], locked("torch-cuda.txt")["torch"]
    assert (Version(cpu).public, Version(cpu).local) == (cuda, "cpu")


def test_the_sbom_names_what_is_locked_and_nothing_else() -> None:
    named = {canonicalize_name(each["name"]): each["version"] for each in SBOM["components"]}
    assert named == INSTALLED, "run: python3 .ci/lock.py"


def test_the_sbom_tells_every_licence_that_is_told() -> None:
    assert {each["name"] for each in SBOM["components"] if not each.get("licenses")} == LICENCE_UNTOLD


def test_the_sbom_is_the_same_whenever_and_wherever_it_is_made() -> None:
    assert not {"serialNumber", "timestamp"} & {*SBOM, *SBOM["metadata"]}
    assert re.findall(r"file:|/tmp|/home|/root", json.dumps(SBOM)) == []


REPORT = json.dumps(
    {
        "dependencies": [
            {"name": "sound", "version": "1.0", "vulns": []},
            {"name": "leaky", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
            {"name": "untold", "skip_reason": "not found"},
        ]
    }
)


def test_a_known_vulnerability_fails_the_audit_by_name() -> None:
    lines, code = verdict(read(REPORT) or Findings(), {})
    assert code == 1
    assert "audit: leaky 2.0: PYSEC-1; update it, or accept it with a reason" in lines


def test_an_accepted_vulnerability_is_named_with_its_reason() -> None:
    lines, code = verdict(read(REPORT) or Findings(), {"PYSEC-1": "only on Windows"})
    assert code == 0
    assert "audit: leaky 2.0: PYSEC-1, accepted: only on Windows" in lines


@pytest.mark.parametrize("report", ["", '{"dependencies": [{"name": "untold", "skip_reason": "not found"}]}'])
def test_where_nobody_answers_the_audit_does_not_say_that_all_is_well(report: str) -> None:
    (line,), code = verdict(read(report) or Findings(), {})
    assert (code, line.startswith("audit: NOT AUDITED")) == (0, True)
