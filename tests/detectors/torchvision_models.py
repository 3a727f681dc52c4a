"""torchvision's detectors with random weights that find something in almost every picture."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models
from torchvision.models.detection import FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD
from torchvision.ops import MultiScaleRoIAlign

ROI = "fasterrcnn_mobilenet_v3_large_320_fpn"
RETINA = "retinanet_resnet50_fpn"
SSDLITE = "ssdlite320_mobilenet_v3_large"
SIZE_PX = 96


class Trunk(nn.Module):
    """Two levels of eight channels, of stride 8 and 16."""

    def __init__(self, out_channels: Any) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.first = nn.Sequential(nn.Conv2d(3, 8, 8, 8), nn.Tanh())
        self.second = nn.Sequential(nn.Conv2d(8, 8, 2, 2), nn.Tanh())

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        fine = self.first(x)
        return OrderedDict([("0", fine), ("1", self.second(fine))])


def tiny(family: str, columns: int, seed: int = 0) -> Any:
    """A network of a family that computes in a millisecond."""
    torch.manual_seed(seed)
    # SSD asks for the channels of each level, the others for one number that all share.
    trunk = Trunk([8, 8] if family == "ssd" else 8)
    anchors = AnchorGenerator(((12, 20), (24, 36)), ((0.5, 1.0),) * 2)
    sizes = {"min_size": SIZE_PX, "max_size": SIZE_PX}
    model: Any
    if family == "retinanet":
        model = RetinaNet(trunk, columns, anchor_generator=anchors, topk_candidates=40, **sizes)
    elif family == "ssd":
        boxes = DefaultBoxGenerator([[2], [2, 3]], min_ratio=0.15, max_ratio=0.6)
        model = SSD(trunk, boxes, (SIZE_PX, SIZE_PX), columns, topk_candidates=30)
    else:
        pool = MultiScaleRoIAlign(["0", "1"], 3, 2, canonical_scale=16, canonical_level=3)
        model = FasterRCNN(
            trunk, rpn_anchor_generator=anchors, box_roi_pool=pool,
            box_head=nn.Sequential(nn.Flatten(), nn.Linear(72, 10), nn.ReLU()),
            box_predictor=models.detection.faster_rcnn.FastRCNNPredictor(10, columns), **sizes,
        )  # fmt: skip
    settle(model.requires_grad_(False))
    return model


def make(name: str, columns: int, seed: int = 0) -> Any:
    """One of torchvision's networks with so many columns in its classifier."""
    torch.manual_seed(seed)
    model = models.get_model(name, weights=None, weights_backbone=None, num_classes=columns)
    if model.transform.fixed_size is None:
        model.transform.min_size, model.transform.max_size = (SIZE_PX,), SIZE_PX
    settle(model)
    return model


def settle(model: Any) -> None:
    """Let batch norms see real activations, and spread the class logits and box offsets."""
    model.eval()
    pictures = list(torch.nn.functional.interpolate(torch.rand(2, 3, 9, 9), SIZE_PX))
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.train()
    lasts = _last_layers(model)
    seen: dict[Any, list[Any]] = {layer: [] for layer, _ in lasts}
    hooks = []
    for layer in seen:
        layer.bias.data.zero_()
        layer.weight.data.normal_(0.0, 0.05)
        hooks.append(layer.register_forward_hook(lambda at, _, out: seen[at].append(out)))
    with torch.no_grad():
        model(pictures)
        for norm in norms:
            norm.eval()
        for outputs in seen.values():
            outputs.clear()
        model(pictures)
    for hook in hooks:
        hook.remove()
    for layer, wanted in lasts:
        _spread(layer, seen[layer], wanted)


def _last_layers(model: Any) -> list[tuple[Any, float]]:
    """Layers that make logits or box offsets, and how much their outputs should vary."""
    if hasattr(model, "roi_heads"):
        predictor, rpn = model.roi_heads.box_predictor, model.rpn.head
        return [
            (rpn.cls_logits, 2.0),
            (rpn.bbox_pred, 0.3),
            (predictor.cls_score, 2.0),
            (predictor.bbox_pred, 1.0),
        ]
    head = model.head
    if hasattr(head.classification_head, "cls_logits"):
        return [(head.classification_head.cls_logits, 2.0), (head.regression_head.bbox_reg, 0.3)]
    return [
        (part[-1] if isinstance(part, nn.Sequential) else part, wanted)
        for group, wanted in ((head.classification_head, 1.5), (head.regression_head, 1.0))
        for part in group.module_list
    ]


def _spread(layer: Any, outputs: list[Any], wanted: float) -> None:
    """Outputs of mean 0 and one deviation in every channel."""
    rows = torch.cat([one.movedim(1, -1).reshape(-1, one.shape[1]) for one in outputs])
    factor = wanted / rows.std(dim=0).clamp(min=1e-12)
    layer.weight.data.mul_(factor.reshape(-1, *[1] * (layer.weight.ndim - 1)))
    layer.bias.data.copy_(-rows.mean(dim=0) * factor)


def save(folder: Path, name: str, columns: int = 4) -> Path:
    """The weights of ``make`` in half precision; made once."""
    path = folder / f"{name}-{columns}.pt"
    if not path.exists():
        state = make(name, columns).state_dict()
        half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
        torch.save(half, path)
    return path
