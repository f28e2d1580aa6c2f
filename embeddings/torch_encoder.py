"""Text → vectors by sentence-transformers and torch: for GPUs, and for models that do not convert."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from embeddings.corpus import Span
from embeddings.encoder import EncoderCard, Vectors, pooled, unit
from embeddings.errors import ModelError
from embeddings.weights import DEFAULT_MODEL, Weights, cannot_load

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor


class TorchEncoder:
    """A sentence-transformers model, loaded with the first text. Raises ModelError when it cannot be.

    On a CPU each text is encoded by itself: its vector then never depends, in the last bits, on the
    texts that happen to share its batch, so that a refresh equals a clean build. For paragraphs that
    costs nothing (2 cores, 156 tokens: 36 a second alone, 32 to 40 in batches of 8 to 32).
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    @cached_property
    def card(self) -> EncoderCard:
        """What decides the vectors; of any model but the default, only loading it tells."""
        if self.weights.model == DEFAULT_MODEL:
            return EncoderCard(DEFAULT_MODEL, self.weights.revision, dimension=384, max_tokens=256)
        dimension = self.model.get_embedding_dimension()
        if dimension is None:
            raise ModelError("the model does not tell its dimension", place=self.weights.model)
        return EncoderCard(self.weights.model, self.weights.revision, dimension, self._max_tokens())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, those that the encoder adds by itself included."""
        if not texts:
            return []
        encoded = self.model.tokenizer(list(texts), truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Return unit vectors for each text, float32: row 0 the whole, row n + 1 its part n.

        A part's vector is the mean of its tokens in the whole's own forward pass, so it knows its
        context and costs nothing. Where a model does not average its tokens, a part is encoded apart.
        """
        if not self.averages_tokens:
            return [self._apart(text, spans) for text, spans in zip(texts, parts, strict=True)]
        prompt = self.prompt("document", "passage", "corpus")
        outputs = self.model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch_size,
            output_value=None,
            show_progress_bar=False,
        )
        found = cast("list[Mapping[str, Tensor]]", outputs)
        return [self._rows(prompt, *each) for each in zip(texts, parts, found, strict=True)]

    def encode_query(self, text: str) -> Vectors:
        """Return the question's unit vector, float32: shape (dimension,).

        A question longer than the encoder reads is read from its beginning.
        """
        row = self.model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(row, dtype=np.float32)

    @cached_property
    def averages_tokens(self) -> bool:
        """True where a text's vector is the mean of its tokens' and nothing else comes after."""
        from sentence_transformers.base.modules import Normalize
        from sentence_transformers.sentence_transformer.modules import Pooling

        others = list(self.model)[1:]
        pooling = [module for module in others if isinstance(module, Pooling)]
        known = all(isinstance(module, Pooling | Normalize) for module in others)
        return known and [module.pooling_mode for module in pooling] == ["mean"]

    def prompt(self, *names: str) -> str:
        """Return what the model wants before a text, by the first of these names that it knows."""
        prompts = self.model.prompts
        return next((prompt for name in names if (prompt := prompts.get(name))), "")

    @cached_property
    def model(self) -> "SentenceTransformer":
        """The model, loaded and checked with the first use."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.weights.check()
        loudness = logging.get_verbosity()
        logging.set_verbosity_error()  # its hints at loading are for those who train
        try:
            return SentenceTransformer(
                str(self.weights.folder), local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise cannot_load(self.weights.model, "--model", error) from error
        finally:
            logging.set_verbosity(loudness)

    def _rows(self, prompt: str, text: str, spans: Sequence[Span], output: "Mapping[str, Tensor]") -> Vectors:
        encoded = self.model.tokenizer(
            prompt + text, truncation=False, return_offsets_mapping=True, verbose=False
        )
        tokens = output["token_embeddings"].float().cpu().numpy()
        whole = output["sentence_embedding"].float().cpu().numpy()
        return pooled(tokens, encoded["offset_mapping"], spans, whole=whole, skip=len(prompt))

    def _apart(self, text: str, spans: Sequence[Span]) -> Vectors:
        texts = [text, *(text[span.start : span.end] for span in spans)]
        rows = self.model.encode_document(texts, batch_size=self._batch_size, show_progress_bar=False)
        return unit(np.asarray(rows))

    @property
    def _batch_size(self) -> int:
        return 1 if self.model.device.type == "cpu" else 32

    def _max_tokens(self) -> int:
        limit = self.model.get_max_seq_length() or self.model.tokenizer.model_max_length
        return min(int(limit), 8192)
