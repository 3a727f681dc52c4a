"""Exports made elsewhere: the boxes of the model that they were made from, and what they lack."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit
from ultralytics.data.augment import LetterBox

from framesel.detectors import Detections, DetectSettings, describe, load
from framesel.detectors.checkpoint_file import read_checkpoint
from framesel.detectors.fixed_size import fit_into
from framesel.detectors.yolo_network import rebuilt
from framesel.errors import MissingExtraError, UsageError
from framesel.runtime import Runtime

from .conftest import CLASSES, SIZE_PX, save_yolo, yolo_model
from .export_makers import convert, decoded, save_onnx, save_openvino, squares, yolo_export

FP32 = Runtime.OPENVINO_FP32
ASKED = DetectSettings(size_px=SIZE_PX)


@pytest.fixture(autouse=True)
def library(require: Any) -> None:
    present = importlib.util.find_spec("openvino") is not None
    require("openvino", present, "openvino is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


def test_an_export_gives_the_boxes_of_its_pt(folder: Path, tmp_path: Path) -> None:
    """Square pictures of the export's size: both see the same pixels."""
    pt = load(
        str(save_yolo(tmp_path / "a.pt", yolo_model("v8"))), ASKED, runtime=Runtime.TORCH_FP32
    )
    export = load(str(yolo_export(folder)), ASKED, runtime=FP32)
    assert export.info.classes == pt.info.classes == CLASSES
    for ours, theirs in zip(export(squares()), pt(squares()), strict=True):
        assert len(ours) == len(theirs) > 0
        # Scores of exactly 1 are tied, so rows are compared by what they say, not by their order.
        apart = np.abs(table(ours)[:, None] - table(theirs)[None]).max(axis=2)
        assert apart.min(axis=0).max() < 0.05
        assert apart.min(axis=1).max() < 0.05
        near = np.abs(theirs.logits[apart.argmin(axis=1)]) < 8
        assert np.abs(ours.logits - theirs.logits[apart.argmin(axis=1)])[near].max() < 0.02
        assert ours.peak == pytest.approx(min(theirs.peak, 15.9), abs=0.1)
        assert ours.faint == pytest.approx(theirs.faint, abs=1e-3)


def table(found: Detections) -> np.ndarray:
    """(m, 4 + C): corners in px and probabilities, these times 100."""
    return np.concatenate([found.xyxy, 100 * expit(found.logits)], axis=1)


def test_what_an_export_lacks_is_said(folder: Path) -> None:
    detector = load(str(yolo_export(folder)), ASKED, runtime=FP32)
    (found,) = detector(squares(1))
    assert (found.features, found.sides, detector.last_layer) == (None, None, None)
    assert set(found.level.tolist()) == {-1}
    assert set(detector.info.missing) == {"features", "sides"}
    assert all("give the .pt" in why for why in detector.info.missing.values())


def test_a_folder_its_xml_and_the_prefix_name_the_same(folder: Path) -> None:
    path = yolo_export(folder)
    (expected,) = load(str(path), ASKED, runtime=FP32)(squares(1))
    for name in (str(path / "tiny.xml"), f"exported:{path}"):
        (found,) = load(name, ASKED, runtime=FP32)(squares(1))
        assert np.array_equal(found.xyxy, expected.xyxy)
        assert describe(name, ASKED).digest == describe(str(path), ASKED).digest


@pytest.mark.parametrize("shape_wh", [(48, 64), (64, 48), (200, 31), (31, 200), (7, 5), (64, 64)])
@pytest.mark.parametrize("shape_hw", [(64, 64), (64, 96), (96, 64)])
def test_pictures_are_fitted_as_predict_fits_them(
    shape_wh: tuple[int, int], shape_hw: tuple[int, int]
) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape_wh[::-1], 3), np.uint8)
    fitted, _, _ = fit_into(picture, shape_hw)
    assert np.array_equal(fitted, LetterBox(shape_hw, auto=False)(image=picture))


