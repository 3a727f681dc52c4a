"""``PATH.onnx``, ``PATH.xml``, ``PATH_openvino_model``: detectors that ultralytics exported.

They run on OpenVINO, on the CPU. An export gives corners and class scores of every anchor and
nothing else, so there are no box features and no side distributions. Logits are made from its
scores, whose single precision ends at a logit of about 16.

An export of fixed size sees pictures in that size whatever ``size_px`` is, as ultralytics'
``predict`` does: scaled to fit, and filled up with gray to its full height and width.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from framesel.detectors.detector import DetectSettings
from framesel.detectors.export_files import describe, files_of
from framesel.runtime import Runtime, require_openvino

if TYPE_CHECKING:
    from framesel.detectors.exported_detector import ExportedDetector

__all__ = ["describe", "load"]


def load(
    name: str,
    settings: DetectSettings,
    *,
    runtime: Runtime,
    device: str = "cpu",
    batch: int = 8,
    threads: int = 1,
) -> ExportedDetector:
    """The detector with its weights; ``device`` and ``batch`` cannot change how an export runs.

    Raises:
        UsageError: There is no path, or the names of classes do not fit.
        WeightsError: Files are missing or damaged, or are no export of a detector with all scores.
        MissingExtraError: openvino is not installed.
    """
    card, files = describe(name, settings), files_of(name)
    require_openvino("a detector that was exported to ONNX or OpenVINO")
    if runtime is Runtime.CUDA_FP16:
        warnings.warn(
            f"detector {name}: an export runs on OpenVINO in fp32 on the CPU, not on {runtime} "
            f"({device}, batches of {batch}); give the .pt for that",
            RuntimeWarning,
            stacklevel=2,
        )
    from framesel.detectors.export_reader import opened

    return opened(card, files, settings, runtime, threads)
