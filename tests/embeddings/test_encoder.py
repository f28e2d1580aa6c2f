"""What every encoder must do, tried with each that can be chosen."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Encoding

from embeddings.corpus import Span
from embeddings.encoder import Encoder, EncoderCard, Vectors, load_encoder
from embeddings.errors import ModelError, NotConvertible
from embeddings.openvino_encoder import OpenVINOEncoder
from embeddings.torch_encoder import TorchEncoder

STORY = "A much longer text about lighthouses, ships and storms at sea. " * 6


@pytest.fixture(params=["openvino", "torch"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(backend=request.param)


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder with a sentence-transformers model of random weights and twelve words."""

    def make(pooling: str = "mean") -> Path:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import BertConfig, BertModel, BertTokenizer

        signs = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        words = [*signs, "lamp", "bread", "keeper", "the", "dawn", "sea", "storm"]
        (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
        )
        BertModel(config).save_pretrained(tmp_path / "bert")
        BertTokenizer(vocab=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "bert")
        body = Transformer(str(tmp_path / "bert"), max_seq_length=32)
        model = SentenceTransformer(
            modules=[body, Pooling(16, pooling_mode=pooling)], prompts={"query": "sea "}
        )
        model.save(str(tmp_path / pooling))
        return tmp_path / pooling

    return make


def test_cards_that_differ_in_anything_have_other_fingerprints() -> None:
    card = EncoderCard("m", "1", 384, 256)
    assert card.fingerprint == EncoderCard("m", "1", 384, 256).fingerprint
    assert card.fingerprint != EncoderCard("m", "2", 384, 256).fingerprint
    assert card.fingerprint != EncoderCard("m", "1", 384, 256, precision="int8").fingerprint


def test_a_backend_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(ModelError, match="auto, openvino, torch"):
        load_encoder(backend="abacus")


@pytest.mark.model
def test_the_packaged_model_is_what_its_card_says(encoder: Encoder) -> None:
    first, second = encoder.encode_passages(
        ["A lighthouse warns ships. It is old.", "灯塔"], [[Span(26, 36)], []]
    )
    assert (first.shape, second.shape) == ((2, encoder.card.dimension), (1, encoder.card.dimension))
    assert first.dtype == np.float32
    assert np.allclose(np.linalg.norm(np.concatenate([first, second]), axis=1), 1, atol=1e-5)
    assert encoder.count_tokens(["lighthouse", ""]) == [3, 2]
    assert encoder.count_tokens([]) == []
    assert encoder.count_tokens(["sea " * 400]) == [402]


@pytest.mark.model
def test_a_text_has_the_same_vector_as_a_passage_and_as_a_question(encoder: Encoder) -> None:
    text = "A lighthouse warns ships. It is old."
    (rows,) = encoder.encode_passages([text], [[Span(0, 25)]])
    assert np.allclose(rows[0], encoder.encode_query(text), atol=1e-6)


@pytest.mark.model
def test_a_sentence_is_read_in_its_context_and_stays_near_its_own_words(encoder: Encoder) -> None:
    text = "The lamp turns once in nine seconds. The cook bakes bread."
    (rows,) = encoder.encode_passages([text], [[Span(0, 36), Span(37, 58)]])
    lamp, bread = rows[1:] @ encoder.encode_query("Who bakes bread?")
    assert bread > lamp


@pytest.mark.model
def test_a_vector_does_not_depend_on_its_batch_mates(encoder: Encoder) -> None:
    texts = ["Short.", STORY, "灯塔"]
    parts = [[Span(0, 5)], [Span(0, 62)], []]
    together = encoder.encode_passages(texts, parts)
    alone = [encoder.encode_passages([text], [spans])[0] for text, spans in zip(texts, parts, strict=True)]
    assert [rows.tobytes() for rows in together] == [rows.tobytes() for rows in alone]


@pytest.mark.model
def test_nor_do_those_of_many_texts_of_few_lengths(encoder: Encoder) -> None:
    words = STORY.split()
    texts = [" ".join(words[n % 5 :][: 5 + 9 * (n % 3)]) for n in range(24)]
    texts += [f"{STORY} {number}" for number in range(12)]
    parts = [[Span(0, len(text) // 2), Span(len(text) // 2, len(text))] for text in texts]
    together = encoder.encode_passages(texts, parts)
    alone = [encoder.encode_passages([text], [spans])[0] for text, spans in zip(texts, parts, strict=True)]
    assert [rows.tobytes() for rows in together] == [rows.tobytes() for rows in alone]


@pytest.mark.model
def test_passages_go_one_by_one_where_company_would_change_them(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(backend="openvino")
    assert isinstance(encoder, OpenVINOEncoder)
    inner, passes = encoder._pass, []

    def unlike(encodings: Sequence[Encoding], length: int) -> list[Vectors]:
        passes.append(len(encodings))
        return [tokens + 1e-6 * len(encodings) for tokens in inner(encodings, length)]

    monkeypatch.setattr(encoder, "_pass", unlike)
    encoder.encode_passages([STORY] * 5, [[]] * 5)
    assert passes[-5:] == [1] * 5


@pytest.mark.model
def test_what_is_longer_than_the_encoder_reads_is_read_from_its_beginning(encoder: Encoder) -> None:
    start, whole = "The lamp turns. " * 100, "The lamp turns. " * 100 + "The cook bakes bread."
    assert np.array_equal(encoder.encode_query(start), encoder.encode_query(whole))
    (rows,) = encoder.encode_passages([whole], [[Span(len(start), len(whole))]])
    assert np.array_equal(rows[0], rows[1])  # a sentence that was not read has its passage's vector


@pytest.mark.model
def test_both_backends_give_nearly_the_same_vectors() -> None:
    fast, exact = load_encoder(backend="openvino"), load_encoder(backend="torch")
    assert (fast.card.precision, exact.card.precision) == ("int8", "float32")
    for text in ("Who bakes bread?", STORY, "灯塔在哪里？"):
        assert fast.encode_query(text) @ exact.encode_query(text) > 0.98


@pytest.mark.model
def test_the_default_is_the_converted_model() -> None:
    assert isinstance(load_encoder(), OpenVINOEncoder)


@pytest.mark.model
def test_a_model_of_the_users_is_converted_with_its_prompts(
    make_model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = str(make_model())
    fast, exact = load_encoder(folder), load_encoder(folder, "torch")
    assert isinstance(fast, OpenVINOEncoder)
    assert (fast.card.dimension, fast.card.max_tokens, len(fast.card.revision)) == (16, 32, 64)
    assert fast.card.revision == exact.card.revision
    assert fast.encode_query("the keeper") @ exact.encode_query("the keeper") > 0.95
    (passage,) = fast.encode_passages(["sea the keeper"], [[]])
    assert np.allclose(passage[0], fast.encode_query("the keeper"), atol=1e-6)


@pytest.mark.model
def test_a_model_that_does_not_convert_is_run_by_torch(
    make_model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = str(make_model("cls"))
    found = load_encoder(folder)
    assert isinstance(found, TorchEncoder)
    (rows,) = found.encode_passages(["the keeper bread"], [[Span(11, 16)]])
    assert np.allclose(rows[1], found.encode_passages(["bread"], [[]])[0][0], atol=1e-6)
    with pytest.raises(NotConvertible, match="does not average"):
        load_encoder(folder, "openvino")


@pytest.mark.model
def test_a_folder_without_a_model_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="leave --model out"):
        _ = load_encoder(str(tmp_path), "torch").card
