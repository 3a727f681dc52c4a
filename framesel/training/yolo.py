"""YOLO detectors of ultralytics (v8, 11, 26 and alike): their network and loss, our loop.

They begin from a checkpoint, read without running anything in it (``detectors/checkpoint_file``),
or with ``scratch:yolo11n`` from an architecture that ultralytics ships.
"""

from __future__ import annotations

import copy
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from framesel.detectors.checkpoint_file import read_checkpoint
from framesel.detectors.source import path_of
from framesel.detectors.yolo_architecture import checked_architecture
from framesel.detectors.yolo_head import BRANCHES
from framesel.detectors.yolo_network import rebuilt, unpickled
from framesel.errors import UsageError
from framesel.training.batches import Batch
from framesel.training.learner import (
    Form,
    Precision,
    State,
    copy_rows,
    in_full,
    same_classes,
)
from framesel.training.settings import TrainSettings
from framesel.workspace import write_bytes

SCRATCH = "scratch:"
WEIGHTS = "weights.pt"
SHIPPED = re.compile(r"(yolo(?:v?\d+))([nslmxtcebu]?)((?:-[a-z0-9]+)*)")
MOST_STEPS = 1_000_000  # so fine is the way of a schedule that ultralytics counts in epochs


class YoloLearner:
    """A YOLO in training; see ``Learner``.

    Args:
        model: Of ultralytics, with a head for the present classes.
        classes: Their names.
        form: What it wants and leaves.
    """

    def __init__(self, model: Any, classes: tuple[str, ...], form: Form) -> None:
        self.form = form
        self.module: nn.Module = model
        # What is written is this with other tensors: nothing that training attaches comes along.
        self._plain = _plain(copy.deepcopy(model), classes, form.size_px)
        self._criterion: Any = None
        self._precision = Precision(torch.device("cpu"))

    def begin(self, precision: Precision) -> None:
        """Moves to the device; the loss is computed in fp32 in any case."""
        from ultralytics.utils import DEFAULT_CFG, IterableSimpleNamespace

        model: Any = self.module.to(precision.device).to(memory_format=torch.channels_last)
        model.args = IterableSimpleNamespace(**{**vars(DEFAULT_CFG), "epochs": MOST_STEPS + 1})
        self._criterion = model.init_criterion()
        self._precision = precision

    def loss(self, batch: Batch, share: float) -> Tensor:
        """Box, class and distribution losses of ultralytics, summed over the pictures."""
        images = batch.images.float().div_(255.0).contiguous(memory_format=torch.channels_last)
        with self._precision.mixed():
            outputs = self.module(images)
        if hasattr(self._criterion, "decay"):
            # Two heads (YOLO26): the weight moves from the usual to the one without suppression.
            self._criterion.o2m = self._criterion.decay(share * MOST_STEPS)
            self._criterion.o2o = self._criterion.total - self._criterion.o2m
        targets = {
            "batch_idx": batch.picture,
            "cls": batch.class_no.reshape(-1, 1),
            "bboxes": batch.xywh,
        }
        parts, _ = self._criterion(in_full(outputs), targets)
        total: Tensor = parts.sum()
        return total

    def export(self, path: Path, state: State) -> None:
        """Writes a checkpoint that ``framesel.detectors`` and ``ultralytics.YOLO`` read."""
        from ultralytics import __version__

        model = self._plain
        model.load_state_dict({name: tensor.cpu() for name, tensor in state.items()})
        content = {
            "epoch": -1,
            "model": model,
            "ema": None,
            "updates": None,
            "optimizer": None,
            "train_args": dict(model.args),
            "version": __version__,
        }
        # Through memory: a file's own name would become a part of its bytes.
        memory = io.BytesIO()
        torch.save(content, memory)
        write_bytes(path, memory.getvalue())


