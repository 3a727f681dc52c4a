"""YOLO detectors against ultralytics' own inference: boxes, classes, and what it does not give."""

import functools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from framesel.detectors import Detections, DetectSettings, describe, load
from framesel.errors import UsageError, WeightsError
from framesel.runtime import Runtime
from tests.detectors.conftest import CLASSES, FAMILIES, SIZE_PX, save_yolo, yolo_model

SETTINGS = DetectSettings(size_px=SIZE_PX)
YOLOS = ("yolov8", "yolo11", "yolo26")
MOST_PX_OFF = 0.01
MOST_CONF_OFF = 1e-4


@pytest.fixture(scope="module", params=YOLOS)
def path(request: pytest.FixtureRequest, detector_folder: Path) -> str:
    return FAMILIES[request.param](detector_folder)


@functools.cache
def yolo(path: str, head: object) -> object:
    """A model for each head: what it was asked before stays in it."""
    from ultralytics import YOLO

    return YOLO(path)


def predicted(path: str, picture: np.ndarray, **asked: object) -> np.ndarray:
    """(m, 6) corners, confidence and class, as ultralytics' ``predict`` gives them."""
    asked = {"conf": 0.05, "iou": 0.7, "max_det": 300, "imgsz": SIZE_PX} | asked
    bgr = np.ascontiguousarray(picture[..., ::-1])
    model = yolo(path, asked.get("nms"))
    (result,) = model.predict(bgr, verbose=False, device="cpu", save=False, **asked)
    return result.boxes.data.numpy()


def agree(one: Detections, theirs: np.ndarray) -> None:
    sure = expit(one.logits)
    whole = (theirs[:, 0] <= theirs[:, 2]) & (theirs[:, 1] <= theirs[:, 3])
    assert len(one) == len(theirs)
    assert np.allclose(one.xyxy[whole], theirs[whole, :4], atol=MOST_PX_OFF, rtol=0)
    assert np.allclose(sure.max(axis=1), theirs[:, 4], atol=MOST_CONF_OFF, rtol=0)
    assert np.array_equal(sure.argmax(axis=1), theirs[:, 5].astype(int))


def test_boxes_are_those_of_predict(path: str, pictures: list[np.ndarray]) -> None:
    found = load(path, SETTINGS, runtime=Runtime.TORCH_FP32)(pictures)
    assert sum(map(len, found)) > 20
    for picture, one in zip(pictures, found, strict=True):
        agree(one, predicted(path, picture))


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (replace(SETTINGS, conf=0.07), {"conf": 0.07}),
        (replace(SETTINGS, iou=0.3), {"iou": 0.3}),
        (replace(SETTINGS, max_candidates=3), {"max_det": 3}),
        (replace(SETTINGS, size_px=96), {"imgsz": 96}),
    ],
    ids=["conf", "iou", "max_candidates", "size_px"],
)
def test_settings_mean_what_predict_means(
    settings: DetectSettings, asked: dict, detector_folder: Path, pictures: list[np.ndarray]
) -> None:
    path = FAMILIES["yolov8"](detector_folder)
    (one,) = load(path, settings, runtime=Runtime.TORCH_FP32)(pictures[:1])
    assert len(one)
    agree(one, predicted(path, pictures[0], **asked))


def test_head_without_suppression(detector_folder: Path, pictures: list[np.ndarray]) -> None:
    path = FAMILIES["yolo26"](detector_folder)
    settings = replace(SETTINGS, head="one2one")
    found = load(path, settings, runtime=Runtime.TORCH_FP32)(pictures)
    assert sum(map(len, found)) > 5
    for picture, one in zip(pictures, found, strict=True):
        theirs = predicted(path, picture, nms=False)
        # A cell may come twice there, with two classes; here it is one box with both.
        _, first = np.unique(theirs[:, :4].round(3), axis=0, return_index=True)
        agree(one, theirs[np.sort(first)])


