"""Weights for torchvision's networks: whose, how many classes, and what is wrong with them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from framesel.detectors import DetectSettings, describe, load
from framesel.detectors.torchvision_names import ARCHITECTURES, parse
from framesel.detectors.torchvision_weights import build, class_names, columns
from framesel.errors import UsageError, WeightsError
from framesel.runtime import Runtime

from .torchvision_models import RETINA, ROI, SSDLITE, make, save

FP32 = Runtime.TORCH_FP32
ASKED = DetectSettings(size_px=96)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("torchvision")


def state_of(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state


@pytest.mark.parametrize("name", [SSDLITE, ROI])
def test_files_load_with_the_classes_of_their_shapes(
    name: str, folder: Path, pictures: list[np.ndarray]
) -> None:
    detector = load(f"torchvision:{name}@{save(folder, name)}", ASKED, runtime=FP32)
    assert detector.info.classes == ("class_1", "class_2", "class_3")
    assert detector.info.activation == "softmax"
    layer = detector.last_layer
    assert layer is not None
    found = detector(pictures[:2])
    assert sum(map(len, found)) > 0
    for one in found:
        assert one.features is not None
        z = np.einsum("mcf,mf->mc", layer.weight[one.head], one.features) + layer.bias[one.head]
        assert np.allclose(z, one.logits, atol=1e-4)


def test_ssdlite_features_are_filled_up_with_zeros(
    folder: Path, pictures: list[np.ndarray]
) -> None:
    settings = replace(ASKED, conf=0.01, iou=0.9)
    detector = load(f"torchvision:{SSDLITE}@{save(folder, SSDLITE)}", settings, runtime=FP32)
    layer = detector.last_layer
    assert layer is not None
    assert layer.weight.shape == (36, 3, 672)
    (found,) = detector(pictures[3:4])
    assert found.features is not None
    for level, width in enumerate([672, 480, 512, 256, 256, 128]):
        here = found.level == level
        assert not found.features[here, width:].any()
        assert not layer.weight[6 * level : 6 * level + 6, :, width:].any()
    assert (found.head // 6 == found.level).all()


def test_retinanet_is_read_with_sigmoids(folder: Path, pictures: list[np.ndarray]) -> None:
    path = save(folder, RETINA, columns=2)
    detector = load(f"torchvision:{RETINA}@{path}", ASKED, runtime=FP32)
    assert detector.info.activation == "sigmoid"
    assert detector.info.classes == ("class_0", "class_1")
    assert detector(pictures[:1])[0].logits.shape[1] == 2
    named = load(f"torchvision:{RETINA}@{path}", replace(ASKED, classes=("dog",)), runtime=FP32)
    assert named.info.classes == ("dog",)
    both, one = detector(pictures[:1])[0], named(pictures[:1])[0]
    assert one.logits.shape[1] == 1
    assert one.peak <= both.peak


def test_wrappers_safetensors_and_trusted_modules_give_the_same_boxes(
    folder: Path, tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    plain = save(folder, SSDLITE)
    state = state_of(plain)
    wrapped = {"model": {f"module.{k}": v for k, v in state.items()}, "epoch": 3}
    torch.save(wrapped, tmp_path / "wrapped.pth")
    tensors = {k: v.contiguous() for k, v in state.items() if v.is_floating_point()}
    save_file(tensors, tmp_path / "plain.safetensors")
    torch.save(torch.nn.ModuleDict({"model": make(SSDLITE, 4)}), tmp_path / "module.pt")
    (expected,) = load(f"torchvision:{SSDLITE}@{plain}", ASKED, runtime=FP32)(pictures[:1])
    for file in ("wrapped.pth", "plain.safetensors"):
        name = f"torchvision:{SSDLITE}@{tmp_path / file}"
        (found,) = load(name, ASKED, runtime=FP32)(pictures[:1])
        assert np.array_equal(found.xyxy, expected.xyxy)
    name = f"torchvision:{SSDLITE}@{tmp_path / 'module.pt'}"
    with pytest.raises(WeightsError, match="holds more than tensors"):
        load(name, ASKED, runtime=FP32)
    (found,) = load(name, replace(ASKED, trust=True), runtime=FP32)(pictures[:1])
    assert len(found) == pytest.approx(len(expected), abs=20)


def test_ssdlite_with_the_tail_of_a_pretrained_backbone_fits(tmp_path: Path) -> None:
    """torchvision builds another tail when it starts from ImageNet's weights."""
    narrow = make(SSDLITE, 3).state_dict()
    parsed = parse(f"torchvision:{SSDLITE}@{tmp_path / 'wide.pt'}")
    from framesel.detectors.torchvision_weights import _ssdlite

    wide = _ssdlite(3, reduced_tail=False)
    torch.save(wide.state_dict(), tmp_path / "wide.pt")
    model, count = build(parsed, ASKED)
    assert count == 3
    key = "backbone.features.1.3.0.weight"
    assert model.state_dict()[key].shape == wide.state_dict()[key].shape
    assert model.state_dict()[key].shape != narrow[key].shape
    assert (model.topk_candidates, model.transform.image_mean) == (300, [0.5, 0.5, 0.5])


