"""Detectors that ultralytics fine-tuned to fewer classes keep a wide branch, and load."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from framesel.detectors import DetectSettings, load
from framesel.runtime import Runtime
from tests.detectors.conftest import CLASSES, SIZE_PX, save_yolo, yolo_model, yolo_yaml
from tests.detectors.test_ultralytics import agree, predicted


@pytest.mark.parametrize("version", ["v8", "11", "26"])
def test_a_wide_branch_is_rebuilt(version: str, tmp_path: Path, pictures: list[np.ndarray]) -> None:
    from ultralytics.nn.tasks import DetectionModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few = DetectionModel(yolo_yaml(version, len(CLASSES)), verbose=False)
        few.load(yolo_model(version, 80), verbose=False)  # as fine-tuning begins
    few.names = dict(enumerate(CLASSES))
    width = few.model[-1].cv3[0][-1].in_channels
    assert width == 80
    few.model[-1].cv3[0][-1].bias.data.fill_(-2.0)
    path = str(save_yolo(tmp_path / "fine_tuned.pt", few.eval()))
    detector = load(path, DetectSettings(size_px=SIZE_PX), runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == CLASSES
    assert detector.info.feature_dim == width
    assert detector.last_layer is not None
    assert detector.last_layer.weight.shape[1:] == (len(CLASSES), width)
    found = detector(pictures)
    assert sum(map(len, found)) > 10
    for picture, one in zip(pictures, found, strict=True):
        agree(one, predicted(path, picture))


@pytest.mark.parametrize("version", ["v8", "11", "26"])
def test_a_narrow_branch_is_rebuilt(version: str, tmp_path: Path) -> None:
    """Weights of few classes that were fine-tuned to more than the branch is wide."""
    from ultralytics.nn.tasks import DetectionModel

    many = 45
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DetectionModel(yolo_yaml(version, many), verbose=False)
        model.load(yolo_model(version, len(CLASSES)), verbose=False)
    width = model.model[-1].cv3[0][-1].in_channels
    assert width < many
    path = str(save_yolo(tmp_path / "fine_tuned.pt", model.eval()))
    detector = load(path, DetectSettings(size_px=SIZE_PX), runtime=Runtime.TORCH_FP32)
    assert len(detector.info.classes) == many
    assert detector.info.feature_dim == width