def begin_with(name: str, classes: tuple[str, ...], settings: TrainSettings) -> YoloLearner:
    """A YOLO for some classes; what its last layer draws comes from torch's generator.

    Args:
        name: ``scratch:NAME``, or ``PATH.pt`` or ``ultralytics:PATH``.
        classes: Names, in the order of the labels' numbers.
        settings: Of the training.

    Raises:
        UsageError: There is no such architecture.
        WeightsError: The file is missing, damaged, hostile, or holds no detection model.
    """
    taken_over: tuple[str, ...] = ()
    if name.startswith(SCRATCH):
        model: Any = _fresh(name, len(classes))
    else:
        model, names = _opened(path_of(name, "ultralytics"), settings.trust_weights)
        pairs = same_classes(names, classes, settings.rename)
        _give_classes(model, len(classes), pairs)
        taken_over = tuple(classes[now] for _, now in pairs)
    for name_, parameter in model.named_parameters():
        parameter.requires_grad_(".dfl." not in name_)
    size_px = _size(settings.size_px, model)
    return YoloLearner(model, classes, Form(size_px, False, WEIGHTS, "", True, taken_over))


def _fresh(name: str, classes: int) -> Any:
    """A network with random weights."""
    from ultralytics.nn.tasks import DetectionModel

    config = checked_architecture({**shipped(name), "nc": classes}, name)
    return DetectionModel(config, ch=3, verbose=False)


def shipped(name: str) -> dict[str, Any]:
    """An architecture that ultralytics ships, by a name such as ``scratch:yolo11n``.

    Raises:
        UsageError: It ships none of that name.
    """
    import ultralytics

    asked = name.removeprefix(SCRATCH)
    folder = Path(ultralytics.__file__).parent / "cfg" / "models"
    found = SHIPPED.fullmatch(asked)
    base, size, variant = found.groups() if found else ("", "", "")
    for stem, scale in ((asked, ""), (f"{base}{variant}", size)):
        for path in sorted(folder.glob("*/*.yaml")):
            if path.stem == stem:
                config: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
                if not scale or scale in config.get("scales", {}):
                    return {**config, "scale": scale} if scale else config
    raise UsageError(
        f"train.weights {name!r}: ultralytics ships no such architecture. Known are for example "
        "scratch:yolov8n, scratch:yolo11s, scratch:yolo26m (n, s, m, l and x are the sizes)."
    )


def _opened(path: Path, trust: bool) -> tuple[Any, list[str]]:
    """The model in a checkpoint, and the names of its classes as far as it has sane ones."""
    if trust:
        model: Any = unpickled(path)
        names = model.names
    else:
        checkpoint = read_checkpoint(path)
        model, names = rebuilt(checkpoint, str(path)), checkpoint.names
    found = dict(enumerate(names)) if isinstance(names, list | tuple) else names
    if not isinstance(found, Mapping):
        found = {}
    return model, [str(found.get(number, "")) for number in range(model.model[-1].nc)]


def _give_classes(model: Any, classes: int, pairs: list[tuple[int, int]]) -> None:
    """New last layers for the classes, with the old rows where a class was known before.

    The branch before them stays as wide as it is, as ultralytics keeps it when it fine-tunes.
    """
    head = model.model[-1]
    for name in BRANCHES:
        for branch, stride in zip(getattr(head, name, None) or (), head.stride, strict=False):
            old = branch[-1]
            new = nn.Conv2d(old.in_channels, classes, 1)
            # ultralytics' prior: 5 objects in a picture of 640 pixels, spread over all cells.
            nn.init.constant_(_bias(new), math.log(5 / classes / (640 / float(stride)) ** 2))
            copy_rows(old.weight, new.weight, pairs)
            copy_rows(old.bias, _bias(new), pairs)
            branch[-1] = new
    head.nc, head.no = classes, classes + 4 * head.reg_max


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _size(size_px: int, model: Any) -> int:
    """The side of the pictures: a multiple of the coarsest stride."""
    stride = max(int(model.stride.max()), 32)
    return math.ceil(size_px / stride) * stride


def _plain(model: Any, classes: tuple[str, ...], size_px: int) -> Any:
    """A model as it is written: with names, in evaluation mode, without gradients."""
    model.names = dict(enumerate(classes))
    model.nc = len(classes)
    model.yaml = {**model.yaml, "nc": len(classes)}
    model.args = {"task": "detect", "imgsz": size_px}
    model.task = "detect"
    return model.cpu().eval().requires_grad_(False)
