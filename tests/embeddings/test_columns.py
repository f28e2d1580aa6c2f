import re
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings.columns import let_go, map_columns, write_columns


def mapped_memory() -> int:
    """Return how many bytes of mapped files are in memory."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"RssFile:\s+(\d+) kB", status)
    assert found
    return 1024 * int(found[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it so")
def test_a_column_that_is_let_go_takes_no_memory_and_can_be_read_again(tmp_path: Path) -> None:
    many = np.random.default_rng(3).integers(0, 256, (40_000, 1_000), dtype=np.uint8)
    write_columns(tmp_path / "part", {"few": np.arange(7), "many": many, "more": many[:50]})
    columns = map_columns(tmp_path / "part")
    assert np.array_equal(columns["many"], many)
    read = mapped_memory()
    let_go(columns["many"])
    assert mapped_memory() < read - 39_000_000
    assert np.array_equal(columns["many"], many)


def test_an_array_that_is_not_mapped_stays_as_it_is() -> None:
    own = np.arange(100_000)
    let_go(own)
    let_go(own[10:20])
    assert np.array_equal(own, np.arange(100_000))
