from pathlib import Path

import numpy as np
import pytest

from embeddings.columns import map_columns, mapped_memory, write_columns
from qa import QA

_BYTES = 64 << 20


def test_pages_that_are_handed_back_count_no_more_and_are_read_again(tmp_path: Path) -> None:
    numbers = np.arange(_BYTES // 8, dtype=np.int64)
    write_columns(tmp_path / "numbers", {"numbers": numbers})
    columns = map_columns(tmp_path / "numbers")
    total = int(columns["numbers"].sum())
    held = mapped_memory()

    columns.hand_back()

    assert held == 0 or mapped_memory() < held - _BYTES // 2
    assert int(columns["numbers"].sum()) == total


def test_answers_are_the_same_while_memory_is_handed_back(bot: QA, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bot.retrieve("Who has kept the lamp?")
    monkeypatch.setattr("qa.retriever._TIDIED", 1)
    monkeypatch.setattr("embeddings.contents._HELD", 0)

    after = [bot.retrieve("Who has kept the lamp?") for _ in range(3)]

    assert after == [before] * 3
