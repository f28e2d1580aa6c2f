"""Lock what .ci/run installs, and write the SBOM.

    python3 .ci/lock.py [--upgrade]

    pyproject.toml      ─► requirements.txt   the tests' environment, each file by its sha256, but for torch
    [build-system]         torch-cpu.txt      torch's build for CPUs
                           torch-cuda.txt     torch's build with CUDA, and the libraries that it wants
    tools.in            ─► tools.txt          what locks, audits, and writes the SBOM
    the environment     ─► docs/sbom.cdx.json

Run it after each change to the dependencies; what is locked already keeps its version without
``--upgrade``. It installs all that it locked into an environment of its own, which proves the hashes, and
takes some minutes.

torch stands apart since one version of it comes as two builds: the package index gives one with CUDA,
whose libraries take gigabytes, and PyTorch's own index gives ``+cpu``. Whichever a machine can get, its
hash is known. That of the second is taken from ``pip download`` on a machine that is set up to get it,
and kept as long as the version stays.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
_PYTHON, _PLATFORM = "3.11", "x86_64-unknown-linux-gnu"
_TORCH = re.compile(r"torch==|triton==|(nvidia|cuda)-")
_MADE_BY = "python3 .ci/lock.py"


def main() -> None:
    """Lock the tools, the environment, and write the SBOM of the environment."""
    upgrade = [argument for argument in sys.argv[1:] if argument == "--upgrade"]
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        tools = _tools(room)
        _lock_tools(tools, room, upgrade)
        _lock_environment(tools, room, upgrade)
        _write_sbom(tools, _environment(room))


def _tools(room: Path) -> Path:
    """Return the folder of the tools' commands: the locked ones, where they are locked."""
    venv.create(room / "tools", with_pip=True)
    locked = HERE / "tools.txt"
    wanted = ["--require-hashes", "-r", locked] if locked.exists() else ["-r", HERE / "tools.in"]
    _run(room / "tools/bin/pip", "install", "-q", *wanted)
    return room / "tools/bin"


def _lock_tools(tools: Path, room: Path, upgrade: list[str]) -> None:
    locked = HERE / "tools.txt"
    _compile(tools, [HERE / "tools.in"], known=_text(locked), upgrade=upgrade, out=room / "tools.txt")
    _write(locked, _blocks(_text(room / "tools.txt")))


def _lock_environment(tools: Path, room: Path, upgrade: list[str]) -> None:
    main, cuda = HERE / "requirements.txt", HERE / "torch-cuda.txt"
    backend = room / "build-system.in"
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    backend.write_text("\n".join(project["build-system"]["requires"]), encoding="utf-8")
    sources = [ROOT / "pyproject.toml", backend, "--extra", "dev"]
    known = _text(main) + _text(cuda)
    _compile(tools, sources, known=known, upgrade=upgrade, out=room / "requirements.txt")
    blocks = _blocks(_text(room / "requirements.txt"))
    _write(main, [block for block in blocks if not _TORCH.match(block)])
    _write(cuda, [block for block in blocks if _TORCH.match(block)])
    _lock_cpu_build(next(block for block in blocks if block.startswith("torch==")), room)


def _compile(tools: Path, sources: Sequence[object], *, known: str, upgrade: list[str], out: Path) -> None:
    out.write_text(known, encoding="utf-8")  # from here it takes the versions that are locked already
    target = ["--python-version", _PYTHON, "--python-platform", _PLATFORM]
    options = ["-q", "--generate-hashes", "--no-header", *target, *upgrade]
    _run(tools / "uv", "pip", "compile", *options, *sources, "-o", out)


def _lock_cpu_build(block: str, room: Path) -> None:
    locked = HERE / "torch-cpu.txt"
    version = f"{block.split(' ')[0]}+cpu"
    if f"{version} " in _text(locked):
        return
    _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", room / "torch", version)
    (file,) = (room / "torch").iterdir()
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    _write(locked, [f"{version} \\\n    --hash=sha256:{digest}\n{block[block.index('    # via') :]}"])


def _environment(room: Path) -> Path:
    """Return the Python of a new environment that holds what is locked, and nothing else."""
    venv.create(room / "environment", with_pip=False)
    python = room / "environment/bin/python"
    pip = [room / "tools/bin/pip", "--python", python]
    install = ["install", "-q", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    _run(*pip, *install, "-r", HERE / "requirements.txt", "-r", HERE / "torch-cpu.txt")
    _run(*pip, "check")
    return python


def _write_sbom(tools: Path, python: Path) -> None:
    sbom = ROOT / "docs/sbom.cdx.json"
    options = ["--output-reproducible", "--short-PURLs", "--pyproject", ROOT / "pyproject.toml"]
    _run(tools / "cyclonedx-py", "environment", *options, "-o", sbom, python)
    told = _without_addresses(json.loads(_text(sbom)))
    sbom.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _without_addresses(told: object) -> object:
    """Drop what the packages say of themselves: their words, and addresses that change."""
    match told:
        case dict():
            kept = told.keys() - {"externalReferences", "description"}
            return {key: _without_addresses(value) for key, value in told.items() if key in kept}
        case list():
            return [_without_addresses(each) for each in told]
    return told


def _blocks(text: str) -> list[str]:
    """Return the requirements of a lock file, each with its hashes and what wants it."""
    return [block for block in re.split(r"(?m)^(?=[a-z0-9])", text) if not block.startswith("#") and block]


def _write(file: Path, blocks: list[str]) -> None:
    via = [re.sub(r"/\S*/build-system\.in", "build-system", block) for block in blocks]
    file.write_text(f"# Made by: {_MADE_BY}\n{''.join(via)}", encoding="utf-8")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