def test_heads_differ_and_have_digests_of_their_own(
    detector_folder: Path, pictures: list[np.ndarray]
) -> None:
    path = FAMILIES["yolo26"](detector_folder)
    one2one = replace(SETTINGS, head="one2one")
    assert describe(path, one2one).digest != describe(path, SETTINGS).digest
    usual, other = (load(path, s, runtime=Runtime.TORCH_FP32) for s in (SETTINGS, one2one))
    assert usual(pictures)[0].logits.shape != other(pictures)[0].logits.shape


def test_head_that_is_not_there(detector_folder: Path) -> None:
    path = FAMILIES["yolov8"](detector_folder)
    with pytest.raises(UsageError, match="has no head one2one"):
        load(path, replace(SETTINGS, head="one2one"), runtime=Runtime.TORCH_FP32)


def test_logits_sides_features_and_peak_are_those_of_the_model(
    detector_folder: Path, pictures: list[np.ndarray]
) -> None:
    """Against the raw outputs and a hook, at the cells that ultralytics' suppression keeps."""
    from ultralytics.utils.nms import non_max_suppression

    path = FAMILIES["yolov8"](detector_folder)
    model = torch.load(path, weights_only=False)["ema"].float().eval()
    picture = pictures[-1]  # 64 x 64: seen as it is
    seen: list[torch.Tensor] = []
    for level in model.model[-1].cv3:
        level[-1].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    with torch.no_grad():
        y, raw = model(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255.0)
    _, (cells,) = non_max_suppression(y, 0.05, 0.7, return_idxs=True)
    cells = cells.reshape(-1)
    features = torch.cat([level.flatten(2) for level in seen], dim=2)[0, :, cells].T
    sides = raw["boxes"][0].view(4, 16, -1)[:, :, cells].softmax(1).permute(2, 0, 1)
    (one,) = load(path, SETTINGS, runtime=Runtime.TORCH_FP32)([picture])
    assert len(one) > 3
    assert np.allclose(one.logits, raw["scores"][0][:, cells].T.numpy(), atol=1e-4)
    assert np.allclose(one.sides, sides.numpy(), atol=1e-5)
    assert np.allclose(one.features, features.numpy(), atol=1e-4)
    assert one.peak == pytest.approx(float(raw["scores"].max()), abs=1e-4)
    sizes = [level.shape[2] * level.shape[3] for level in seen]
    assert np.array_equal(one.level, np.searchsorted(np.cumsum(sizes), cells.numpy(), side="right"))


def test_faint_is_what_survives_under_the_threshold(
    detector_folder: Path, pictures: list[np.ndarray]
) -> None:
    """With a threshold of 0.005 the faint boxes are boxes, and ultralytics suppresses them."""
    path = FAMILIES["yolov8"](detector_folder)
    for picture in pictures:
        (one,) = load(path, replace(SETTINGS, conf=0.3), runtime=Runtime.TORCH_FP32)([picture])
        theirs = predicted(path, picture, conf=0.005, max_det=1000)
        under = theirs[(theirs[:, 4] <= 0.3), 4]
        assert one.faint == pytest.approx(float(under.sum()), abs=1e-3)


