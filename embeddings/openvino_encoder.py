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
from embeddings.gathering import Gathering
from embeddings.weights import Weights

if TYPE_CHECKING:
    from openvino import InferRequest
    from tokenizers import Encoding, Tokenizer

# Texts are filled up to a multiple of so many tokens: OpenVINO prepares itself for each length it meets.
_STEP = 16
# Questions that go through the model in one pass: past this, a pass only makes the first wait for the last.
_TOGETHER = 32


class OpenVINOEncoder:
    """A converted sentence-transformers model, on all cores of the CPU. Safe to share between threads.

    Passages are encoded one by one, each with all cores: as fast as batches, and a vector never depends on
    its batch mates (2 cores, 163 tokens, 8 bits: 160 to 185 a second alone, 200 to 215 in batches).
    Questions are short, so those that wait for each other go together, with those of the same length
    only: then each has, bit for bit, the vector that it has alone (a test holds it).
    """

    def __init__(self, weights: Weights, models: Path | None = None) -> None:
        """Convert the model where that was not done yet; see ``conversion.converted``."""
        self._model = converted(weights, models)
        self._lock = threading.Lock()
        self._questions = Gathering(self._encode_together, most=_TOGETHER)

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

        A question longer than the encoder reads is read from its beginning. Questions that come while
        others are encoded go through the model together.
        """
        return self._questions(text)

    def _encode_together(self, texts: Sequence[str]) -> list[Vectors]:
        """Return each question's unit vector; those of one length share a pass."""
        prompt = self._model.query_prompt
        # A batch would be shared out to other threads, and waiting for them takes longer than a question.
        encodings = [self._tokenizer.encode(prompt + text) for text in texts]
        alike: dict[int, list[int]] = {}
        for number, encoding in enumerate(encodings):
            alike.setdefault(_filled(encoding), []).append(number)
        rows: dict[int, Vectors] = {}
        for numbers in alike.values():
            for number, tokens in zip(numbers, self._pass([encodings[n] for n in numbers]), strict=True):
                rows[number] = unit(tokens.mean(axis=0, keepdims=True))[0]
        return [rows[number] for number in range(len(texts))]

    def _tokens(self, encoding: "Encoding") -> Vectors:
        """Return the vectors of a text's tokens: shape (tokens, dimension)."""
        return self._pass([encoding])[0]

    def _pass(self, encodings: Sequence["Encoding"]) -> list[Vectors]:
        """Return the vectors of the tokens of texts that are filled up to the same length."""
        arrays = np.zeros((3, len(encodings), _filled(encodings[0])), dtype=np.int64)
        for row, encoding in enumerate(encodings):
            arrays[0, row, : len(encoding.ids)] = encoding.ids
            arrays[1, row, : len(encoding.ids)] = 1
        with self._lock:
            request, tensor = self._request, load_openvino().Tensor
            # Inputs given to ``infer`` itself are looked at one by one in Python, .2 ms for a question.
            for number in range(len(request.model_inputs)):
                request.set_input_tensor(number, tensor(arrays[number], shared_memory=True))
            request.infer()
            found = request.get_output_tensor(0).data
            return [
                np.array(found[row, : len(encoding.ids)], dtype=np.float32)
                for row, encoding in enumerate(encodings)
            ]

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


def _filled(encoding: "Encoding") -> int:
    """Return the length that a text is filled up to."""
    return -(-len(encoding.ids) // _STEP) * _STEP


def _read_tokenizer(folder: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
