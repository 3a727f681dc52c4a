"""``torchvision:NAME@WEIGHTS`` and ``torchvision:NAME@PATH``: which network, and whose weights.

Nothing here imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from framesel.detectors.detector import DetectorCard, DetectSettings
from framesel.detectors.letterbox import check_size
from framesel.detectors.source import digest_of
from framesel.errors import UsageError
from framesel.model_files import file_digest

PREFIX = "torchvision:"
HASHED_AS = "torchvision-detector-1"
FILE_SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
TAGS = ("COCO_V1", "DEFAULT")

Family = Literal["roi", "retinanet", "ssd", "ssdlite"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """One of torchvision's networks.

    Attributes:
        family: How its outputs are read.
        fixed_px: Side of the square that it squashes every picture to; None where the size is free.
    """

    family: Family
    fixed_px: int | None = None


ARCHITECTURES = {
    "fasterrcnn_resnet50_fpn": Architecture("roi"),
    "fasterrcnn_resnet50_fpn_v2": Architecture("roi"),
    "fasterrcnn_mobilenet_v3_large_fpn": Architecture("roi"),
    "fasterrcnn_mobilenet_v3_large_320_fpn": Architecture("roi"),
    "retinanet_resnet50_fpn": Architecture("retinanet"),
    "retinanet_resnet50_fpn_v2": Architecture("retinanet"),
    "ssd300_vgg16": Architecture("ssd", 300),
    "ssdlite320_mobilenet_v3_large": Architecture("ssdlite", 320),
}


@dataclass(frozen=True, slots=True)
class NamedWeights:
    """A name, taken apart: exactly one of ``tag`` and ``path`` is given."""

    name: str
    model: str
    tag: str | None
    path: Path | None

    @property
    def architecture(self) -> Architecture:
        """What is known of the network."""
        return ARCHITECTURES[self.model]


def parse(name: str) -> NamedWeights:
    """A detector's name, taken apart.

    Raises:
        UsageError: There is no such architecture, or the weights are not named.
    """
    model, _, weights = name.removeprefix(PREFIX).partition("@")
    if model not in ARCHITECTURES:
        raise UsageError(
            f"detector {name}: there is no architecture {model!r} of torchvision here, only "
            + ", ".join(ARCHITECTURES)
        )
    if weights.upper() in TAGS:
        return NamedWeights(name, model, weights.upper(), None)
    if "/" in weights or weights.endswith(FILE_SUFFIXES):
        return NamedWeights(name, model, None, Path(weights).expanduser())
    raise UsageError(
        f"detector {name}: say whose weights: {PREFIX}{model}@PATH of a state dict (.pt, .pth or "
        f".safetensors), or {PREFIX}{model}@COCO_V1 for those that torchvision offers for download"
    )


def describe(name: str, settings: DetectSettings) -> DetectorCard:
    """The card; its digest covers the weights, torchvision's version and the settings.

    Raises:
        UsageError: There is no such architecture or no such size.
        WeightsError: The file cannot be read.
    """
    parsed = parse(name)
    if parsed.architecture.fixed_px is None:
        check_size(settings.size_px)
    weights = str(parsed.tag) if parsed.path is None else file_digest(parsed.path)
    computed_by = f"{HASHED_AS} {version('torchvision')} {parsed.model}"
    return DetectorCard(name, digest_of(computed_by, weights, settings))