def test_openvino_falls_back_with_a_word(folder: Path) -> None:
    name = f"torchvision:{SSDLITE}@{save(folder, SSDLITE)}"
    with pytest.warns(RuntimeWarning, match="run on torch: openvino-fp32 is not used"):
        load(name, ASKED, runtime=Runtime.OPENVINO_FP32)


def test_the_digest_covers_content_and_architecture_not_the_path(
    folder: Path, tmp_path: Path
) -> None:
    path = save(folder, SSDLITE)
    name = f"torchvision:{SSDLITE}@{path}"
    digest = describe(name, ASKED).digest
    assert describe(name, replace(ASKED, classes=("a", "b", "c"))).digest != digest
    moved = tmp_path / "moved.pt"
    moved.write_bytes(path.read_bytes())
    assert describe(f"torchvision:{SSDLITE}@{moved}", ASKED).digest == digest
    assert describe(f"torchvision:{ROI}@{moved}", ASKED).digest != digest


def test_classes_are_named_by_settings_coco_or_number() -> None:
    roi, retina = parse(f"torchvision:{ROI}@a.pt"), parse(f"torchvision:{RETINA}@a.pt")
    two = replace(ASKED, classes=("cat", "dog"))
    assert class_names(roi, 3, two) == ("cat", "dog")
    assert class_names(retina, 3, two) == ("cat", "dog")
    assert class_names(retina, 2, two) == ("cat", "dog")
    for parsed in (roi, retina):
        coco = class_names(parsed, 91, ASKED)
        assert (coco[0], coco[11], coco[89]) == ("person", "unused_12", "toothbrush")
        assert len(set(coco)) == 90
    assert class_names(retina, 1, ASKED) == ("class_0",)
    for parsed, count in ((roi, 2), (roi, 4), (retina, 1), (retina, 4)):
        with pytest.raises(UsageError, match="2 names of classes were given"):
            class_names(parsed, count, two)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("torchvision:yolo@a.pt", "no architecture 'yolo' of torchvision here, only fasterrcnn"),
        (f"torchvision:{ROI}", "say whose weights"),
        (f"torchvision:{ROI}@IMAGENET", "say whose weights"),
    ],
)
def test_names_that_make_no_sense(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        describe(name, ASKED)


def test_sizes_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="size_px is 9000"):
        describe(f"torchvision:{ROI}@COCO_V1", replace(ASKED, size_px=9000))


class Bomb:
    def __reduce__(self) -> Any:
        return os.system, ("touch exploded",)


