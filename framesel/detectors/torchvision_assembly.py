"""Networks of torchvision with weights, put together as detectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from framesel.detectors.dense_family import DenseFamily
from framesel.detectors.detector import DetectorCard, DetectorInfo, DetectSettings
from framesel.detectors.roi_family import RoiFamily
from framesel.detectors.torchvision_detector import TorchvisionDetector
from framesel.detectors.torchvision_names import Family, NamedWeights
from framesel.detectors.torchvision_weights import build, class_names
from framesel.errors import UsageError
from framesel.runtime import Runtime

NO_SIDES = "torchvision's networks regress each side of a box as one number"
NOT_ASKED = "they were not asked for (features: false)"


def _device(runtime: Runtime, device: str) -> torch.device:
    """Where to compute.

    Raises:
        UsageError: torch cannot use that GPU.
    """
    if runtime is not Runtime.CUDA_FP16:
        return torch.device("cpu")
    target = torch.device("cuda" if device in ("auto", "cpu") else device)
    if (target.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"torch cannot use {target} here: check the driver, or take device cpu")
    return target


def assemble(
    model: Any,
    kind: Family,
    card: DetectorCard,
    classes: tuple[str, ...],
    settings: DetectSettings,
    *,
    first: int = 1,
    device: torch.device,
    batch: int = 1,
    threads: int = 1,
) -> TorchvisionDetector:
    """A network of torchvision as a detector that was checked against the network's own path.

    Args:
        model: In evaluation mode, its transform set.
        kind: How its outputs are read.
        card: Name and digest.
        classes: One name for each column from ``first`` on.
        settings: How it is asked.
        first: Column of the first class.
        device: Where to compute.
        batch: Pictures at once on a GPU.
        threads: On the CPU.

    Raises:
        WeightsError: Its outputs are not finite, or torchvision computes something else.
    """
    family = RoiFamily(model) if kind == "roi" else DenseFamily(model, kind, first)
    layer = family.last_layer() if settings.features else None
    missing = {"sides": NO_SIDES}
    if layer is None:
        missing["features"] = family.feature_reason if settings.features else NOT_ASKED
    info = DetectorInfo(
        name=card.name,
        digest=card.digest,
        classes=classes,
        activation=family.activation,
        feature_dim=0 if layer is None else layer.weight.shape[2],
        missing=missing,
    )
    detector = TorchvisionDetector(
        model, family, info, layer, settings, device=device, batch=batch, threads=threads
    )
    detector.info = replace(info, strides=detector.strides())
    detector.check()
    return detector


def opened(
    parsed: NamedWeights,
    card: DetectorCard,
    settings: DetectSettings,
    *,
    runtime: Runtime,
    device: str,
    batch: int,
    threads: int,
) -> TorchvisionDetector:
    """A named detector with its weights; see ``torchvision_model.load``."""
    target = _device(runtime, device)
    model, count = build(parsed, settings)
    classes = class_names(parsed, count, settings)
    if parsed.architecture.fixed_px is None:
        model.transform.min_size = (settings.size_px,)
        model.transform.max_size = settings.size_px
    return assemble(
        model,
        parsed.architecture.family,
        card,
        classes,
        settings,
        first=count - len(classes),
        device=target,
        batch=batch,
        threads=threads,
    )
