"""A YOLO rebuilt from a checkpoint, and the part of it that we run.

ultralytics' inference drops what the scores need, so ours stops at the last convolutions of the
head: every class logit, the distribution of every side, and the features under the logits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from framesel.detectors.checkpoint_file import RETRAIN, TRUST, Checkpoint
from framesel.detectors.detector import LastLayer
from framesel.detectors.yolo_architecture import checked_architecture
from framesel.detectors.yolo_head import built_for, narrow
from framesel.errors import UsageError, WeightsError

NAMED_AT_MOST = 5


def rebuilt(checkpoint: Checkpoint, origin: str) -> nn.Module:
    """A fresh ``DetectionModel`` of ultralytics with the checkpoint's tensors, in evaluation mode.

    Raises:
        WeightsError: The architecture is not known, or does not fit the tensors.
    """
    from ultralytics.nn import tasks

    config = checked_architecture(checkpoint.architecture, origin)
    classes = int(config["nc"])
    config = {**config, "nc": built_for(config, checkpoint.state)}
    try:
        with _own_randomness(), _default_activation():
            # Without memory first: a hostile architecture could ask for any amount of it.
            with torch.device("meta"), _PlainRanges():
                layers, _ = tasks.parse_model(copy.deepcopy(config), ch=3, verbose=False)
                narrow(layers, classes)
            _check_shapes(layers, checkpoint.state, origin)
            model: Any = tasks.DetectionModel(copy.deepcopy(config), ch=3, verbose=False)
            narrow(model.model, classes)
    except WeightsError:
        raise
    except Exception as error:
        # Which exceptions a wrong architecture ends in is up to the layers that it names.
        raise WeightsError(
            f"{origin}: ultralytics cannot build its architecture ({type(error).__name__}: "
            f"{error}). Perhaps it needs a newer ultralytics: pip install -U ultralytics"
        ) from error
    model.load_state_dict({k: v.float() for k, v in checkpoint.state.items()}, strict=False)
    _check_activations(model, checkpoint.activations, origin)
    fresh: nn.Module = checked_values(model.eval(), origin)
    return fresh


class _PlainRanges(TorchFunctionMode):
    """Ranges without memory are empty tensors of their length.

    For these torch itself loads its compiler, which takes longer than all the rest.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        del types
        if func is torch.arange and args and all(isinstance(a, int) for a in args):
            return torch.empty(len(range(*args)), **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def unpickled(path: Path) -> nn.Module:
    """The model of a trusted checkpoint, made by whatever code the file names.

    Raises:
        WeightsError: That fails, or it is no detection model.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        raise WeightsError(
            f"{path}: cannot be unpickled ({type(error).__name__}: {error}). Install what its "
            "classes need, or fetch the file again."
        ) from error
    model = content
    if isinstance(content, dict):
        model = content.get("ema") or content.get("model")
    layers = getattr(model, "model", None)
    if not isinstance(model, nn.Module) or not isinstance(layers, nn.Sequential):
        raise WeightsError(f"{path}: there is no YOLO model in it. {RETRAIN}")
    if type(layers[-1]).__name__ not in ("Detect", "v10Detect"):
        raise WeightsError(
            f"{path}: ends in {type(layers[-1]).__name__}, not in a detection head. {RETRAIN}"
        )
    return checked_values(model.float().eval(), str(path))


def checked_values(model: nn.Module, origin: str) -> nn.Module:
    """The model itself, if every weight of it is finite.

    Raises:
        WeightsError: One is not.
    """
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise WeightsError(
                f"{origin}: {name} holds values that are not finite: the training diverged. "
                "Take an earlier checkpoint."
            )
    return model


class YoloNetwork(nn.Module):
    """Pictures to the raw outputs of one head.

    Args:
        model: Of ultralytics, in evaluation mode; its modules are shared.
        one2one: Whether the head without suppression is taken.
        features: Whether features are given.
    """

    def __init__(self, model: Any, one2one: bool, features: bool) -> None:
        super().__init__()
        *layers, head = model.model
        self.layers = nn.ModuleList(layers)
        self.save = frozenset(model.save)
        self.inputs: list[int] = [head.f] if isinstance(head.f, int) else list(head.f)
        self.sides: nn.ModuleList = head.one2one_cv2 if one2one else head.cv2
        self.classes: nn.ModuleList = head.one2one_cv3 if one2one else head.cv3
        self.with_features = features
        self.one2one = one2one
        self.positions = _positions(head)
        self.strides = tuple(int(stride) for stride in model.stride)
        self.class_count = int(head.nc)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Raw outputs of pictures (n, h, w, 3) uint8 RGB.

        Returns:
            For each level: class logits (n, C, h', w'), side logits (n, 4 R, h', w') and, where
            they are wanted, features (n, F, h', w').
        """
        first = next(self.layers.parameters())
        x: Any = images.permute(0, 3, 1, 2).to(first.dtype) / 255.0
        kept: list[Any] = []
        for number, layer in enumerate(self.layers):
            x = layer(_inputs(layer.f, x, kept))
            kept.append(x if number in self.save else None)
        outputs: list[Tensor] = []
        for source, sides, classes in zip(self.inputs, self.sides, self.classes, strict=True):
            level = x if source == -1 else kept[source]
            stack: list[Any] = list(classes.children())
            features = level
            for part in stack[:-1]:
                features = part(features)
            outputs += [stack[-1](features), sides(level)]
            if self.with_features:
                outputs.append(features)
        return tuple(outputs)

    def last_layer(self) -> LastLayer | None:
        """The last convolutions of the levels; None where they are not linear in the features."""
        lasts: list[Any] = [level[-1] for level in self.classes]  # type: ignore[index]
        shapes = {tuple(last.weight.shape) for last in lasts if isinstance(last, nn.Conv2d)}
        plain = all(isinstance(last, nn.Conv2d) and last.groups == 1 for last in lasts)
        if not plain or len(shapes) != 1 or next(iter(shapes))[2:] != (1, 1):
            return None
        weight = torch.stack([last.weight[:, :, 0, 0] for last in lasts])
        bias = torch.stack([last.bias for last in lasts])
        return LastLayer(
            weight.detach().float().numpy().astype(np.float32),
            bias.detach().float().numpy().astype(np.float32),
        )


def _positions(head: Any) -> tuple[float, ...]:
    """What the bins of a side stand for; 0, 1, 2 … unless the file's weights were rounded."""
    if int(head.reg_max) == 1:
        return ()
    return tuple(head.dfl.conv.weight.detach().float().flatten().tolist())


def has_two_heads(model: Any) -> bool:
    """Whether a model has a head that needs no suppression beside the usual one."""
    return getattr(model.model[-1], "one2one_cv2", None) is not None


def wants_one2one(model: Any, head: Literal["auto", "one2many", "one2one"], origin: str) -> bool:
    """Which of the heads a setting means.

    Raises:
        UsageError: The model has no such head.
    """
    if head == "one2one" and not has_two_heads(model):
        raise UsageError(f"{origin}: has no head one2one (YOLO26 and v10 have). Take head: auto")
    return head == "one2one"


def _inputs(source: Any, x: Any, kept: list[Any]) -> Any:
    """What a layer gets: the output of the layer before it, of another one, or of several."""
    if source == -1:
        return x
    if isinstance(source, int):
        return kept[source]
    return [x if number == -1 else kept[number] for number in source]


def _check_shapes(layers: nn.Module, state: dict[str, Tensor], origin: str) -> None:
    """Raise WeightsError where tensors are missing, of another shape, or too many."""
    expected = {f"model.{name}": tuple(t.shape) for name, t in layers.state_dict().items()}
    wrong = []
    for name, shape in expected.items():
        found = state.get(name)
        if found is None and not name.endswith("num_batches_tracked"):
            wrong.append(f"{name} is missing")
        elif found is not None and tuple(found.shape) != shape:
            wrong.append(f"{name} is {tuple(found.shape)}, not {shape}")
    wrong += [f"{name} has no place" for name in state if name not in expected]
    if wrong:
        more = f" and {len(wrong) - NAMED_AT_MOST} more" if len(wrong) > NAMED_AT_MOST else ""
        raise WeightsError(
            f"{origin}: the tensors do not fit its architecture "
            f"({'; '.join(wrong[:NAMED_AT_MOST])}{more}). If it was fused or pruned, give the "
            f"checkpoint that training left. {TRUST}"
        )


def _check_activations(model: nn.Module, found: dict[str, str], origin: str) -> None:
    """Raise WeightsError where the file's modules have other activations than its architecture."""
    for name, part in model.named_modules():
        if name in found and type(part).__name__ != found[name]:
            raise WeightsError(
                f"{origin}: {name} is {found[name]} in the file, but {type(part).__name__} by its "
                f"architecture, so it was changed by hand and cannot be rebuilt. {TRUST}"
            )


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Weights are drawn before they are replaced; the caller's generator must not notice."""
    with torch.random.fork_rng(devices=[]):
        yield


@contextmanager
def _default_activation() -> Iterator[None]:
    """An architecture sets ultralytics' default for the process; an error would leave it."""
    from ultralytics.nn.modules.conv import Conv

    before = Conv.default_act
    try:
        yield
    finally:
        Conv.default_act = before
