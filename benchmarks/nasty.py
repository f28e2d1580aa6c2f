"""Files built to break a reader: the time and the memory that each takes, and what becomes of it.

    python benchmarks/nasty.py                       10 MB of each
    python benchmarks/nasty.py --size 1 --only html  1 MB, of those that end so
    python benchmarks/nasty.py --many 100000         and a folder of so many tiny files

Each file is read and split in a process of its own, with the words' encoder of the tests: what the
real one takes depends on its passages alone. Files come from ``tests/nasty_files.py``.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from embeddings.errors import DocumentError  # noqa: E402 (the tests' files are no installed package)
from embeddings.readers import read  # noqa: E402
from embeddings.refresh import refresh  # noqa: E402
from embeddings.splitter import split  # noqa: E402
from running import Failed, as_table, machine, run_apart  # noqa: E402
from tests.hashing_encoder import HashingEncoder  # noqa: E402
from tests.nasty_files import FILES, content  # noqa: E402

_MB: Final = 1_000_000


def main() -> None:
    options = _options()
    if options.read:
        print(json.dumps(_taken_in(options.read)))
        return
    rows = []
    for name in (name for name in FILES if name.endswith(options.only)):
        rows.append(_row(name, int(options.size * _MB)))
        print("\t".join(rows[-1]), file=sys.stderr, flush=True)
    if options.many:
        rows.append(_many(options.many))
    print(f"{machine()}\n")
    print(as_table(["file", "MB", "seconds", "peak MB", "and apart", "outcome"], rows))


def _row(name: str, size: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content(name, size))
        megabytes = f"{file.stat().st_size / _MB:.1f}"
        started = time.monotonic()
        try:
            told = json.loads(run_apart([sys.executable, __file__, "--read", str(file)], 1))
        except Failed as error:
            return [name, megabytes, f"{time.monotonic() - started:.1f}", "", "", f"FAILED: {error}"]
    return [name, megabytes, *(f"{told[key]:.1f}" for key in ("seconds", "peak", "apart")), told["outcome"]]


def _taken_in(file: Path) -> dict[str, float | str]:
    """Read and split a file in this process."""
    encoder = HashingEncoder()
    started = time.monotonic()
    try:
        documents = read(file, source=file.name)
        passages = sum(
            len(split(d, count_tokens=encoder.count_tokens, max_tokens=encoder.card.max_tokens))
            for d in documents
        )
        outcome = f"{passages:,} passages"
    except DocumentError as error:
        outcome = error.fact
    return {"seconds": time.monotonic() - started, "outcome": outcome, **_peaks()}


def _peaks() -> dict[str, float]:
    return {
        name: resource.getrusage(who).ru_maxrss / 1024
        for name, who in (("peak", resource.RUSAGE_SELF), ("apart", resource.RUSAGE_CHILDREN))
    }


def _many(count: int) -> list[str]:
    """Take in a folder of tiny files, and look at it once more."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        data.mkdir()
        for number in range(count):
            (data / f"{number}.txt").write_text(f"Ship {number}.\n", encoding="utf-8")
        times = []
        for _ in range(2):
            started = time.monotonic()
            report, _ = refresh(data, Path(name) / "index", encoder=HashingEncoder())
            times.append(f"{time.monotonic() - started:.1f}")
    told = f"added {count:,}; looked at again in {times[1]} s, {len(report.failed)} not read"
    return [f"{count:,} tiny files", "", times[0], f"{_peaks()['peak']:.0f}", "", told]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=float, default=10.0, help="megabytes of each file")
    parser.add_argument("--only", default="", help="only files whose names end so")
    parser.add_argument("--many", type=int, default=0, help="also a folder of so many tiny files")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
