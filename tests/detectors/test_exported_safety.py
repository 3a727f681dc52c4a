"""Exports that are none, are damaged, or mean harm: a clear error each, and nothing is run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from framesel.detectors import DetectSettings, describe, load
from framesel.errors import WeightsError
from framesel.runtime import Runtime

from .conftest import SIZE_PX
from .export_makers import convert, save_openvino, squares, yolo_export

FP32 = Runtime.OPENVINO_FP32
ASKED = DetectSettings(size_px=SIZE_PX)


@pytest.fixture(autouse=True)
def library(require: Any) -> None:
    present = importlib.util.find_spec("openvino") is not None
    require("openvino", present, "openvino is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


class Constant(torch.nn.Module):
    """Gives the same tables whatever it sees."""

    def __init__(self, *tables: torch.Tensor) -> None:
        super().__init__()
        self.tables = tables

    def forward(self, x: torch.Tensor) -> Any:
        # The tables must depend on the picture, or the input would be dropped.
        given = tuple(table + 0 * x.mean() for table in self.tables)
        return given if len(given) > 1 else given[0]


IMAGE = (1, 3, SIZE_PX, SIZE_PX)
HALF = torch.full((1, 7, 30), 0.5)


@pytest.mark.parametrize(
    ("tables", "metadata", "complaint"),
    [
        ([torch.ones(1, 300, 6)], {}, "suppression inside, .* export it with nms=False"),
        ([HALF, torch.ones(1, 32, 16, 16)], {}, "only detection models with one output"),
        ([HALF], {"task": "pose"}, "exported for 'pose'"),
        ([HALF], {"names": {0: "a"}}, "metadata name 1 classes, its output has 3"),
        ([torch.ones(1, 4, 30)], {"names": {}}, "4 numbers per box: no class"),
        ([HALF], {"names": {1: "a", 2: "b", 5: "c"}}, "not numbered from 0"),
        ([HALF], {"names": {0: ["a"], 1: "b", 2: "c"}}, "a class name is no text"),
        ([HALF], {"stride": -3}, "a stride of -3"),
        ([HALF], {"names": "__import__('os').system('touch exploded')"}, "cannot be read"),
    ],
)
def test_what_is_no_detection_export_is_refused(
    tables: list[torch.Tensor],
    metadata: dict[str, Any],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save_openvino(tmp_path, convert(Constant(*tables), IMAGE), **metadata)
    with pytest.raises(WeightsError, match=complaint):
        load(str(path), ASKED, runtime=FP32)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("value", "complaint"), [(float("nan"), "not finite"), (7.0, "so they are no probabilities")]
)
def test_scores_that_are_no_probabilities_are_an_error(
    value: float, complaint: str, tmp_path: Path
) -> None:
    path = save_openvino(tmp_path, convert(Constant(HALF * 2 * value), IMAGE))
    detector = load(str(path), ASKED, runtime=FP32)
    with pytest.raises(WeightsError, match=complaint):
        detector(squares(1))


def test_scores_of_zero_and_one_stay_finite(tmp_path: Path) -> None:
    table = torch.zeros(1, 7, 30)
    table[:, :4] = 20.0
    table[:, 4, 3] = 1.0
    detector = load(
        str(save_openvino(tmp_path, convert(Constant(table), IMAGE))), ASKED, runtime=FP32
    )
    (found,) = detector(squares(1))
    assert found.logits.shape == (1, 3)
    assert found.logits[0] == pytest.approx([15.9, -16.1, -16.1], abs=0.1)
    assert (found.peak, found.faint) == (pytest.approx(15.9, abs=0.1), 0.0)


def test_networks_that_take_no_colour_pictures_are_refused(tmp_path: Path) -> None:
    gray = (1, 1, SIZE_PX, SIZE_PX)
    path = save_openvino(tmp_path, convert(Constant(HALF), gray))
    with pytest.raises(WeightsError, match="not 3 channels"):
        load(str(path), ASKED, runtime=FP32)
    path = save_openvino(tmp_path, convert(Constant(HALF), (1, 3)))
    with pytest.raises(WeightsError, match="does not take pictures"):
        load(str(path), ASKED, runtime=FP32)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("no weights", "tiny.bin are not beside it"),
        ("no model", "holds 0 files"),
        ("two models", "holds 2 files"),
        ("text", "OpenVINO cannot read it"),
        ("empty", "OpenVINO cannot read it"),
        ("metadata is a list", "holds no table"),
        ("metadata is broken", "cannot read the metadata"),
        ("metadata is huge", "more than 1000000 bytes"),
        ("metadata runs code", "cannot read the metadata"),
    ],
)
def test_damaged_folders_are_a_clear_error(
    damage: str, complaint: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "c_openvino_model"
    path.mkdir()
    for file in yolo_export(folder).iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    metadata = {
        "metadata is a list": "- 1\n",
        "metadata is broken": "names: [",
        "metadata is huge": yaml.safe_dump({"names": {0: "a" * 1_000_001}}),
        "metadata runs code": "names: !!python/object/apply:os.system ['touch exploded']",
    }
    if damage in metadata:
        (path / "metadata.yaml").write_text(metadata[damage])
    elif damage == "no weights":
        (path / "tiny.bin").unlink()
    elif damage == "no model":
        (path / "tiny.xml").unlink()
    elif damage == "two models":
        (path / "other.xml").write_text("")
    else:
        (path / "tiny.xml").write_text("no model" if damage == "text" else "")
    with pytest.raises(WeightsError, match=complaint):
        load(str(path), ASKED, runtime=FP32)
    assert not (tmp_path / "exploded").exists()


def test_missing_and_damaged_onnx_files(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there are no weights"):
        describe(str(tmp_path / "none.onnx"), ASKED)
    for content in (b"", b"words", bytes(range(256)) * 20):
        (tmp_path / "bad.onnx").write_bytes(content)
        with pytest.raises(WeightsError, match=r"OpenVINO cannot read it|does not take pictures"):
            load(str(tmp_path / "bad.onnx"), ASKED, runtime=FP32)
