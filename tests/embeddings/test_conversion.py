import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings.conversion import converted, kept
from embeddings.encoder import load_encoder
from embeddings.errors import ModelError
from embeddings.openvino_encoder import OpenVINOEncoder
from embeddings.weights import locate

pytestmark = pytest.mark.model
TEXTS = ["Who keeps the lamp?", "A lighthouse warns ships of rocks. " * 9, "灯塔建于一九零三年。"]


def test_a_damaged_model_is_made_again_and_gives_the_same_vectors(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = locate()
    kept = converted(weights).folder
    folder = tmp_path / kept.name
    shutil.copytree(kept, folder)
    damaged = bytearray((folder / "model.bin").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "model.bin").write_bytes(damaged)
    mended, before = OpenVINOEncoder(weights, tmp_path), OpenVINOEncoder(weights)
    assert (folder / "model.bin").read_bytes() != damaged
    assert "transformers" not in "".join(capfd.readouterr())
    assert mended.card == before.card
    for text in TEXTS:
        assert np.array_equal(mended.encode_query(text), before.encode_query(text))


@pytest.mark.parametrize("name", ["manifest.json", "model.xml", "model.bin", "tokenizer.json"])
@pytest.mark.parametrize("where", [0, 0.3, 0.7, 1])
def test_a_bit_flipped_in_any_file_of_a_converted_model_is_noticed(
    name: str, where: float, tmp_path: Path
) -> None:
    made = converted(locate()).folder
    folder = tmp_path / made.name
    shutil.copytree(made, folder, copy_function=os.symlink)
    content = bytearray((folder / name).read_bytes())
    content[round((len(content) - 1) * where)] ^= 1
    (folder / name).unlink()
    (folder / name).write_bytes(content)
    assert kept(locate(), tmp_path) == (folder, None)


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
