"""What the measuring scripts share: a corpus, a process of one's own, and the machine's name."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from frameworks import Passage

# Nothing is fetched and nothing is reported home.
_QUIET: Final = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


class Failed(Exception):
    """A process ended badly; the text is what a table says of it."""


def run_apart(command: Sequence[str], threads: int) -> str:
    """Run a command in a process of its own, with as many threads, and return its last line.

    Raises Failed, which says what is not installed or what was said last.
    """
    environment = os.environ | _QUIET | {"OMP_NUM_THREADS": str(threads)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["nothing said"])[-1]
        missing = last.startswith("ModuleNotFoundError")
        raise Failed(f"not installed ({last.partition(': ')[2]})" if missing else f"failed ({last[:200]})")
    return (ended.stdout.strip().splitlines() or [""])[-1]


def read_corpus(folder: Path, *, titles: bool = True) -> list[Passage]:
    """Return the records of a BEIR folder, with their titles or without."""
    lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line.strip()]
    return [Passage(r["_id"], r.get("title", "") if titles else "", r["text"]) for r in records]


def package_version(package: str) -> str:
    """Return the version that is installed here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "checkout"


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])


def machine() -> str:
    """Return the processor's name, the cores in use, the system and Python's version."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
