from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import Vectors
from embeddings.errors import ModelError
from embeddings.reranker import CrossReranker
from qa import QA
from tests.hashing_encoder import HashingEncoder


class Prefers:
    """A reranker that wants one word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        assert question
        return np.array([float(self.word in text) for text in texts], dtype=np.float32)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A CrossEncoder of random weights and ten words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "lamp", "bread", "keeper", "the", "dawn"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=10, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(tmp_path / "model")
    BertTokenizer(vocab=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_what_a_reranker_says_is_half_of_a_score_and_one_of_its_parts(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    plain = QA.open(data, index, encoder=encoder).retrieve("Who keeps the lamp?")
    first = QA.open(data, index, encoder=encoder, reranker=Prefers("ovens")).retrieve("Who keeps the lamp?")[
        0
    ]
    before = next(hit for hit in plain if hit.passage_id == first.passage_id)
    assert before.rank > 1
    assert first.parts["reranker"] == 1.0
    assert first.score == pytest.approx(0.5 * before.score + 0.5)


def test_without_a_reranker_no_part_is_its(bot: QA) -> None:
    assert "reranker" not in bot.retrieve("Who keeps the lamp?")[0].parts


def test_a_reranker_does_not_change_whether_the_sources_are_silent(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    eager = QA.open(data, index, encoder=encoder, reranker=Prefers(""))
    assert not eager.ask("Who painted the Mona Lisa?").answered


@pytest.mark.model
def test_a_cross_encoder_tells_a_relevance_from_0_to_1_for_each_text(tiny: Path) -> None:
    relevance = CrossReranker(str(tiny)).relevance("the lamp", ["lamp keeper", "bread the dawn", "dawn"])
    assert relevance.shape == (3,)
    assert np.all((relevance > 0) & (relevance < 1))
    assert len(set(relevance.tolist())) == 3


@pytest.mark.model
def test_a_cross_encoder_folder_reranks_the_hits(
    tiny: Path, data: Path, index: Path, encoder: HashingEncoder
) -> None:
    hits = QA.open(data, index, encoder=encoder, reranker=str(tiny)).retrieve("Who keeps the lamp?")
    assert all(0 < hit.parts["reranker"] < 1 for hit in hits)


@pytest.mark.model
def test_a_reranker_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="leave --reranker out"):
        CrossReranker(str(tmp_path / "empty")).relevance("lamp", ["lamp"])