class Spot(torch.nn.Module):
    """Finds the brightest cell of 8 pixels: a box around it, as sure as it is bright."""

    def __init__(self, pictures: int = 1) -> None:
        super().__init__()
        self.pictures = pictures

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = torch.nn.functional.avg_pool2d(x.mean(dim=1, keepdim=True), 8)
        rows = torch.arange(light.shape[2])[:, None].expand(light.shape[2:]) * 8 + 4
        columns = torch.arange(light.shape[3])[None].expand(light.shape[2:]) * 8 + 4
        place = torch.stack([columns, rows, torch.full_like(rows, 8), torch.full_like(rows, 8)])
        every = place[None].float() + torch.zeros_like(light)
        return torch.cat([every, light * 0.9], dim=1).flatten(2)


@pytest.mark.parametrize(
    ("shape", "size_px"),
    [
        ((1, 3, 64, 64), 640),
        ((1, 3, 64, 96), 640),
        ((4, 3, 64, 64), 640),
        ((1, 3, -1, -1), 96),
    ],
    ids=["square", "oblong", "batch", "free"],
)
def test_boxes_come_back_to_the_picture(
    shape: tuple[int, ...], size_px: int, tmp_path: Path
) -> None:
    """A bright square is found where it is, whatever the sizes of picture and network."""
    example = tuple(64 if side < 0 else side for side in shape)
    model = convert(Spot(shape[0]), shape, example)
    path = save_openvino(tmp_path, model, names={0: "spot"})
    detector = load(str(path), replace(ASKED, size_px=size_px, conf=0.5), runtime=FP32)
    pictures = []
    for width, height in [(128, 128), (256, 128), (96, 192), (64, 64), (128, 256)]:
        picture = np.zeros((height, width, 3), np.uint8)
        picture[height // 2 : height // 2 + 48, width // 4 : width // 4 + 48] = 255
        pictures.append(picture)
    for found, picture in zip(detector(pictures), pictures, strict=True):
        height, width = picture.shape[:2]
        assert len(found) > 0
        middle = found.xyxy.reshape(-1, 2, 2).mean(axis=(0, 1))
        assert middle == pytest.approx([width // 4 + 24, height // 2 + 24], abs=16)
    alone = [detector([picture])[0] for picture in pictures]
    for one, together in zip(alone, detector(pictures), strict=True):
        assert np.array_equal(one.xyxy, together.xyxy)


def test_an_onnx_file_says_its_names_itself(tmp_path: Path) -> None:
    kernel = np.random.default_rng(5).normal(0, 0.2, (7, 3, 8, 8)).astype(np.float32)
    names = str(dict(enumerate(CLASSES)))
    path = save_onnx(tmp_path / "tiny.onnx", kernel, names=names, task="detect", stride="32")
    detector = load(str(path), ASKED, runtime=FP32)
    assert detector.info.classes == CLASSES
    picture = squares(1)[0]
    x = torch.from_numpy(picture.transpose(2, 0, 1).copy()).float()[None] / 255
    raw = torch.nn.functional.conv2d(x, torch.from_numpy(kernel), stride=8)[0].flatten(1).T.numpy()
    (found,) = detector([picture])
    assert len(found) > 0
    for row in range(len(found)):
        near = np.abs(raw[:, 4:] - found.logits[row]).max(axis=1)
        cell = int(near.argmin())
        assert near[cell] < 1e-3
        x_px, y_px, w_px, h_px = SIZE_PX / (1 + np.exp(-raw[cell, :4]))
        box = [x_px - w_px / 2, y_px - h_px / 2, x_px + w_px / 2, y_px + h_px / 2]
        assert found.xyxy[row] == pytest.approx(np.clip(box, 0, SIZE_PX), abs=0.05)
    assert found.peak == pytest.approx(raw[:, 4:].max(), abs=1e-3)


def test_classes_without_metadata_are_numbered_or_named_by_settings(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "bare.onnx", np.zeros((6, 3, 8, 8), np.float32))
    assert load(str(path), ASKED, runtime=FP32).info.classes == ("class_0", "class_1")
    named = load(str(path), replace(ASKED, classes=("a", "b")), runtime=FP32)
    assert named.info.classes == ("a", "b")
    with pytest.raises(UsageError, match="has 2 classes, but 1 names were given"):
        load(str(path), replace(ASKED, classes=("a",)), runtime=FP32)


def test_the_digest_covers_all_files_and_settings(folder: Path, tmp_path: Path) -> None:
    path = yolo_export(folder)
    first = describe(str(path), ASKED).digest
    copy = tmp_path / "b_openvino_model"
    copy.mkdir()
    for file in path.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert describe(str(copy), ASKED).digest == first
    assert describe(str(copy), replace(ASKED, conf=0.2)).digest != first
    for file in copy.iterdir():
        before = file.read_bytes()
        file.write_bytes(before + b" ")
        assert describe(str(copy), ASKED).digest != first
        file.write_bytes(before)


def test_a_gpu_is_declined_with_a_word(folder: Path) -> None:
    with pytest.warns(RuntimeWarning, match="runs on OpenVINO in fp32 on the CPU, not on cuda"):
        detector = load(str(yolo_export(folder)), ASKED, runtime=Runtime.CUDA_FP16)
    assert len(detector(squares(1))) == 1


def test_a_missing_library_names_its_pip_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = yolo_export(folder)
    monkeypatch.setattr("framesel.runtime.openvino_installed", lambda: False)
    with pytest.raises(MissingExtraError, match=r"pip install 'framesel\[openvino\]'"):
        load(str(path), ASKED, runtime=FP32)


def test_the_makers_model_is_the_one_that_is_compared(folder: Path) -> None:
    """The export of the tests holds what ultralytics' own forward gives."""
    import openvino

    model = yolo_model("v8").half().float()
    # some processors would take bfloat16
    full = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(yolo_export(folder) / "tiny.xml", "CPU", full)
    x = torch.rand(1, 3, SIZE_PX, SIZE_PX)
    with torch.inference_mode():
        expected = decoded(model.eval())(x).numpy()
    assert np.abs(compiled(x.numpy())[0] - expected).max() < 0.02


def test_describing_loads_neither_torch_nor_openvino(folder: Path) -> None:
    name = str(yolo_export(folder))
    program = (
        "import sys\n"
        "from framesel.detectors import DetectSettings, describe\n"
        f"print(describe({name!r}, DetectSettings(size_px={SIZE_PX})).digest)\n"
        "assert not {'torch', 'openvino', 'ultralytics', 'numba'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip() == describe(name, ASKED).digest


@pytest.mark.real_data
def test_a_real_export_agrees_with_its_pt(real_data: Path, tmp_path: Path) -> None:
    """At 320 px on frames of a clip, cut to squares so that both see the same pixels."""
    cv2 = pytest.importorskip("cv2")
    weights = real_data / "weights" / "yolov8n-approx.pt"
    settings = DetectSettings(size_px=320)
    pt = load(str(weights), settings, runtime=Runtime.TORCH_FP32)
    module = decoded(rebuilt(read_checkpoint(weights), str(weights)))
    names = dict(enumerate(pt.info.classes))
    path = save_openvino(tmp_path, convert(module, (1, 3, 320, 320)), names=names)
    export = load(str(path), settings, runtime=FP32)
    clip = cv2.VideoCapture(str(next((real_data / "clips").rglob("car-detection.mp4"))))
    clip.set(cv2.CAP_PROP_POS_FRAMES, 60)
    pictures = [clip.read()[1][..., ::-1] for _ in range(3)]
    side = min(pictures[0].shape[:2])
    squared = [np.ascontiguousarray(one[:side, :side]) for one in pictures]
    assert export.info.classes == pt.info.classes
    for ours, theirs in zip(export(squared), pt(squared), strict=True):
        assert len(ours) == len(theirs) > 0
        assert np.abs(table(ours) - table(theirs)).max(initial=0) < 0.2
        assert ours.peak == pytest.approx(theirs.peak, abs=0.01)
