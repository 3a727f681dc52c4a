"""``torchvision:NAME@WEIGHTS``: Faster R-CNN, RetinaNet, SSD and SSDlite, on torch.

Pictures are resized by the network's own transform: Faster R-CNN and RetinaNet see them with a long
side of ``size_px``; SSD300 and SSDlite320 squash them to their own square whatever ``size_px`` is.
Boxes are in pixels of the picture that was given. ``head`` has no meaning here. OpenVINO is not
used: these networks choose their own boxes inside, one more or fewer for each picture.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from framesel.detectors.detector import DetectSettings
from framesel.detectors.torchvision_names import describe, parse
from framesel.runtime import Runtime

if TYPE_CHECKING:
    from framesel.detectors.torchvision_detector import TorchvisionDetector

__all__ = ["describe", "load"]


def load(
    name: str,
    settings: DetectSettings,
    *,
    runtime: Runtime,
    device: str = "cpu",
    batch: int = 8,
    threads: int = 1,
) -> TorchvisionDetector:
    """The detector with its weights.

    Raises:
        UsageError: The name is wrong, the names of classes do not fit, or torch cannot use the GPU.
        WeightsError: The weights are missing, damaged or do not fit.
    """
    parsed = parse(name)
    card = describe(name, settings)
    if runtime not in (Runtime.TORCH_FP32, Runtime.CUDA_FP16):
        warnings.warn(
            f"detectors of torchvision run on torch: {runtime} is not used for {name}",
            RuntimeWarning,
            stacklevel=2,
        )
    from framesel.detectors.torchvision_assembly import opened

    return opened(
        parsed, card, settings, runtime=runtime, device=device, batch=batch, threads=threads
    )
