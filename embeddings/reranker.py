"""Question with text → relevance: reads both together, which costs more and may tell more. Optional."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embeddings.encoder import Vectors
from embeddings.errors import ModelError
from embeddings.weights import cannot_load, locate

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker(Protocol):
    """What a search asks of a reranker."""

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

        weights = locate(self._name, option="--reranker")
        weights.check()
        try:
            model: CrossEncoder = CrossEncoder(
                str(weights.folder), local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise cannot_load(self._name, "--reranker", error) from error
        if model.num_labels != 1:
            raise ModelError(
                f"the reranker gives {model.num_labels} scores a pair, not one",
                place=self._name,
                remedy="Choose one made for ranking, or leave --reranker out.",
            )
        return model