def test_confidence_that_differs_is_refused(
    detector_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update of ultralytics that scores boxes in another way."""
    from ultralytics.nn.modules.head import Detect

    before = Detect._inference
    monkeypatch.setattr(Detect, "_inference", lambda self, x: before(self, x) * 0.99)
    with pytest.raises(WeightsError, match=r"its own inference in ultralytics 8\.\d"):
        load(FAMILIES["yolov8"](detector_folder), SETTINGS, runtime=Runtime.TORCH_FP32)


@pytest.mark.parametrize("version", ["v10", "v5", "v6"])
def test_other_versions_load(version: str, tmp_path: Path, pictures: list[np.ndarray]) -> None:
    path = str(save_yolo(tmp_path / "other.pt", yolo_model(version)))
    (one,) = load(path, replace(SETTINGS, conf=0.03), runtime=Runtime.TORCH_FP32)(pictures[:1])
    assert len(one)
    agree(one, predicted(path, pictures[0], conf=0.03))


def test_one_class_is_enough(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    path = str(save_yolo(tmp_path / "one.pt", yolo_model("v8", classes=1)))
    detector = load(path, SETTINGS, runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == CLASSES[:1]
    agree(detector(pictures[:1])[0], predicted(path, pictures[0]))


def test_loading_draws_no_random_numbers(detector_folder: Path) -> None:
    path = FAMILIES["yolo11"](detector_folder)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load(path, SETTINGS, runtime=Runtime.TORCH_FP32)
    assert torch.equal(torch.rand(3), expected)


def test_names_of_classes(detector_folder: Path) -> None:
    path = FAMILIES["yolov8"](detector_folder)
    assert load(path, SETTINGS, runtime=Runtime.TORCH_FP32).info.classes == CLASSES
    renamed = replace(SETTINGS, classes=("a", "b", "c"))
    assert load(path, renamed, runtime=Runtime.TORCH_FP32).info.classes == ("a", "b", "c")
    with pytest.raises(UsageError, match="has 3 classes, but 2 names"):
        load(path, replace(SETTINGS, classes=("a", "b")), runtime=Runtime.TORCH_FP32)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("yolov8n", "unknown detector"),
        ("ultralitics:a.pt", "did you mean ultralytics"),
        ("ultralytics:", "expected a path"),
        ("", "unknown detector"),
    ],
)
def test_names_that_make_no_sense(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        describe(name, SETTINGS)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"conf": 1.0}, "conf is 1.0"),
        ({"conf": float("nan")}, "conf is nan"),
        ({"iou": -0.1}, "iou is -0.1"),
        ({"max_candidates": 0}, "max_candidates is 0"),
        ({"size_px": 0}, "size_px is 0"),
    ],
)
def test_settings_out_of_range(change: dict, complaint: str, detector_folder: Path) -> None:
    with pytest.raises(UsageError, match=complaint):
        describe(FAMILIES["yolov8"](detector_folder), replace(SETTINGS, **change))


def test_size_is_rounded_up_to_the_stride(detector_folder: Path, pictures: list) -> None:
    path = FAMILIES["yolov8"](detector_folder)
    odd = load(path, replace(SETTINGS, size_px=50), runtime=Runtime.TORCH_FP32)
    even = load(path, replace(SETTINGS, size_px=64), runtime=Runtime.TORCH_FP32)
    assert np.array_equal(odd(pictures)[0].xyxy, even(pictures)[0].xyxy)
    with pytest.raises(UsageError, match="from 32 to 8192"):
        load(path, replace(SETTINGS, size_px=16), runtime=Runtime.TORCH_FP32)


def test_describing_loads_no_torch(detector_folder: Path) -> None:
    path = FAMILIES["yolov8"](detector_folder)
    program = (
        "import sys; from framesel.detectors import DetectSettings, describe; "
        f"describe({path!r}, DetectSettings()); "
        "print(sorted({'torch', 'ultralytics', 'cv2', 'openvino', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.real_data
def test_real_weights_give_predicts_boxes(real_data: Path) -> None:
    import cv2

    path = str(real_data / "weights" / "yolov8n-approx.pt")
    video = cv2.VideoCapture(str(real_data / "clips" / "intel_sample_videos" / "car-detection.mp4"))
    pictures = [np.ascontiguousarray(video.read()[1][..., ::-1]) for _ in range(240)][79::40]
    found = load(path, DetectSettings(size_px=320), runtime=Runtime.TORCH_FP32)(pictures)
    assert sum(map(len, found)) > 0
    for picture, one in zip(pictures, found, strict=True):
        agree(one, predicted(path, picture, imgsz=320))
