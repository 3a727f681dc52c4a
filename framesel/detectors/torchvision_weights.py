"""Networks of torchvision with their weights: state dicts from files, or torchvision's own.

How many classes there are is read from the shapes of the weights. Nothing is unpickled unless the
user trusts the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.detection import _utils as detection_utils
from torchvision.models.detection import ssdlite
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD

from framesel.detectors.detector import DetectSettings
from framesel.detectors.torchvision_names import NamedWeights
from framesel.errors import UsageError, WeightsError
from framesel.model_files import read_safetensors_header, read_torch_file

State = dict[str, Tensor]

CONTAINERS = ("state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.", "model.")
# The weight of the classifier, and how many rows it has for each class.
CLASSIFIERS = {
    "roi": ("roi_heads.box_predictor.cls_score.weight", 1),
    "retinanet": ("head.classification_head.cls_logits.weight", 9),
    "ssd": ("head.classification_head.module_list.0.weight", 4),
    "ssdlite": ("head.classification_head.module_list.0.1.weight", 6),
}
COCO_COLUMNS = 91
CLASS_NAMES = "framesel_classes"  # entry of a safetensors header: their names as JSON
MOST_COLUMNS = 10_000
# Channels of the classifier's second level, which tell how wide the network's tail was built.
TAIL = "head.classification_head.module_list.1.1.weight"
REDUCED_TAIL = 480
# torchvision's first weights were trained while its frozen batch norms had no epsilon.
WITHOUT_EPSILON = ("fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn")
SHOWN = 400


def read_state(path: Path, trust: bool) -> State:
    """The tensors of a safetensors or torch file by name, without the prefixes of wrappers.

    Args:
        path: The file.
        trust: Whether a torch file may be unpickled, which can run any program in it.

    Raises:
        WeightsError: It cannot be read, or there are no tensors in it.
    """
    content = _safetensors(path) if path.suffix == ".safetensors" else _torch_file(path, trust)
    for name in CONTAINERS:
        inner = content.get(name)
        if isinstance(inner, nn.Module):
            inner = inner.state_dict()
        if isinstance(inner, dict):
            content = inner
            break
    state = {str(k): v for k, v in content.items() if isinstance(v, Tensor)}
    if not state:
        raise WeightsError(f"{path}: there are no tensors in it. Save the model's state dict.")
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state


def _safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Any] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{path}: cannot read the weights ({error}). Check the path, or fetch them again."
        ) from error
    return tensors


def _torch_file(path: Path, trust: bool) -> dict[str, Any]:
    if not trust:
        return read_torch_file(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:  # a trusted pickle runs code, which may raise anything
        raise WeightsError(f"{path}: cannot unpickle the weights ({error})") from error
    if isinstance(content, nn.Module):
        return dict(content.state_dict())
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, not a dict of tensors")
    return content


def columns(parsed: NamedWeights, state: State, origin: str) -> int:
    """How many classes the classifier has, background included where there is one.

    Raises:
        WeightsError: The classifier is missing or has an impossible shape.
    """
    name, per_class = CLASSIFIERS[parsed.architecture.family]
    weight = state.get(name)
    if weight is None or weight.ndim == 0:
        raise WeightsError(
            f"{origin}: has no {name}, so it is not a {parsed.model} of torchvision. Name the "
            "architecture that it was trained with."
        )
    found, rest = divmod(len(weight), per_class)
    least = 1 if parsed.architecture.family == "retinanet" else 2
    if rest or not least <= found <= MOST_COLUMNS:
        raise WeightsError(
            f"{origin}: {name} has {len(weight)} rows, which leaves no classes besides background "
            f"for {parsed.model}. Train it with at least one class, or name its architecture."
        )
    return found


def build(parsed: NamedWeights, settings: DetectSettings) -> tuple[Any, int]:
    """The network in evaluation mode and its number of classes, background included.

    Weights from a file are read with torchvision's default epsilon of the batch norms, as in
    networks that are built without pretrained weights.

    Raises:
        UsageError: torchvision has no such weights.
        WeightsError: They cannot be read or fetched, do not fit, or are not finite.
    """
    if parsed.path is None:
        state, origin = _downloaded(parsed), f"{parsed.name}"
    else:
        state, origin = read_state(parsed.path, settings.trust), str(parsed.path)
    count = columns(parsed, state, origin)
    model = empty(parsed, state, count)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(
            f"{origin}: the weights do not fit {parsed.model} with {count} classes "
            f"({_short(error)}). Name the architecture that they were trained with."
        ) from error
    bad = [k for k, v in model.state_dict().items() if not torch.isfinite(v).all()]
    if bad:
        raise WeightsError(
            f"{origin}: {len(bad)} tensors hold values that are not finite, {bad[0]} first. The "
            "training diverged; take an earlier checkpoint."
        )
    if parsed.tag is not None and parsed.model in WITHOUT_EPSILON:
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 0.0
    return model.eval().requires_grad_(False), count


def _short(error: RuntimeError) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def empty(parsed: NamedWeights, state: State, count: int) -> Any:
    """The network as the weights need it, initialised at random."""
    tail = state.get(TAIL)
    if parsed.architecture.family == "ssdlite" and tail is not None and tail.ndim > 1:
        return _ssdlite(count, reduced_tail=tail.shape[1] == REDUCED_TAIL)
    return models.get_model(parsed.model, weights=None, weights_backbone=None, num_classes=count)


def _ssdlite(count: int, reduced_tail: bool) -> Any:
    """Torchvision's SSDlite, with the tail that it gives to pretrained backbones or without.

    Its own function asks for a download before it builds the wide tail.
    """
    name = "ssdlite320_mobilenet_v3_large"
    model = models.get_model(name, weights=None, weights_backbone=None, num_classes=count)
    if reduced_tail:
        return model

    def norm_layer(channels: int) -> nn.BatchNorm2d:
        return nn.BatchNorm2d(channels, eps=0.001, momentum=0.03)

    wide = models.mobilenet_v3_large(weights=None, norm_layer=norm_layer, reduced_tail=False)
    backbone = ssdlite._mobilenet_extractor(wide, 6, norm_layer)
    anchors = DefaultBoxGenerator([[2, 3]] * 6, min_ratio=0.2, max_ratio=0.95)
    channels = detection_utils.retrieve_out_channels(backbone, (320, 320))
    head = ssdlite.SSDLiteHead(channels, anchors.num_anchors_per_location(), count, norm_layer)
    return SSD(
        backbone,
        anchors,
        (320, 320),
        count,
        head=head,
        topk_candidates=model.topk_candidates,
        image_mean=model.transform.image_mean,
        image_std=model.transform.image_std,
    )


def _downloaded(parsed: NamedWeights) -> State:
    known = models.get_model_weights(parsed.model)
    if parsed.tag not in known.__members__:
        raise UsageError(
            f"detector {parsed.name}: torchvision has no weights {parsed.tag!r} for "
            f"{parsed.model}, only " + ", ".join(known.__members__)
        )
    weights = known[parsed.tag]
    try:
        state: State = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, URLError, RuntimeError) as error:
        raise WeightsError(
            f"detector {parsed.name}: its weights are not on this machine and could not be fetched "
            f"({type(error).__name__}: {error}). With network, run it again; without, fetch "
            f"{weights.url} on another machine and use torchvision:{parsed.model}@PATH_OF_THE_FILE"
        ) from error
    return dict(state)


def class_names(parsed: NamedWeights, count: int, settings: DetectSettings) -> tuple[str, ...]:
    """Names of the classes that the logits speak of.

    Networks with a softmax have background first, which is no class. RetinaNet has none: its first
    column is a class like any other, unless the names say otherwise by being one fewer (torchvision
    counts classes from 1 and leaves that column untrained), or the shape is that of COCO.

    Args:
        parsed: Which network.
        count: From ``columns``.
        settings: ``classes`` names them; otherwise the names that ``framesel train`` wrote beside
            the tensors, or COCO's where the shape is COCO's.

    Raises:
        UsageError: There are more or fewer names than classes.
        WeightsError: The names in the file make no sense.
    """
    has_background = parsed.architecture.family != "retinanet"
    allowed = {count - 1} if has_background else {count - 1, count} - {0}
    if settings.classes:
        if len(settings.classes) not in allowed:
            raise UsageError(
                f"detector {parsed.name}: {len(settings.classes)} names of classes were given, but "
                f"the weights have {' or '.join(map(str, sorted(allowed)))}"
            )
        return settings.classes
    written = _written_names(parsed)
    if written is not None:
        if len(written) not in allowed or not all(isinstance(name, str) for name in written):
            raise WeightsError(
                f"{parsed.path}: the names of classes in it do not fit its tensors. Name them in "
                "detections.classes."
            )
        return tuple(written)
    if count == COCO_COLUMNS:
        categories = models.get_model_weights(parsed.model)["COCO_V1"].meta["categories"]
        numbered = enumerate(categories[1:], start=1)
        return tuple(f"unused_{k}" if text == "N/A" else text for k, text in numbered)
    first = 1 if has_background else 0
    return tuple(f"class_{k}" for k in range(first, count))


def _written_names(parsed: NamedWeights) -> list[Any] | None:
    """What a safetensors file says of its classes; None where it says nothing."""
    if parsed.path is None or parsed.path.suffix != ".safetensors":
        return None
    text = read_safetensors_header(parsed.path).metadata.get(CLASS_NAMES)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = []
    return found if isinstance(found, list) else []
