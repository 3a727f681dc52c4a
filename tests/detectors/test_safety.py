"""Weights from outside: whatever is wrong with a file, nothing in it runs, and the error helps."""

import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framesel.detectors import DetectSettings, load
from framesel.errors import WeightsError
from framesel.runtime import Runtime
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model, yolo_yaml

SETTINGS = DetectSettings(size_px=SIZE_PX)
TRUSTED = replace(SETTINGS, trust=True)


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


class OwnLayer(torch.nn.SiLU):
    """A layer that only this program knows."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_yolo(tmp_path_factory.mktemp("weights") / "good.pt", yolo_model("v8"))


def refused(path: Path, complaint: str, settings: DetectSettings = SETTINGS) -> None:
    with pytest.raises(WeightsError, match=complaint) as caught:
        load(f"ultralytics:{path}", settings, runtime=Runtime.TORCH_FP32)
    assert str(path) in str(caught.value)


def broken(good: Path, path: Path, change: Callable[[Any], object]) -> Path:
    """A copy of a checkpoint with something changed in its model."""
    model = torch.load(good, weights_only=False)["ema"].float()
    change(model)
    return save_yolo(path, model)


@pytest.mark.parametrize("where", ["beside", "inside", "as names"])
def test_pickle_bomb_does_not_go_off(good: Path, tmp_path: Path, where: str) -> None:
    trace, path = tmp_path / "trace", tmp_path / "bomb.pt"
    model = torch.load(good, weights_only=False)["ema"].float()
    if where == "inside":
        model.extra = Bomb(trace)
    if where == "as names":
        model.names = Bomb(trace)
    save_yolo(path, model, **({"git": Bomb(trace)} if where == "beside" else {}))
    refused(path, r"wants to run .*system.* trust_weights: true")
    assert not trace.exists()


def test_bomb_goes_off_only_where_the_user_trusts(good: Path, tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "bomb.pt"
    model = torch.load(good, weights_only=False)["ema"].float()
    save_yolo(path, model, git=Bomb(trace))
    load(str(path), TRUSTED, runtime=Runtime.TORCH_FP32)
    assert trace.exists()


def test_plain_pickle_is_refused(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "plain.pt"
    path.write_bytes(pickle.dumps(Bomb(trace)))
    refused(path, "is no checkpoint of torch")
    assert not trace.exists()


def test_old_format_of_torch_is_refused(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=False)
    refused(path, "is no checkpoint of torch")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_truncated_file(good: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "part.pt"
    data = good.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "only a part of one")


def test_damaged_pickle(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.pt"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith("data.pkl"):
                data = data[:2000] + bytes(200) + data[2200:]
            new.writestr(entry.filename, data)
    refused(path, "is damaged|wants to run|no model")


def test_archive_that_unpacks_to_more_than_it_is(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "bloated.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", b"")
        archive.writestr("x/data/0", bytes(50_000_000))
    refused(path, "claim to unpack")


@pytest.mark.parametrize("text", ["", "weights", "<html>404</html>"])
def test_text_instead_of_weights(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text.pt"
    path.write_text(text)
    refused(path, "is no checkpoint of torch")


def test_other_archive(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no weights here")
    refused(path, "no checkpoint of torch")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    refused(tmp_path, "cannot read the weights")


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.pt", "there are no weights. Check the path")


def test_state_dict_alone(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    torch.save(torch.load(good, weights_only=False)["ema"].state_dict(), path)
    refused(path, "perhaps only tensors")


def test_other_network(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1)), path)
    refused(path, "holds a Sequential")


def test_model_of_another_kind(tmp_path: Path) -> None:
    from ultralytics.nn.tasks import SegmentationModel

    config = yolo_yaml("v8")
    config["head"] = [*config["head"][:-1], [[15, 18, 21], 1, "Segment", ["nc", 32, 64]]]
    path = save_yolo(tmp_path / "mask.pt", SegmentationModel(config, verbose=False))
    refused(path, "holds a SegmentationModel; only detection models")


@pytest.mark.parametrize("head", ["Segment", "RTDETRDecoder", "WorldDetect", "Classify"])
def test_architecture_with_another_head(good: Path, tmp_path: Path, head: str) -> None:
    def change(model: Any) -> None:
        model.yaml["head"][-1][2] = head

    refused(broken(good, tmp_path / "head.pt", change), f"it ends in {head}")


@pytest.mark.parametrize("trust", [False, True])
def test_weights_that_are_not_finite(good: Path, tmp_path: Path, trust: bool) -> None:
    def change(model: Any) -> None:
        model.model[3].conv.weight.data[0, 0] = float("nan")

    path = broken(good, tmp_path / "nan.pt", change)
    refused(path, "not finite: the training diverged", TRUSTED if trust else SETTINGS)


def test_outputs_that_are_not_finite(good: Path, tmp_path: Path) -> None:
    """Finite weights whose sums are not."""

    def change(model: Any) -> None:
        model.model[-1].cv3[0][-1].bias.data.fill_(60000.0)
        model.model[-1].cv3[0][-1].weight.data.fill_(60000.0)
        for layer in (1, 3):
            model.model[layer].bn.weight.data.fill_(60000.0)
        model.model[-1].cv3[0][0].bn.weight.data.fill_(60000.0)
        model.model[-1].cv3[0][1].bn.weight.data.fill_(60000.0)
        model.model[2].cv1.bn.weight.data.fill_(60000.0)
        model.model[2].cv2.bn.weight.data.fill_(60000.0)
        model.model[4].cv1.bn.weight.data.fill_(60000.0)
        model.model[4].cv2.bn.weight.data.fill_(60000.0)

    refused(broken(good, tmp_path / "inf.pt", change), "not finite|not those of its own")


def test_outputs_that_turn_into_nan_later(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector: Any = load(str(good), SETTINGS, runtime=Runtime.TORCH_FP32)
    (rows,) = next(detector._engines((64, 64))([np.zeros((1, 64, 64, 3), np.uint8)]))
    damaged = replace(rows, peak=float("nan"))
    monkeypatch.setattr(detector, "_engines", lambda shape: lambda blocks: [[damaged]])
    with pytest.raises(WeightsError, match=r"not finite.*try device cpu"):
        detector([np.zeros((64, 64, 3), np.uint8)])


def test_model_without_classes(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.yaml["nc"] = 0

    refused(broken(good, tmp_path / "none.pt", change), "knows no classes")


def test_names_that_do_not_fit(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.names = {0: "a", 1: "b"}

    refused(broken(good, tmp_path / "names.pt", change), "has 3 classes, but its names are")


def test_tensors_that_do_not_fit(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.yaml["nc"] = 5

    refused(broken(good, tmp_path / "shape.pt", change), "do not fit its architecture")


def test_architecture_that_does_not_build(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.yaml["backbone"][1][0] = 77

    refused(broken(good, tmp_path / "loop.pt", change), "cannot build its architecture")


def test_activation_changed_by_hand(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.model[0].act = torch.nn.ReLU()

    path = broken(good, tmp_path / "relu.pt", change)
    refused(path, "model.0.act is ReLU in the file, but SiLU by its architecture")
    assert load(str(path), TRUSTED, runtime=Runtime.TORCH_FP32)


def test_layers_of_ones_own_need_trust(good: Path, tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.model[0].act = OwnLayer()

    path = broken(good, tmp_path / "own.pt", change)
    refused(path, "wants to run .*OwnLayer")
    pictures = [np.zeros((32, 40, 3), np.uint8)]
    trusted = load(str(path), TRUSTED, runtime=Runtime.TORCH_FP32)(pictures)
    plain = load(str(good), SETTINGS, runtime=Runtime.TORCH_FP32)(pictures)
    assert np.allclose(trusted[0].xyxy, plain[0].xyxy, atol=1e-3)


READING = """
import sys
import torch
from pathlib import Path
from ultralytics.nn.tasks import DetectionModel
from framesel.detectors.checkpoint_file import read_checkpoint

def loud(*_):
    raise AssertionError

allowed = set(torch.serialization.get_safe_globals())
torch.nn.Module.__setstate__ = loud
DetectionModel.__new__ = loud
checkpoint = read_checkpoint(Path(sys.argv[1]))
assert checkpoint.architecture["nc"] == 3
assert len(checkpoint.state) > 100
assert set(torch.serialization.get_safe_globals()) == allowed
"""


def test_reading_runs_no_code_of_the_file(good: Path) -> None:
    """Not even that of ultralytics' own classes, which a pickle calls with what it likes.

    In a process of its own: a class that once had a constructor never gets object's back.
    """
    command = [sys.executable, "-c", READING, str(good)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
