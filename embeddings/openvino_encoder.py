"""Text → vectors by OpenVINO: the CPU's fast path, without torch once the model is converted."""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.conversion import converted, load_openvino
from embeddings.corpus import Span
from embeddings.encoder import EncoderCard, Vectors, pooled, unit
from embeddings.errors import ModelError
from embeddings.weights import Weights

if TYPE_CHECKING:
    from openvino import InferRequest
    from tokenizers import Encoding, Tokenizer

# Texts are filled up to a multiple of so many tokens: OpenVINO prepares itself for each length it meets.
_STEP = 16


class OpenVINOEncoder:
    """A converted sentence-transformers model, on all cores of the CPU. Safe to share between threads.

    Texts are encoded one by one, each with all cores: as fast as batches, and a vector never depends on
    its batch mates (2 cores, 163 tokens, 8 bits: 160 to 185 a second alone, 200 to 215 in batches).
    """

    def __init__(self, weights: Weights, models: Path | None = None) -> None:
        """Convert the model where that was not done yet; see ``conversion.converted``."""
        self._model = converted(weights, models)
        self._lock = threading.Lock()

    @property
    def card(self) -> EncoderCard:
        """What decides the vectors."""
        return self._model.card

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, those that the encoder adds by itself included."""
        return [len(encoding.ids) for encoding in self._counter.encode_batch(list(texts))]

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Return unit vectors for each text, float32: row 0 the whole, row n + 1 its part n.

        A part's vector is the mean of its tokens in the whole's own forward pass, so it knows its
        context and costs nothing.
        """
        prompt = self._model.passage_prompt
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        found: list[Vectors] = []
        for encoding, spans in zip(encodings, parts, strict=True):
            tokens = self._tokens(encoding)
            whole = tokens.mean(axis=0)
            found.append(pooled(tokens, encoding.offsets, spans, whole=whole, skip=len(prompt)))
        return found

    def encode_query(self, text: str) -> Vectors:
        """Return the question's unit vector, float32: shape (dimension,).

        A question longer than the encoder reads is read from its beginning.
        """
        encoding = self._tokenizer.encode(self._model.query_prompt + text)
        row: Vectors = unit(self._tokens(encoding).mean(axis=0, keepdims=True))[0]
        return row

    def _tokens(self, encoding: "Encoding") -> Vectors:
        """Return the vectors of a text's tokens: shape (tokens, dimension)."""
        count = len(encoding.ids)
        arrays = np.zeros((3, 1, -(-count // _STEP) * _STEP), dtype=np.int64)
        arrays[0, 0, :count] = encoding.ids
        arrays[1, 0, :count] = 1
        with self._lock:
            request = self._request
            request.infer(list(arrays[: len(request.model_inputs)]))
            return np.array(request.get_output_tensor(0).data[0, :count], dtype=np.float32)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        tokenizer = _read_tokenizer(self._model.folder)
        tokenizer.enable_truncation(self.card.max_tokens)
        return tokenizer

    @cached_property
    def _counter(self) -> "Tokenizer":
        return _read_tokenizer(self._model.folder)

    @cached_property
    def _request(self) -> "InferRequest":
        ov = load_openvino()
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        try:
            return (
                ov.Core()
                .compile_model(self._model.folder / "model.xml", "CPU", settings)
                .create_infer_request()
            )
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO cannot run the model ({str(error)[:200]})",
                place=str(self._model.folder),
                remedy="Choose --backend torch.",
            ) from error


def _read_tokenizer(folder: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