def broken(kind: str, path: Path, folder: Path) -> None:
    """A file that is wrong in one way."""
    if kind == "missing":
        return
    if kind in ("empty", "text"):
        path.write_bytes(b"" if kind == "empty" else b"no weights, only words " * 50)
        return
    if kind == "bomb":
        path.write_bytes(pickle.dumps({"state_dict": Bomb()}))
        return
    state = state_of(save(folder, SSDLITE))
    last = "head.classification_head.module_list.0.1.weight"
    if kind == "truncated":
        path.write_bytes(save(folder, SSDLITE).read_bytes()[:100_000])
        return
    changes: dict[str, Any] = {
        "tensorless": {"state_dict": {"epoch": 3}},
        "list": [1, 2],
        "headless": {k: v for k, v in state.items() if not k.startswith("head.")},
        "zero-class": state | {last: state[last][:6]},
        "odd": state | {last: state[last][:-1]},
        "nan": state | {last: state[last] * float("nan")},
        "shape": state | {"backbone.features.0.0.0.weight": torch.zeros(4, 3, 3, 3)},
        "scalar": state | {last: torch.tensor(1.0)},
    }
    torch.save(changes[kind], path)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("missing", "Check the path"),
        ("empty", "cannot read the weights|holds more than tensors"),
        ("text", "cannot read the weights|holds more than tensors"),
        ("truncated", "cannot read the weights|holds more than tensors"),
        ("bomb", "a pickle can run any program"),
        ("tensorless", "no tensors in it. Save the model's state dict"),
        ("list", "holds a list"),
        ("headless", "it is not a ssdlite320_mobilenet_v3_large"),
        ("zero-class", "no classes besides background"),
        ("odd", "has 23 rows"),
        ("scalar", "it is not a ssdlite320_mobilenet_v3_large"),
        ("nan", "not finite, .* Take|take an earlier checkpoint"),
        ("shape", "do not fit ssdlite320_mobilenet_v3_large with 4 classes"),
    ],
)
def test_broken_weights_are_a_clear_error(
    kind: str,
    complaint: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pt"
    broken(kind, path, folder)
    with pytest.raises(WeightsError, match=complaint) as caught:
        load(f"torchvision:{SSDLITE}@{path}", ASKED, runtime=FP32)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "exploded").exists()


def test_a_trusted_file_may_hold_anything_but_must_hold_weights(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save([1, 2], path)
    trusting = replace(ASKED, trust=True)
    with pytest.raises(WeightsError, match="holds a list"):
        load(f"torchvision:{SSDLITE}@{path}", trusting, runtime=FP32)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match="cannot unpickle"):
        load(f"torchvision:{SSDLITE}@{path}", trusting, runtime=FP32)


def test_a_download_that_fails_says_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network_attempts: list[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    name = f"torchvision:{SSDLITE}@coco_v1"
    assert describe(name, ASKED).name == name
    before = len(network_attempts)
    with pytest.raises(WeightsError, match=r"download.pytorch.org/models/ssdlite320.*\.pth on"):
        load(name, ASKED, runtime=FP32)
    assert len(network_attempts) > before


def test_every_architecture_exists_in_torchvision() -> None:
    from torchvision import models

    assert set(ARCHITECTURES) <= set(models.list_models(module=models.detection))
    for name in ARCHITECTURES:
        assert {"COCO_V1", "DEFAULT"} <= set(models.get_model_weights(name).__members__)


def test_the_classifier_of_every_family_is_counted() -> None:
    sizes = {ROI: ("roi_heads.box_predictor.cls_score.weight", 5)}
    sizes[RETINA] = ("head.classification_head.cls_logits.weight", 5 * 9)
    sizes["ssd300_vgg16"] = ("head.classification_head.module_list.0.weight", 5 * 4)
    sizes[SSDLITE] = ("head.classification_head.module_list.0.1.weight", 5 * 6)
    for name, (key, rows) in sizes.items():
        parsed = parse(f"torchvision:{name}@a.pt")
        assert columns(parsed, {key: torch.zeros(rows, 2)}, "a.pt") == 5


def test_describing_loads_no_torch(folder: Path) -> None:
    name = f"torchvision:{SSDLITE}@{save(folder, SSDLITE)}"
    program = (
        "import sys\n"
        "from framesel.detectors import DetectSettings, describe\n"
        f"print(describe({name!r}, DetectSettings(size_px=96)).digest)\n"
        "assert not {'torch', 'torchvision', 'ultralytics'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip() == describe(name, ASKED).digest
