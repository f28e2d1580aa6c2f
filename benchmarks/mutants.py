"""Does any test notice when a line of the code is changed? Runs mutmut over the rooms that must lose nothing.

The repository is copied into a folder that is made anew, and mutated there; a room takes some minutes.
Prints the changes that no test noticed. Needs ``pip install 'mutmut>=3.8,<4'``.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Each room with the tests that know it, the slow ones left out.
TESTS = {
    "splitter": ["test_splitter.py"],
    "cache": ["test_cache.py", "test_verification.py"],
    "snapshot": ["test_snapshot.py"],
    "refresh": ["test_refresh.py", "test_damage.py", "test_snapshot.py"],
    "publication": ["test_snapshot.py", "test_refresh.py", "test_damage.py", "test_verification.py"],
}
SLOW = "not any_changed_byte and not costs_time and not cut_short and not at_once and not equals_a_clean"
COPIED = ["embeddings", "qa", "web", "ui.py", "tests", "benchmarks", "pyproject.toml", "README.md", "LICENSE"]


def prepare(folder: Path, room: str) -> None:
    """Copy the repository as it is, and say what to mutate."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    lines = [
        "[mutmut]",
        "source_paths = embeddings",
        f"only_mutate = embeddings/{room}.py",
        "also_copy =",
        *(f"    {name}" for name in ("qa", "web", "ui.py", "benchmarks", "README.md", "LICENSE")),
        "pytest_add_cli_args =",
        *(f"    {argument}" for argument in ("-q", "-x", "-p", "no:cacheprovider", "-k", SLOW)),
        "pytest_add_cli_args_test_selection =",
        *(f"    tests/embeddings/{name}" for name in TESTS[room]),
    ]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Mutate the rooms that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", default=list(TESTS), choices=list(TESTS))
    parser.add_argument("--folder", type=Path, default=Path("mutants"), help="Where to work.")
    arguments = parser.parse_args()
    for room in arguments.rooms:
        folder = arguments.folder.resolve() / room
        prepare(folder, room)
        mutmut = [sys.executable, "-m", "mutmut"]
        subprocess.run([*mutmut, "run", "--max-children", "2"], cwd=folder, check=False)
        found = subprocess.run([*mutmut, "results"], cwd=folder, check=True, capture_output=True, text=True)
        for line in found.stdout.splitlines():
            name = line.strip().partition(":")[0]
            print(line)
            if "survived" in line:
                subprocess.run([*mutmut, "show", name], cwd=folder, check=True)


if __name__ == "__main__":
    main()
