"""What every detector promises, whatever family it is of."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from framesel.detectors import Detections, Detector, DetectSettings, describe, load
from framesel.errors import UsageError
from framesel.runtime import Runtime
from tests.detectors.conftest import SIZE_PX

SETTINGS = DetectSettings(size_px=SIZE_PX)
ARRAYS = ("xyxy", "logits", "level", "head", "features", "sides")


@pytest.fixture(scope="module")
def detector(name: str) -> Detector:
    return load(name, SETTINGS, runtime=Runtime.TORCH_FP32)


def cells() -> list[np.ndarray]:
    """Six pictures of random cells, always the same."""
    rng = np.random.default_rng(3)
    made = [np.kron(rng.integers(0, 256, (8, 8, 3)), np.ones((8, 10, 1))) for _ in range(6)]
    return [picture.astype(np.uint8) for picture in made]


@pytest.fixture(scope="module")
def found(detector: Detector) -> list[Detections]:
    """What it finds in ``cells``: something in at least one."""
    found = detector(cells())
    assert any(len(one) for one in found), "the test needs a detector that finds something"
    return found


def confidence(detector: Detector, one: Detections) -> np.ndarray:
    if detector.info.activation == "sigmoid":
        return expit(one.logits).max(axis=1)
    padded = np.concatenate([one.logits, np.zeros((len(one), 1), np.float32)], axis=1)
    return softmax(padded, axis=1)[:, :-1].max(axis=1)


def same(one: Detections, other: Detections) -> bool:
    """Whether two are equal to the last bit."""
    for name in ARRAYS:
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None) or (a is not None and a.tobytes() != b.tobytes()):
            return False
    return np.array_equal([one.peak, one.faint], [other.peak, other.faint], equal_nan=True)


def test_shapes_and_types(detector: Detector, found: list[Detections]) -> None:
    assert isinstance(detector, Detector)
    info = detector.info
    for one in found:
        m = len(one)
        assert one.xyxy.shape == (m, 4)
        assert one.logits.shape == (m, len(info.classes))
        assert one.level.shape == one.head.shape == (m,)
        assert (one.xyxy.dtype, one.logits.dtype) == (np.float32, np.float32)
        assert (one.level.dtype, one.head.dtype) == (np.int8, np.uint8)
        if one.features is not None:
            assert (one.features.shape, one.features.dtype) == ((m, info.feature_dim), np.float32)
        if one.sides is not None:
            assert (one.sides.shape, one.sides.dtype) == ((m, 4, info.side_bins), np.float32)


def test_numbers_are_finite(found: list[Detections]) -> None:
    for one in found:
        assert np.isfinite(one.peak)
        assert np.isnan(one.faint) or one.faint >= 0.0
        for name in ARRAYS:
            assert getattr(one, name) is None or np.isfinite(getattr(one, name)).all()


def test_boxes_lie_in_their_picture(detector: Detector, pictures: list[np.ndarray]) -> None:
    for picture, one in zip(pictures, detector(pictures), strict=True):
        height, width = picture.shape[:2]
        assert (one.xyxy >= 0).all()
        assert (one.xyxy[:, [0, 2]] <= width).all()
        assert (one.xyxy[:, [1, 3]] <= height).all()
        assert (one.xyxy[:, :2] <= one.xyxy[:, 2:]).all()


def test_most_confident_first_and_above_the_threshold(
    detector: Detector, found: list[Detections]
) -> None:
    for one in found:
        sure = confidence(detector, one)
        assert (sure > SETTINGS.conf - 1e-6).all()
        assert (np.diff(sure) <= 1e-6).all()
        assert len(one) <= SETTINGS.max_candidates


def test_peak_is_no_less_than_what_was_kept(found: list[Detections]) -> None:
    for one in found:
        assert not len(one) or one.peak >= one.logits.max() - 1e-5


def test_features_give_the_logits(detector: Detector, found: list[Detections]) -> None:
    layer = detector.last_layer
    if not detector.info.feature_dim:
        assert detector.info.missing["features"]
        assert all(one.features is None for one in found)
        return
    assert layer is not None
    assert layer.weight.shape[1:] == (len(detector.info.classes), detector.info.feature_dim)
    assert layer.bias.shape == layer.weight.shape[:2]
    for one in found:
        assert one.features is not None
        logits = np.einsum("mcf,mf->mc", layer.weight[one.head], one.features)
        assert np.allclose(logits + layer.bias[one.head], one.logits, atol=1e-3)


def test_sides_are_distributions(detector: Detector, found: list[Detections]) -> None:
    if not detector.info.side_bins:
        assert detector.info.missing["sides"]
        assert all(one.sides is None for one in found)
        return
    for one in found:
        assert one.sides is not None
        assert (one.sides >= 0).all()
        assert np.allclose(one.sides.sum(axis=2), 1.0, atol=1e-5)


def test_levels_have_strides(detector: Detector, found: list[Detections]) -> None:
    for one in found:
        assert (one.level < max(len(detector.info.strides), 1)).all()
        assert (one.level >= (0 if detector.info.strides else -1)).all()


def test_faint_is_known_or_missing(detector: Detector, found: list[Detections]) -> None:
    unknown = any(np.isnan(one.faint) for one in found)
    assert unknown == ("faint" in detector.info.missing)


def test_picture_does_not_depend_on_its_neighbours(
    detector: Detector, pictures: list[np.ndarray]
) -> None:
    together = detector(pictures)
    backwards = detector(pictures[::-1])[::-1]
    for number, picture in enumerate(pictures):
        (alone,) = detector([picture])
        assert same(alone, together[number])
        assert same(alone, backwards[number])


def test_higher_threshold_keeps_the_first_boxes(
    name: str, found: list[Detections], detector: Detector
) -> None:
    sure = confidence(detector, found[0])
    cut = float(np.median(sure)) if len(sure) else 0.5
    settings = replace(SETTINGS, conf=cut)
    (fewer,) = load(name, settings, runtime=Runtime.TORCH_FP32)(cells()[:1])
    assert len(fewer) == (sure > cut).sum()
    assert np.array_equal(fewer.xyxy, found[0].xyxy[: len(fewer)])


def test_most_candidates_are_the_first_boxes(name: str, found: list[Detections]) -> None:
    one = load(name, replace(SETTINGS, max_candidates=1), runtime=Runtime.TORCH_FP32)
    for fewer, more in zip(one(cells()), found, strict=True):
        assert len(fewer) == min(len(more), 1)
        assert np.array_equal(fewer.xyxy, more.xyxy[:1])


def test_card_agrees_with_what_loads(detector: Detector, name: str) -> None:
    card = describe(name, SETTINGS)
    assert (card.name, card.digest) == (detector.info.name, detector.info.digest)
    assert len(card.digest) == 64


@pytest.mark.parametrize(
    "change",
    [{"size_px": 96}, {"conf": 0.1}, {"iou": 0.5}, {"max_candidates": 5}, {"features": False}],
    ids=str,
)
def test_digest_follows_what_changes_boxes(name: str, change: dict) -> None:
    assert describe(name, replace(SETTINGS, **change)).digest != describe(name, SETTINGS).digest


def test_trust_changes_no_digest(name: str) -> None:
    assert describe(name, replace(SETTINGS, trust=True)) == describe(name, SETTINGS)


def test_features_can_be_switched_off(name: str, found: list[Detections]) -> None:
    detector = load(name, replace(SETTINGS, features=False), runtime=Runtime.TORCH_FP32)
    (one,) = detector(cells()[:1])
    assert one.features is None
    assert detector.info.feature_dim == 0
    assert detector.info.missing["features"]
    assert np.array_equal(one.xyxy, found[0].xyxy)


def test_nothing_in_nothing_out(detector: Detector) -> None:
    assert detector([]) == []


def test_flat_pictures_are_fine(detector: Detector) -> None:
    flat = [np.zeros((9, 9, 3), np.uint8), np.full((1, 300, 3), 255, np.uint8)]
    assert len(detector(flat)) == 2


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
def test_refuses_what_is_no_picture(detector: Detector, picture: np.ndarray) -> None:
    with pytest.raises(UsageError, match="uint8 RGB"):
        detector([picture])
