"""Small detectors of every family: a maker each, in ``FAMILIES``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel import quiet

# Before ultralytics is imported anywhere: it asks for packages and writes files when it is.
quiet.silence()

CLASSES = ("drone", "bird", "kite")
YOLO_WIDTH = 0.125  # the narrowest that the attention blocks of v11 and v26 bear
SIZE_PX = 64


def yolo_yaml(version: str, classes: int = len(CLASSES), **changes: Any) -> dict[str, Any]:
    """The architecture of a small YOLO, as ultralytics ships it but narrower."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ultralytics.nn.tasks import yaml_model_load

    config = yaml_model_load(f"yolo{version}n.yaml")
    most = config["scales"]["n"][2]
    return config | {"nc": classes, "scales": {"n": [0.33, YOLO_WIDTH, most]}} | changes


def yolo_model(version: str, classes: int = len(CLASSES), seed: int = 0, **changes: Any) -> Any:
    """A YOLO with random weights that finds something in almost every picture."""
    import torch
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(seed)
    model = DetectionModel(yolo_yaml(version, classes, **changes), verbose=False)
    model.names = {i: (CLASSES[i] if i < len(CLASSES) else f"class_{i}") for i in range(classes)}
    _learn_statistics(model)
    _spread_outputs(model.eval())
    return model


def _spread_outputs(model: Any) -> None:
    """Class logits of -4 ± 2 and sides of about a cell, for every head that there is."""
    import torch

    head = model.model[-1]
    bins = torch.arange(4 * head.reg_max) % head.reg_max
    sides = -0.7 * bins if head.reg_max > 1 else torch.full((4,), 1.5)
    middle = {"cv3": torch.full((head.nc,), -4.0), "cv2": sides.float()}
    spread = {"cv3": 2.0, "one2one_cv3": 2.0, "cv2": 0.5, "one2one_cv2": 0.5}
    for name, wanted in spread.items():
        for level in getattr(head, name, None) or ():
            seen: list[Any] = []
            last = level[-1]
            last.bias.data.fill_(0.0)
            last.weight.data.normal_(0.0, 0.5)
            hook = last.register_forward_hook(lambda _, __, out, seen=seen: seen.append(out))
            with torch.no_grad():
                model(_random_cells(24))
            hook.remove()
            factor = wanted / seen[0].std(dim=(0, 2, 3))
            last.weight.data.mul_(factor[:, None, None, None])
            last.bias.data.copy_(middle[name[-3:]] - seen[0].mean(dim=(0, 2, 3)) * factor)


def _random_cells(count: int) -> Any:
    """(n, 3, h, w) in [0, 1]: cells of several sizes, and noise on them."""
    import torch

    made = []
    for number in range(count):
        side = (1, 2, 4, 8)[number % 4]
        cells = torch.nn.functional.interpolate(torch.rand(1, 3, side, side), SIZE_PX)
        noise = 0.02 * (number % 3) * torch.randn(1, 3, SIZE_PX, SIZE_PX)
        made.append(cells + noise)
    return torch.cat(made).clamp(0.0, 1.0)


def _learn_statistics(model: Any) -> None:
    """Takes those of real activations: random weights would let the signal die on the way."""
    import torch

    norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the plain mean over all batches
    model.train()
    with torch.no_grad():
        for _ in range(4):
            model(_random_cells(24))
    for norm in norms:
        norm.momentum = 0.03


def save_yolo(path: Path, model: Any, **changes: Any) -> Path:
    """A checkpoint as ultralytics' trainer leaves it."""
    import torch

    checkpoint = {
        "epoch": -1,
        "model": None,
        "ema": model.half(),
        "updates": None,
        "optimizer": None,
        "train_args": {"imgsz": SIZE_PX, "task": "detect"},
        "train_metrics": {"fitness": 0.5},
        "date": "2026-01-01T00:00:00",
        "version": "8.4.190",
    }
    torch.save(checkpoint | changes, path)
    model.float()
    return path


def _yolo(version: str) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        path = folder / f"yolo{version}.pt"
        if not path.exists():
            save_yolo(path, yolo_model(version))
        return str(path)

    return make


def _torchvision(architecture: str) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        from .torchvision_models import save

        return f"torchvision:{architecture}@{save(folder, architecture)}"

    return make


def _export(folder: Path) -> str:
    from framesel.runtime import openvino_installed
    from tests.requirements import demand

    from .export_makers import yolo_export

    demand("openvino", openvino_installed(), "openvino is not installed")
    return str(yolo_export(folder))


FAMILIES: dict[str, Callable[[Path], str]] = {
    "yolov8": _yolo("v8"),
    "yolo11": _yolo("11"),
    "yolo26": _yolo("26"),
    "faster r-cnn": _torchvision("fasterrcnn_mobilenet_v3_large_320_fpn"),
    "retinanet": _torchvision("retinanet_resnet50_fpn"),
    "ssdlite": _torchvision("ssdlite320_mobilenet_v3_large"),
    "export": _export,
}
"""Family -> maker of a small detector in a folder; it returns the name for ``load``."""


@pytest.fixture(scope="session")
def detector_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("detectors")


@pytest.fixture(scope="session", params=list(FAMILIES))
def name(request: pytest.FixtureRequest, detector_folder: Path) -> str:
    """The name of a detector, one of each family."""
    return FAMILIES[request.param](detector_folder)


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Pictures of different sizes and content; none is as large as its network's input."""
    rng = np.random.default_rng(7)
    sizes = [(48, 64), (64, 48), (33, 57), (90, 70), (48, 64), (20, 200), (64, 64)]
    return [
        np.clip(
            np.kron(rng.integers(0, 256, (5, 7, 3)), np.ones((40, 40, 1)))[:h, :w]
            + rng.integers(-40, 41, (h, w, 3)),
            0,
            255,
        ).astype(np.uint8)
        for h, w in sizes
    ]
