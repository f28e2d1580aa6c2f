import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings.conversion import converted
from embeddings.encoder import load_encoder
from embeddings.errors import ModelError
from embeddings.openvino_encoder import OpenVINOEncoder
from embeddings.weights import locate

pytestmark = pytest.mark.model
TEXTS = ["Who keeps the lamp?", "A lighthouse warns ships of rocks. " * 9, "灯塔建于一九零三年。"]


def test_a_damaged_model_is_made_again_and_gives_the_same_vectors(tmp_path: Path) -> None:
    weights = locate()
    kept = converted(weights).folder
    folder = tmp_path / kept.name
    shutil.copytree(kept, folder)
    damaged = bytearray((folder / "model.bin").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "model.bin").write_bytes(damaged)
    mended, before = OpenVINOEncoder(weights, tmp_path), OpenVINOEncoder(weights)
    assert (folder / "model.bin").read_bytes() != damaged
    assert mended.card == before.card
    for text in TEXTS:
        assert np.array_equal(mended.encode_query(text), before.encode_query(text))


def test_any_changed_byte_of_what_is_told_of_a_model_makes_it_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = locate()
    folder = Path(shutil.copytree(converted(weights).folder, tmp_path / converted(weights).folder.name))
    whole = (folder / "manifest.json").read_bytes()
    made: list[int] = []
    monkeypatch.setattr("embeddings.conversion._convert", lambda *_: made.append(1))

    def is_made_again(place: int) -> bool:
        folder.mkdir(exist_ok=True)
        (folder / "manifest.json").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ModelError, match="damaged as it was stored"):
            converted(weights, tmp_path)
        return bool(made and made.pop())

    assert all(is_made_again(place) for place in range(len(whole)))


def test_where_nothing_can_be_stored_the_error_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="--backend torch"):
        converted(locate(), tmp_path / "file" / "models")


def test_a_question_loads_no_torch_and_reports_to_nobody() -> None:
    load_encoder()  # converted by now
    code = """
import socket, sys
def refuse(*_): raise AssertionError("a connection")
socket.socket.connect = refuse
from embeddings.encoder import load_encoder
load_encoder().encode_query("Who keeps the lamp?")
from embeddings import conversion
loaded = {name for name, module in sys.modules.items() if module is not None}
print(sorted(loaded & {"torch", "transformers", "sentence_transformers", "nncf", "openvino_telemetry"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
