"""A model made fast, once: torch → OpenVINO → 8 bits, kept in the user's cache.

    models/all-MiniLM-L6-v2-1f0c…/
      manifest.json        the encoder's card, the model's prompts, sha256 of each file below and of itself
      model.xml model.bin  the graph and its weights
      tokenizer.json       how a text becomes tokens, so that nothing of torch is needed again

Weights and activations are quantised statically: their scales are fixed once, from the texts in
``calibration.txt``, so that a text's vector never depends on the texts beside it. A model that 8 bits
would change too much is kept in 32. The files are checked at each opening; damaged, they are made again.
"""

import contextlib
import hashlib
import io
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from filelock import FileLock

from embeddings.encoder import EncoderCard, Vectors, unit
from embeddings.errors import ModelError, NotConvertible
from embeddings.private import make_private
from embeddings.torch_encoder import TorchEncoder
from embeddings.weights import Weights

if TYPE_CHECKING:
    import openvino
    import torch

    Array = np.ndarray[Any, np.dtype[np.int64]]

# Changes whenever the same weights would be converted to other vectors.
CONVERSION = 1
# Mean cosine between a text's vectors in 32 and in 8 bits; all-MiniLM-L6-v2 has .996.
_FAITHFUL = 0.98
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_FILES = ("model.xml", "model.bin", "tokenizer.json")
_CALIBRATION = Path(__file__).with_name("calibration.txt")
_LOG = logging.getLogger("footnote")


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted model on the disk."""

    folder: Path
    card: EncoderCard
    query_prompt: str
    passage_prompt: str


def load_openvino() -> Any:  # noqa: ANN401 (the module, which is typed where it is used)
    """Import OpenVINO without the package by which it would report each use to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # forbids its import
    import openvino

    return openvino


def converted(weights: Weights, models: Path | None = None) -> Converted:
    """Return the converted model, which is made where it is missing or damaged.

    ``models`` is where converted models are kept, by default in the user's cache. Raises ModelError,
    and NotConvertible where only torch can run the model.
    """
    folder, found = kept(weights, models)
    if found:
        return found
    try:
        make_private(folder.parent)
        with FileLock(folder.with_suffix(".lock")):
            if found := _read(folder):
                return found
            _LOG.warning("preparing the encoder %s, once; it takes about twenty seconds", weights.model)
            building = folder.with_suffix(".building")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            _convert(weights, building)
            shutil.rmtree(folder, ignore_errors=True)
            building.rename(folder)
    except OSError as error:
        raise ModelError(
            f"the converted model cannot be stored ({error.strerror or error})",
            place=str(folder),
            remedy="Set XDG_CACHE_HOME to a folder you may write to, or choose --backend torch.",
        ) from error
    made = _read(folder)
    if made is None:
        raise ModelError("the converted model was damaged as it was stored", place=str(folder))
    return made


def kept(weights: Weights, models: Path | None = None) -> tuple[Path, Converted | None]:
    """Return where the converted model belongs, and what lies there, if it is whole."""
    folder = (models or _models()) / _name(weights)
    return folder, _read(folder)


def _models() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("footnote") / "models"


def _name(weights: Weights) -> str:
    what = "\0".join([weights.model, weights.revision, str(CONVERSION), _calibration_digest()])
    digest = hashlib.blake2b(what.encode(), digest_size=6).hexdigest()
    return f"{Path(weights.model).name}-{digest}"


def _read(folder: Path) -> Converted | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest.pop("sha256") != _digest(manifest) or any(
            _sha256(folder / name) != manifest["files"][name] for name in _FILES
        ):
            return None
        card = EncoderCard(**manifest["card"])
        return Converted(folder, card, manifest["query_prompt"], manifest["passage_prompt"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _convert(weights: Weights, folder: Path) -> None:
    source = TorchEncoder(weights)
    tokenizer = getattr(source.model.tokenizer, "backend_tokenizer", None)
    if not source.averages_tokens or tokenizer is None:
        raise NotConvertible("the model does not average its tokens", place=weights.model)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
    try:
        precision = _write_graph(source, folder)
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        fact = f"the model does not convert ({type(error).__name__}: {str(error)[:200]})"
        raise NotConvertible(fact, place=weights.model) from error
    card = EncoderCard(
        **{
            **asdict(source.card),
            "backend": "openvino",
            "precision": precision,
            "calibration": _calibration_digest() if precision == "int8" else "",
        }
    )
    manifest = {
        "card": asdict(card),
        "query_prompt": source.prompt("query"),
        "passage_prompt": source.prompt("document", "passage", "corpus"),
        "files": {name: _sha256(folder / name) for name in _FILES},
    }
    whole = manifest | {"sha256": _digest(manifest)}
    (folder / "manifest.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")


def _write_graph(source: TorchEncoder, folder: Path) -> str:
    """Write the graph and its weights; return their precision."""
    ov = load_openvino()
    loggers = logging.getLoggerClass()
    import nncf

    logging.setLoggerClass(loggers)  # it puts its own in the place of everyone's
    logging.getLogger("nncf").setLevel(logging.ERROR)
    texts = _CALIBRATION.read_text(encoding="utf-8").splitlines()
    samples = [_arrays(source, text) for text in texts]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), _quiet("transformers"):
        warnings.simplefilter("ignore")  # of the tracing, about shapes that are made dynamic below
        exact = ov.convert_model(_traceable(source), example_input=_pair(source))
        small = nncf.quantize(
            exact,
            nncf.Dataset(samples),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(samples),
        )
    agreement = np.mean(np.sum(_vectors(exact, samples) * _vectors(small, samples), axis=1))
    faithful = bool(agreement >= _FAITHFUL)
    ov.save_model(small if faithful else exact, folder / "model.xml", compress_to_fp16=False)
    return "int8" if faithful else "float32"


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library from warning of what the user can do nothing about."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _traceable(source: TorchEncoder) -> "torch.nn.Module":
    """Return the model as a function of arrays, to the tokens' vectors: shape (texts, tokens, dimension)."""
    import torch

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = cast("torch.nn.Module", source.model[0].auto_model).to("cpu").eval()

        def forward(self, *arrays: "torch.Tensor") -> "torch.Tensor":
            output: torch.Tensor = self.inner(**dict(zip(_inputs(source), arrays, strict=True)))[0]
            return output

    return Tokens()


def _inputs(source: TorchEncoder) -> list[str]:
    return [name for name in _INPUTS if name in source.model.tokenizer.model_input_names]


def _pair(source: TorchEncoder) -> "tuple[torch.Tensor, ...]":
    """Return two texts of unequal length, by which the tracing sees that both axes vary."""
    texts = ["A text of some words.", "One."]
    found: Mapping[str, torch.Tensor] = source.model.tokenizer(texts, padding=True, return_tensors="pt")
    return tuple(found[name] for name in _inputs(source))


def _arrays(source: TorchEncoder, text: str) -> "tuple[Array, ...]":
    limit = source.card.max_tokens
    found = source.model.tokenizer(text, truncation=True, max_length=limit, return_tensors="np")
    return tuple(found[name].astype(np.int64) for name in _inputs(source))


def _vectors(model: "openvino.Model", samples: "Sequence[Sequence[Array]]") -> Vectors:
    run = load_openvino().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return unit(np.stack([run(sample)[0][0].mean(axis=0) for sample in samples]))


def _calibration_digest() -> str:
    return hashlib.blake2b(_CALIBRATION.read_bytes(), digest_size=8).hexdigest()


def _digest(manifest: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
