"""Detectors of torchvision in training: the networks that ``detectors/torchvision_*`` know.

They begin with ``torchvision:NAME@PATH`` or ``torchvision:NAME`` (from scratch). What is written is
a safetensors file of the tensors that carries the names of the classes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from framesel.detectors.detector import DetectSettings
from framesel.detectors.torchvision_names import (
    ARCHITECTURES,
    PREFIX,
    Family,
    NamedWeights,
    parse,
)
from framesel.detectors.torchvision_weights import CLASS_NAMES, build, class_names, empty
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

WEIGHTS = "weights.safetensors"
EPSILON = 1e-5
# Layers that end in classes. A box predictor has four rows for each class; in dense heads the
# rows of a class lie apart, one for each anchor.
OF_CLASSES = re.compile(
    r"(roi_heads\.box_predictor\.(?P<roi>cls_score|bbox_pred)"
    r"|head\.classification_head\.(cls_logits|module_list\.\d+(\.1)?))\.(weight|bias)"
)


class TorchvisionLearner:
    """A detector of torchvision in training; see ``Learner``.

    Args:
        model: With a head for the present classes.
        family: How it counts classes.
        classes: Their names.
        form: What it wants and leaves.
    """

    def __init__(self, model: Any, family: Family, classes: tuple[str, ...], form: Form) -> None:
        self.form = form
        self.module: nn.Module = model
        self._classes = classes
        # RetinaNet has no background, the others have it as class 0.
        self._first = 0 if family == "retinanet" else 1

    def begin(self, precision: Precision) -> None:
        """Moves to the device; only the trunk is computed in mixed precision."""
        model: Any = self.module.to(precision.device)
        trunk = model.backbone.forward

        def forward(images: Tensor) -> Any:
            with precision.mixed():
                features = trunk(images)
            # Anchors and boxes take the type of the features; half of it is too coarse for them.
            return in_full(features)

        model.backbone.forward = forward

    def loss(self, batch: Batch, share: float) -> Tensor:
        """The sum of torchvision's own losses."""
        size = batch.images.shape[-1]
        half = batch.xywh[:, 2:] / 2
        corners = torch.cat([batch.xywh[:, :2] - half, batch.xywh[:, :2] + half], dim=1) * size
        numbers = batch.class_no.long() + self._first
        targets = []
        for number in range(len(batch.images)):
            own = batch.picture == number
            targets.append({"boxes": corners[own], "labels": numbers[own]})
        pictures = list(batch.images.float() / 255.0)
        parts: dict[str, Tensor] = self.module(pictures, targets)
        return torch.stack([part.float() for part in parts.values()]).sum()

    def export(self, path: Path, state: State) -> None:
        """Writes a file that ``framesel.detectors`` reads as ``torchvision:NAME@PATH``."""
        from safetensors.torch import save

        tensors = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
        names = {CLASS_NAMES: json.dumps(list(self._classes))}
        write_bytes(path, save(tensors, metadata=names))


def begin_with(name: str, classes: tuple[str, ...], settings: TrainSettings) -> TorchvisionLearner:
    """A detector of torchvision for some classes; new layers draw from torch's generator.

    Raises:
        UsageError: There is no such architecture, or its batches are too small for it.
        WeightsError: The weights are missing, damaged or do not fit.
    """
    parsed = _parsed(name)
    family = parsed.architecture.family
    columns = len(classes) if family == "retinanet" else len(classes) + 1
    taken_over: tuple[str, ...] = ()
    if parsed.path is None and parsed.tag is None:
        model = empty(parsed, {}, columns)
    else:
        model, taken_over = _opened(parsed, classes, columns, settings)
    size_px = parsed.architecture.fixed_px or settings.size_px
    if parsed.architecture.fixed_px is None:
        model.transform.min_size, model.transform.max_size = (size_px,), size_px
    elif settings.batch < 2 and not settings.freeze_batchnorm:
        raise UsageError(
            f"train.batch is 1: {parsed.model} ends in a single cell, so batch norm needs two "
            "pictures. Take a larger batch, or freeze_batchnorm: true."
        )
    model.requires_grad_(True)
    form = Form(
        size_px=size_px,
        stretched=parsed.architecture.fixed_px is not None,
        file=WEIGHTS,
        prefix=f"{PREFIX}{parsed.model}@",
        summed=False,
        taken_over=taken_over,
    )
    return TorchvisionLearner(model, family, classes, form)


def _parsed(name: str) -> NamedWeights:
    """A name taken apart; without weights behind an @ it is the bare architecture."""
    model = name.removeprefix(PREFIX)
    if model in ARCHITECTURES:
        return NamedWeights(name, model, None, None)
    return parse(name)


def _opened(
    parsed: NamedWeights, classes: tuple[str, ...], columns: int, settings: TrainSettings
) -> tuple[Any, tuple[str, ...]]:
    """A network with the tensors of a file, and the classes whose rows came along."""
    asked = DetectSettings(size_px=settings.size_px, trust=settings.trust_weights)
    old, count = build(parsed, asked)
    for module in old.modules():
        if isinstance(module, nn.BatchNorm2d) and module.eps == 0.0:
            # What is written is read with the usual one.
            module.eps = EPSILON
    names = class_names(parsed, count, asked)
    first, shift = count - len(names), columns - len(classes)
    known = same_classes(names, classes, settings.rename)
    pairs = [(before + first, now + shift) for before, now in known]
    if first and shift:
        pairs.append((0, 0))  # background
    model = empty(parsed, old.state_dict(), columns)
    state = model.state_dict()
    take_over(old.state_dict(), state, pairs, count)
    # The state dict is the network's own tensors, so it has them now.
    return model, tuple(classes[now] for _, now in known)


def take_over(old: State, new: State, pairs: Sequence[tuple[int, int]], columns: int) -> None:
    """Copies one network's tensors into another's; of layers that end in classes the known rows.

    Args:
        old: Tensors by name, for so many columns.
        new: The same for others, written into.
        pairs: (column before, column now).
        columns: Of the old network, background included where there is one.
    """
    for key, tensor in old.items():
        found = OF_CLASSES.fullmatch(key)
        if found is None:
            new[key].copy_(tensor)
        else:
            inner = 4 if found["roi"] == "bbox_pred" else 1
            outer = 1 if found["roi"] else len(tensor) // columns
            copy_rows(tensor, new[key], pairs, outer=outer, inner=inner)
