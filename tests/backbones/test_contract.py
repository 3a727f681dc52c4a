"""What every backbone promises, whatever it is loaded from."""

import numpy as np
import pytest

from framesel.backbones import Backbone, Runtime, describe, load
from framesel.errors import UsageError


@pytest.fixture(scope="module")
def backbone(name: str) -> Backbone:
    return load(name, runtime=Runtime.TORCH_FP32, batch=4)


def test_gives_float32_unit_rows(backbone: Backbone, pictures: list[np.ndarray]) -> None:
    assert isinstance(backbone, Backbone)
    vectors = backbone(pictures)
    assert vectors.shape == (len(pictures), backbone.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_different_pictures_differ(backbone: Backbone, pictures: list[np.ndarray]) -> None:
    vectors = backbone(pictures)
    cos = vectors @ vectors.T
    assert (cos[np.triu_indices(len(cos), 1)] < 0.99999).all()


def test_row_does_not_depend_on_its_batch(backbone: Backbone, pictures: list[np.ndarray]) -> None:
    together = backbone(pictures)
    alone = np.concatenate([backbone([picture]) for picture in pictures])
    backwards = backbone(pictures[::-1])[::-1]
    assert together.tobytes() == alone.tobytes()
    assert together.tobytes() == np.ascontiguousarray(backwards).tobytes()


def test_card_agrees_with_what_loads(backbone: Backbone, name: str) -> None:
    card = describe(name)
    assert (card.name, card.digest) == (backbone.name, backbone.digest)
    assert card.dim in (None, backbone.dim)
    assert card.size_px in (None, backbone.size_px)
    assert len(card.digest) == 64


def test_nothing_in_nothing_out(backbone: Backbone) -> None:
    assert backbone([]).shape == (0, backbone.dim)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
    ],
    ids=["gray", "alpha", "float", "empty"],
)
def test_refuses_what_is_no_picture(backbone: Backbone, picture: np.ndarray) -> None:
    with pytest.raises(UsageError, match="uint8 RGB"):
        backbone([picture])


def test_black_and_white_give_no_nan(backbone: Backbone) -> None:
    flat = [np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 255, np.uint8)]
    assert np.isfinite(backbone(flat)).all()
