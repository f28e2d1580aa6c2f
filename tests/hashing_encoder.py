"""A deterministic encoder for tests: a text is the sum of its words' directions."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from embeddings.corpus import Span
from embeddings.encoder import EncoderCard, Vectors


class HashingEncoder:
    """Each word gets a fixed random direction; texts that share words are near. Counts its work.

    One token is one word, or one character of a word that is not ASCII, plus two for the whole.
    """

    def __init__(self, *, model: str = "hashing", dimension: int = 64, max_tokens: int = 256) -> None:
        self.card = EncoderCard(model, "1", dimension, max_tokens)
        self.encoded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [2 + len(_words(text)) for text in texts]

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        self.encoded += texts
        return [
            np.stack([self.encode_query(piece) for piece in (text, *(text[s.start : s.end] for s in spans))])
            for text, spans in zip(texts, parts, strict=True)
        ]

    def encode_query(self, text: str) -> Vectors:
        dimension = self.card.dimension
        total = sum((_direction(word, dimension) for word in _words(text)), np.full(dimension, 1e-6))
        vector: Vectors = (total / np.linalg.norm(total)).astype(np.float32)
        return vector


@lru_cache(maxsize=65_536)
def _direction(word: str, dimension: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    return np.random.default_rng(seed).standard_normal(dimension)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+|[^\W\x00-\x7f]", text.lower())
