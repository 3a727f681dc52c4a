"""Detectors of torchvision in the same loop."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from framesel.detectors import DetectSettings, load
from framesel.detectors.torchvision_names import ARCHITECTURES, NamedWeights, parse
from framesel.detectors.torchvision_weights import CLASS_NAMES, class_names, empty
from framesel.errors import WeightsError
from framesel.runtime import Runtime
from framesel.training import Progress, loop, train
from framesel.training.batches import Batch
from framesel.training.learner import Form, Precision
from framesel.training.learners import begin_with
from framesel.training.torchvision_learner import OF_CLASSES, TorchvisionLearner, take_over
from tests.detectors.torchvision_models import SIZE_PX, tiny
from tests.training.conftest import CLASSES, SHORT

SSDLITE = "torchvision:ssdlite320_mobilenet_v3_large"
KNOWN = ("drone", "bird", "kite")


def batch() -> Batch:
    """Three pictures with two, none and one box."""
    rng = torch.Generator().manual_seed(0)
    return Batch(
        images=torch.randint(0, 256, (3, 3, SIZE_PX, SIZE_PX), generator=rng, dtype=torch.uint8),
        picture=torch.tensor([0.0, 0.0, 2.0]),
        class_no=torch.tensor([1.0, 0.0, 1.0]),
        xywh=torch.tensor([[0.5, 0.5, 0.25, 0.5], [0.25, 0.25, 0.25, 0.25], [0.6, 0.5, 0.5, 0.5]]),
    )


@pytest.mark.parametrize("half", [None, torch.bfloat16])
@pytest.mark.parametrize("family", ["roi", "retinanet", "ssd"])
def test_the_loss_is_torchvisions_own(family: Any, half: torch.dtype | None) -> None:
    """Boxes in pixels; numbers of classes from 1 where 0 is background, from 0 in RetinaNet."""
    shift = 0 if family == "retinanet" else 1
    form = Form(SIZE_PX, False, "", "", False, ())
    learner = TorchvisionLearner(tiny(family, 2 + shift), family, CLASSES, form)
    learner.begin(Precision(torch.device("cpu"), half))
    learner.module.requires_grad_(True).train()
    torch.manual_seed(1)
    found = learner.loss(batch(), 0.0)
    targets = [
        {
            "boxes": torch.tensor([[36.0, 24, 60, 72], [12, 12, 36, 36]]),
            "labels": torch.tensor([1, 0]) + shift,
        },
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
        {"boxes": torch.tensor([[33.6, 24, 81.6, 72]]), "labels": torch.tensor([1]) + shift},
    ]
    same = tiny(family, 2 + shift).train()
    torch.manual_seed(1)
    parts: dict[str, Tensor] = same([one / 255 for one in batch().images], targets)
    assert found.dtype == torch.float32
    near = 1e-5 if half is None else 0.05
    assert float(found.detach()) == pytest.approx(sum(map(float, parts.values())), rel=near)
    assert half is None or float(found.detach()) != sum(map(float, parts.values()))
    torch.autograd.backward(found)
    slopes = [p.grad for p in learner.module.parameters()]
    assert all(slope is not None and bool(slope.isfinite().all()) for slope in slopes)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_layers_that_end_in_classes_are_known(name: str) -> None:
    parsed = NamedWeights(name, name, None, None)
    with torch.device("meta"):
        few, many = (empty(parsed, {}, columns).state_dict() for columns in (3, 5))
    changing = {key for key, tensor in few.items() if tensor.shape != many[key].shape}
    assert changing
    assert changing == {key for key in few if OF_CLASSES.fullmatch(key)}


def written(name: str, folder: Path) -> str:
    """The name of an untrained detector of three classes."""
    torch.manual_seed(0)
    learner = begin_with(name, KNOWN, SHORT)
    path = folder / learner.form.file
    learner.export(path, learner.module.state_dict())
    return f"{learner.form.prefix}{path}"


def test_rows_of_known_classes_come_along_for_each_anchor(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    name = written(SSDLITE, tmp_path)
    before = load_file(name.partition("@")[2])
    learner = begin_with(name, ("owl", "bird"), SHORT)
    assert learner.form.taken_over == ("bird",)
    assert (learner.form.size_px, learner.form.stretched) == (320, True)
    for key, tensor in learner.module.state_dict().items():
        if OF_CLASSES.fullmatch(key) is None:
            assert torch.equal(tensor, before[key])
            continue
        for anchor, row in itertools.product(range(6), range(3)):
            was = {0: 0, 2: 2}.get(row)  # background, and bird in the second place of both
            same = [
                torch.equal(tensor[anchor * 3 + row], before[key][anchor * 4 + k]) for k in range(4)
            ]
            if was is not None:
                assert same[was]
            elif key.endswith("weight"):
                assert not any(same)


def test_rows_of_known_classes_come_along_with_their_boxes() -> None:
    """A box predictor has four rows for each class; background is the first."""
    names = {"cls_score.weight": 1, "cls_score.bias": 1, "bbox_pred.weight": 4, "bbox_pred.bias": 4}

    def state(columns: int) -> dict[str, Tensor]:
        shapes = {n: (k * columns, 5)[: 2 - n.endswith("bias")] for n, k in names.items()}
        return {f"roi_heads.box_predictor.{n}": torch.rand(shape) for n, shape in shapes.items()}

    old, new = state(4) | {"other": torch.rand(3)}, state(3) | {"other": torch.rand(3)}
    before = {key: tensor.clone() for key, tensor in new.items()}
    take_over(old, new, [(0, 0), (3, 1)], 4)
    assert torch.equal(new["other"], old["other"])
    for name, inner in names.items():
        key = f"roi_heads.box_predictor.{name}"
        rows = [one[key].reshape(-1, inner, *one[key].shape[1:]) for one in (old, new, before)]
        assert torch.equal(rows[1][:2], rows[0][[0, 3]])
        assert torch.equal(rows[1][2], rows[2][2])


def test_it_is_trained_resumed_and_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SHORT.model_copy(update={"iterations": 2})
    whole = train(data, settings, SSDLITE, CLASSES, tmp_path / "whole")

    def once(progress: Progress) -> None:
        raise InterruptedError

    monkeypatch.setattr(loop, "SAVE_AFTER_S", 0.0)
    with pytest.raises(InterruptedError):
        train(data, settings, SSDLITE, CLASSES, tmp_path / "parts", on_step=once)
    parts = train(data, settings, SSDLITE, CLASSES, tmp_path / "parts")
    assert parts.resumed_at == 1
    assert parts.weights.read_bytes() == whole.weights.read_bytes()
    detector = load(whole.name, DetectSettings(size_px=320), runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == whole.classes == CLASSES


@pytest.mark.parametrize("names", ["[", '"drone"', '["drone"]', '[["a"], 2, 3]'])
def test_names_that_make_no_sense_are_refused(names: str, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={CLASS_NAMES: names})
    with pytest.raises(WeightsError, match="names of classes in it do not fit"):
        class_names(parse(f"{SSDLITE}@{path}"), 4, DetectSettings())


def test_names_that_the_user_gives_come_first(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={CLASS_NAMES: '["a", "b", "c"]'})
    parsed = parse(f"{SSDLITE}@{path}")
    assert class_names(parsed, 4, DetectSettings()) == ("a", "b", "c")
    assert class_names(parsed, 4, DetectSettings(classes=KNOWN)) == KNOWN
