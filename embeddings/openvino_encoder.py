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
# Questions of up to so many are all filled up to it: a pass of another length than the one before takes
# .4 ms more, and four more tokens .1 ms.
_SHORT = 20
# Questions that go through the model in one pass: past this, a pass only makes the first wait for the last.
_TOGETHER = 32
# Tokens of the passages that do. On two cores, 171 tokens each: alone 90 to 97 a second, four 113 to 122,
# eight no more; a question that is asked meanwhile waits for one such pass.
_TOKENS = 768
# Looked at once, alone and together, to see that company changes no bit on this chip.
_SAMPLES = tuple(f"{number} keepers of the lighthouse answered questions. " * 8 for number in range(4))


class OpenVINOEncoder:
    """A converted sentence-transformers model, on all cores of the CPU. Safe to share between threads.

    Texts that are filled up to the same length go through the model together: passages of one call, and
    questions that wait for each other. Each has, bit for bit, the vector that it has alone; where a chip
    breaks that, passages go one by one.
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
        rows: dict[int, Vectors] = {}
        for length, numbers in _by_length(encodings).items():
            many = max(1, _TOKENS // length) if len(numbers) > 1 and self._keeps_company else 1
            for start in range(0, len(numbers), many):
                batch = numbers[start : start + many]
                for n, tokens in zip(batch, self._pass([encodings[n] for n in batch], length), strict=True):
                    offsets, whole = encodings[n].offsets, tokens.mean(axis=0)
                    rows[n] = pooled(tokens, offsets, parts[n], whole=whole, skip=len(prompt))
        return [rows[number] for number in range(len(texts))]

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
        rows: dict[int, Vectors] = {}
        for length, numbers in _by_length(encodings, least=_SHORT).items():
            found = self._pass([encodings[n] for n in numbers], length)
            for number, tokens in zip(numbers, found, strict=True):
                rows[number] = unit(tokens.mean(axis=0, keepdims=True))[0]
        return [rows[number] for number in range(len(texts))]

    def _pass(self, encodings: Sequence["Encoding"], length: int) -> list[Vectors]:
        """Return the vectors of the tokens of texts, shape (tokens, dimension), filled up to one length."""
        arrays = np.zeros((3, len(encodings), length), dtype=np.int64)
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
    def _keeps_company(self) -> bool:
        """True where texts of one length have together the vectors that they have alone."""
        encodings = [self._tokenizer.encode(text) for text in _SAMPLES]
        length = max(map(_filled, encodings))
        alone = [self._pass([encoding], length)[0] for encoding in encodings]
        return all(map(np.array_equal, self._pass(encodings, length), alone))

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


def _by_length(encodings: Sequence["Encoding"], *, least: int = 0) -> dict[int, list[int]]:
    """Return the lengths that texts are filled up to, each with the numbers of its texts."""
    found: dict[int, list[int]] = {}
    for number, encoding in enumerate(encodings):
        found.setdefault(_filled(encoding, least=least), []).append(number)
    return found


def _filled(encoding: "Encoding", *, least: int = 0) -> int:
    """Return the length that a text is filled up to."""
    tokens = len(encoding.ids)
    return least if tokens <= least else -(-tokens // _STEP) * _STEP


def _read_tokenizer(folder: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
