"""A frozen network's proposals, on a small network with random weights."""

from pathlib import Path

import numpy as np
import pytest

from framesel.detectors.detector import DetectSettings
from framesel.detectors.registry import load
from framesel.errors import WeightsError
from framesel.runtime import Runtime
from framesel.simulation.detector.described import Describer
from framesel.simulation.detector.material import Material
from framesel.simulation.detector.network import PROPOSALS, FrozenNetwork, on_canvas
from framesel.simulation.detector.ridge import RidgeSchool, RidgeSettings
from framesel.simulation.detector.setting import judged, setting
from framesel.simulation.detector.whitening import whitening_of
from tests.detectors.conftest import save_yolo, yolo_model

CANVAS_PX = 96


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A narrow YOLOv8."""
    return save_yolo(tmp_path_factory.mktemp("weights") / "small.pt", yolo_model("v8"))


def picture(seed: int, size_wh: tuple[int, int] = (96, 64)) -> np.ndarray:
    """Noise in blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (size_wh[1] // 8, size_wh[0] // 8, 3))
    return blocks.repeat(8, 0).repeat(8, 1).astype(np.uint8)


def test_proposals_are_boxes_of_the_picture_strongest_first(weights: Path) -> None:
    network = FrozenNetwork(weights, CANVAS_PX)
    found, again = network(picture(0)), network(picture(0))
    other = network(picture(1))
    assert 5 < len(found.xyxy) <= PROPOSALS
    assert found.xyxy.min() >= 0
    assert (found.xyxy.max(axis=0) <= [96, 64, 96, 64]).all()
    assert found.features.shape[1] == other.features.shape[1]
    assert np.isfinite(found.features).all()
    assert np.array_equal(found.xyxy, again.xyxy)
    assert np.array_equal(found.features, again.features)
    assert not np.array_equal(found.features[:3], other.features[:3])


def test_boxes_are_those_of_the_detector(weights: Path) -> None:
    ours = FrozenNetwork(weights, CANVAS_PX)(picture(2))
    asked = DetectSettings(size_px=CANVAS_PX, conf=0.001)
    theirs = load(str(weights), asked, runtime=Runtime.TORCH_FP32)([picture(2)])[0]
    strongest = theirs.xyxy[theirs.logits.max(axis=1).argmax()]
    np.testing.assert_allclose(ours.xyxy[0], strongest, atol=0.05)


def test_a_smaller_picture_shows_the_same_in_its_own_pixels(weights: Path) -> None:
    network = FrozenNetwork(weights, CANVAS_PX)
    plain = np.full((64, 96, 3), (180, 90, 40), np.uint8)
    large, small = network(plain), network(plain[::2, ::2])
    assert small.xyxy.max() <= 48
    np.testing.assert_allclose(2 * small.xyxy, large.xyxy, atol=1e-3)
    np.testing.assert_allclose(small.features, large.features, atol=1e-3)


@pytest.mark.parametrize("size_wh", [(96, 64), (64, 96), (30, 50), (200, 10), (1, 1)])
def test_any_picture_fits_on_its_canvas(size_wh: tuple[int, int]) -> None:
    canvas, scale = on_canvas(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), 96)
    assert canvas.shape[0] % 32 == canvas.shape[1] % 32 == 0
    assert max(canvas.shape[:2]) == 96
    assert scale == 96 / max(size_wh)
    assert not canvas[0, 0].any()


def test_a_network_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    path = save_yolo(tmp_path / "26.pt", yolo_model("26"))
    with pytest.raises(WeightsError, match="no distributions"):
        FrozenNetwork(path, CANVAS_PX)


def test_whitened_features_are_uncorrelated() -> None:
    rng = np.random.default_rng(0)
    mixed = (rng.normal(size=(4000, 6)) @ rng.normal(size=(6, 9)) + 5).astype(np.float32)
    small = whitening_of(mixed, 6)(mixed)
    np.testing.assert_allclose(np.cov(small.T), np.diag(np.diag(np.cov(small.T))), atol=1e-4)
    assert (np.abs(np.diag(np.cov(small.T))[:4] - 1) < 0.05).all()
    assert (np.diag(np.cov(small.T)) < 1.01).all()  # the last ones are not blown up
    np.testing.assert_allclose(small.mean(axis=0), 0, atol=1e-3)
    assert whitening_of(mixed, 3)(mixed).shape == (4000, 3)


def test_descriptions_are_made_once_and_go_on_where_they_stopped(
    weights: Path, squares: Material, albums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framesel.simulation.detector.described.SHARD", 3)
    album = judged(squares, "dev", albums).album
    describer = Describer(weights, CANVAS_PX, dim=8)
    whole = describer.describe(album, album, tmp_path / "whole")
    assert whole.features.shape == (8, PROPOSALS, 8)
    looks = []
    plain = FrozenNetwork.__call__

    def until(self: FrozenNetwork, image: np.ndarray) -> object:
        looks.append(image)
        if len(looks) == 8 + 5:  # 8 for the whitening
            raise KeyboardInterrupt
        return plain(self, image)

    monkeypatch.setattr(FrozenNetwork, "__call__", until)
    with pytest.raises(KeyboardInterrupt):
        describer.describe(album, album, tmp_path / "killed")
    resumed = describer.describe(album, album, tmp_path / "killed")
    assert len(looks) == 8 + 5 + 5  # the first three were kept
    assert np.array_equal(resumed.features, whole.features)
    assert np.array_equal(resumed.xyxy, whole.xyxy)
    again = describer.describe(album, album, tmp_path / "killed")
    assert len(looks) == 8 + 5 + 5
    assert np.array_equal(again.count, whole.count)


def test_a_school_teaches_on_what_a_network_sees(
    weights: Path, squares: Material, albums: Path, tmp_path: Path
) -> None:
    settings = RidgeSettings(canvas_px=CANVAS_PX, dim=32, penalty=0.1, box_penalty=0.1)
    school = RidgeSchool(weights, tmp_path, settings)
    pool = setting("as_is", squares, albums).pool(0)
    dev = judged(squares, "dev", albums)
    learner = school.learner(pool, dev)
    rows = np.arange(len(pool))
    boxes = learner.fit(rows, 0).pool(rows)
    best = boxes.offsets[:-1][np.diff(boxes.offsets) > 0]
    picture_no = boxes.picture_of()[best]
    right = boxes.top_class[best, 0] == pool.truth.class_no[picture_no]
    assert right.mean() > 0.7  # colours, from a network that never saw a label
    assert len(learner.fit(rows[:4], 0).judged()) == len(dev)
    assert school.identity() == RidgeSchool(weights, tmp_path / "elsewhere", settings).identity()
    assert school.identity() != RidgeSchool(weights, tmp_path, RidgeSettings()).identity()
