"""OpenVINO and CUDA against torch fp32: the same boxes, and a word where it is not so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit

from framesel import runtime as runtimes
from framesel.detectors import Detections, DetectSettings, load
from framesel.detectors.yolo_detector import MOST_ENGINES
from framesel.errors import MissingExtraError, UsageError
from framesel.runtime import Runtime
from tests.detectors.conftest import FAMILIES, SIZE_PX

SETTINGS = DetectSettings(size_px=SIZE_PX)
LEAST_IOU = 0.99
MOST_CONF_OFF = 1e-3
NEAR_THRESHOLD = 2e-3


@pytest.fixture(scope="module", params=["yolov8", "yolo11", "yolo26"])
def path(request: pytest.FixtureRequest, detector_folder: Path) -> str:
    return FAMILIES[request.param](detector_folder)


@pytest.fixture(scope="module")
def v8(detector_folder: Path) -> str:
    return FAMILIES["yolov8"](detector_folder)


def overlap(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU of a box with many, where boxes without extent overlap if they are equal."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(one[2:] - one[:2])
    equal = np.abs(others - one).max(axis=1) < 0.05
    return np.where(equal, 1.0, shared / np.maximum(areas - shared, 1e-9))


def agree(one: Detections, other: Detections, least_iou: float, most_off: float) -> None:
    """Each box of one, unless it lies at the threshold, is a box of the other, and vice versa."""
    for these, those in ((one, other), (other, one)):
        sure, sure_there = expit(these.logits), expit(those.logits)
        for box, scores in zip(these.xyxy, sure, strict=True):
            if scores.max() < SETTINGS.conf + NEAR_THRESHOLD:
                continue
            same = overlap(box, those.xyxy) > least_iou
            assert (np.abs(sure_there[same] - scores).max(axis=1) < most_off).any()


def test_openvino_gives_torchs_boxes(path: str, pictures: list[np.ndarray]) -> None:
    pytest.importorskip("openvino")
    expected = load(path, SETTINGS, runtime=Runtime.TORCH_FP32)(pictures)
    found = load(path, SETTINGS, runtime=Runtime.OPENVINO_FP32)(pictures)
    assert sum(map(len, found)) > 20
    for one, other in zip(found, expected, strict=True):
        agree(one, other, LEAST_IOU, MOST_CONF_OFF)
        assert one.peak == pytest.approx(other.peak, abs=1e-2)
        assert one.faint == pytest.approx(other.faint, abs=0.05)
        assert (one.features is None) == (other.features is None)
        assert (one.sides is None) == (other.sides is None)


def test_openvino_picture_does_not_depend_on_its_neighbours(
    v8: str, pictures: list[np.ndarray]
) -> None:
    pytest.importorskip("openvino")
    detector = load(v8, SETTINGS, runtime=Runtime.OPENVINO_FP32)
    together = detector(pictures)
    for number in (0, 4):
        (alone,) = detector([pictures[number]])
        assert alone.logits.tobytes() == together[number].logits.tobytes()
        assert alone.xyxy.tobytes() == together[number].xyxy.tobytes()


def test_bf16_is_used_where_it_agrees(
    v8: str, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    from framesel.detectors import openvino_engine

    # Random weights lose more to rounding than trained ones do.
    monkeypatch.setitem(openvino_engine.LEAST_COS, Runtime.OPENVINO_BF16, 0.98)
    expected = load(v8, SETTINGS, runtime=Runtime.TORCH_FP32)(pictures[:1])
    found = load(v8, SETTINGS, runtime=Runtime.OPENVINO_BF16)(pictures[:1])
    assert found[0].peak == pytest.approx(expected[0].peak, abs=0.5)


def test_openvino_that_disagrees_gives_way_to_torch(
    v8: str, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    from framesel.detectors import openvino_engine

    monkeypatch.setattr(openvino_engine, "agreement", lambda *_: 0.5)
    detector = load(v8, SETTINGS, runtime=Runtime.OPENVINO_FP32)
    with pytest.warns(RuntimeWarning, match="agrees with torch fp32 only to a cosine of 0.5"):
        (found,) = detector(pictures[:1])
    (expected,) = load(v8, SETTINGS, runtime=Runtime.TORCH_FP32)(pictures[:1])
    assert found.xyxy.tobytes() == expected.xyxy.tobytes()


def test_network_that_openvino_cannot_run_runs_on_torch(
    v8: str, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    from framesel.detectors import openvino_engine

    def fail(*_: object) -> None:
        raise RuntimeError("no such operation\nin detail")

    monkeypatch.setattr(openvino_engine, "compiled", fail)
    detector = load(v8, SETTINGS, runtime=Runtime.OPENVINO_FP32)
    with pytest.warns(RuntimeWarning, match=r"cannot run it \(no such operation\), so torch"):
        assert len(detector(pictures[:1])) == 1


def test_agreement_sees_a_wrong_output(v8: str) -> None:
    """The probe: equal outputs agree, one that is shuffled does not."""
    from framesel.detectors.openvino_engine import agreement

    detector: Any = load(v8, SETTINGS, runtime=Runtime.TORCH_FP32)
    network = network_of(detector)

    def twin(turn: bool) -> Any:
        def run(picture: np.ndarray) -> dict[int, np.ndarray]:
            with torch.inference_mode():
                outputs = [part.numpy() for part in network(torch.from_numpy(picture))]
            return dict(enumerate([np.flip(outputs[0]) if turn else outputs[0], *outputs[1:]]))

        return run

    assert agreement(network, twin(turn=False), (64, 64)) == pytest.approx(1.0)
    assert agreement(network, twin(turn=True), (64, 64)) < 0.999


def network_of(detector: Any) -> Any:
    """The network inside an engine of torch."""
    run = detector._engines((64, 64))
    cells = dict(zip(run.__code__.co_freevars, run.__closure__, strict=True))
    return cells["model"].cell_contents


def test_engines_that_are_kept_are_few(v8: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    from framesel.detectors import openvino_engine

    made: list[tuple[int, int]] = []
    monkeypatch.setattr(
        openvino_engine, "checked_engine", lambda name, network, shape, *_: made.append(shape) or 1
    )
    detector: Any = load(v8, SETTINGS, runtime=Runtime.OPENVINO_FP32)
    shapes = [(32 * n, 32) for n in range(1, MOST_ENGINES + 2)]
    for shape in [*shapes, shapes[-1], shapes[0]]:
        detector._engines(shape)
    assert made == [*shapes, shapes[0]]
    assert len(detector._engines._kept) == MOST_ENGINES


def test_blocks_of_several_pictures_are_filled_up(v8: str, pictures: list[np.ndarray]) -> None:
    """As on a GPU: the same boxes, whatever else is in the block."""
    detector: Any = load(v8, SETTINGS, runtime=Runtime.TORCH_FP32)
    expected = detector(pictures)
    detector._batch = 4
    found = detector(pictures)
    for one, other in zip(found, expected, strict=True):
        agree(one, other, LEAST_IOU, MOST_CONF_OFF)
    (alone,) = detector([pictures[0]])
    assert alone.xyxy.tobytes() == found[0].xyxy.tobytes()


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"runtime": Runtime.OPENVINO_INT8}, "have no runtime openvino-int8"),
        ({"runtime": Runtime.TORCH_FP32, "device": "cuda:0"}, "do not fit together"),
        ({"runtime": Runtime.TORCH_FP32, "device": "gpu"}, "unknown device"),
        ({"runtime": Runtime.TORCH_FP32, "batch": 0}, "at least one"),
        ({"runtime": Runtime.TORCH_FP32, "threads": 0}, "at least one"),
    ],
)
def test_what_does_not_fit_together(v8: str, asked: dict, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        load(v8, SETTINGS, **asked)


def test_openvino_that_is_not_installed(v8: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "openvino_installed", lambda: False)
    with pytest.raises(MissingExtraError, match=r"framesel\[openvino\]"):
        load(v8, SETTINGS, runtime=Runtime.OPENVINO_FP32)


def test_threads_are_set_for_the_call_only(v8: str, pictures: list[np.ndarray]) -> None:
    before = torch.get_num_threads()
    detector = load(v8, SETTINGS, runtime=Runtime.TORCH_FP32, threads=before + 1)
    seen = []
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda *_: seen.append(torch.get_num_threads())
    )
    detector(pictures[:1])
    hook.remove()
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA GPU")
def test_gpu_that_is_not_there(v8: str) -> None:
    with pytest.raises(UsageError, match="torch cannot use cuda"):
        load(v8, SETTINGS, runtime=Runtime.CUDA_FP16, device="cuda:0")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_cuda_agrees_with_torch(path: str, pictures: list[np.ndarray]) -> None:
    expected = load(path, SETTINGS, runtime=Runtime.TORCH_FP32)(pictures)
    detector = load(path, SETTINGS, runtime=Runtime.CUDA_FP16, device="cuda:0", batch=2)
    found = detector(pictures)
    for one, other in zip(found, expected, strict=True):
        assert one.peak == pytest.approx(other.peak, abs=0.1)
    (alone,) = detector(pictures[:1])
    assert alone.xyxy.tobytes() == found[0].xyxy.tobytes()


@pytest.mark.real_data
def test_real_weights_agree_on_openvino(real_data: Path) -> None:
    pytest.importorskip("openvino")
    import cv2

    path = str(real_data / "weights" / "yolov8n-approx.pt")
    video = cv2.VideoCapture(str(real_data / "clips" / "intel_sample_videos" / "car-detection.mp4"))
    pictures = [np.ascontiguousarray(video.read()[1][..., ::-1]) for _ in range(240)][79::40]
    settings = replace(SETTINGS, size_px=320)
    expected = load(path, settings, runtime=Runtime.TORCH_FP32)(pictures)
    found = load(path, settings, runtime=Runtime.OPENVINO_FP32)(pictures)
    assert sum(map(len, found)) > 3
    for one, other in zip(found, expected, strict=True):
        agree(one, other, LEAST_IOU, MOST_CONF_OFF)
    # In bf16 boxes overlap a little less and confidences move by hundredths.
    for one, other in zip(
        load(path, settings, runtime=Runtime.OPENVINO_BF16)(pictures), expected, strict=True
    ):
        assert one.peak == pytest.approx(other.peak, abs=0.3)
