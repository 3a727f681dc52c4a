"""Detectors by name.

``PATH.pt`` or ``ultralytics:PATH``; ``PATH.onnx``, ``PATH.xml`` or ``PATH_openvino_model`` (exports
that were made elsewhere), ``torchvision:NAME@PATH`` or ``torchvision:NAME@WEIGHTS``.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from pathlib import Path
from typing import cast

from framesel.detectors.detector import Detector, DetectorCard, DetectSettings
from framesel.detectors.source import Source, check_settings
from framesel.errors import UsageError
from framesel.runtime import Runtime, check_device

SOURCES = {
    "ultralytics": "framesel.detectors.ultralytics_model",
    "torchvision": "framesel.detectors.torchvision_model",
    "exported": "framesel.detectors.exported",
}
SUFFIXES = {".pt": "ultralytics", ".onnx": "exported", ".xml": "exported"}
FOLDER = "_openvino_model"
KNOWN = (
    "PATH.pt or ultralytics:PATH (YOLO weights), PATH.onnx, PATH.xml or PATH_openvino_model "
    "(exports), torchvision:NAME@PATH and torchvision:NAME@WEIGHTS"
)


def source_name(name: str) -> str:
    """Key of ``SOURCES`` for a name.

    Raises:
        UsageError: There is none; the message says which there are.
    """
    kind, colon, _ = name.partition(":")
    if colon and kind in SOURCES:
        return kind
    near = difflib.get_close_matches(kind, SOURCES, n=1) if colon else []
    if near:
        raise UsageError(f"unknown detector {name!r}; did you mean {near[0]}:? Known are {KNOWN}")
    path = Path(name)
    if path.name.endswith(FOLDER):
        return "exported"
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise UsageError(f"unknown detector {name!r}. Known are {KNOWN}")


def source_of(name: str) -> Source:
    """The source that a name belongs to; errors as ``source_name``."""
    return cast(Source, import_module(SOURCES[source_name(name)]))


def describe(name: str, settings: DetectSettings) -> DetectorCard:
    """What is known of a detector without loading it; torch is not imported.

    Raises:
        UsageError: Name or settings make no sense.
        WeightsError: The weights are not there or not to be trusted.
    """
    check_settings(settings)
    return source_of(name).describe(name, settings)


def load(
    name: str,
    settings: DetectSettings,
    *,
    runtime: Runtime,
    device: str = "cpu",
    batch: int = 8,
    threads: int = 1,
) -> Detector:
    """A detector that is ready to run.

    Args:
        name: See the module.
        settings: How it is asked.
        runtime: From ``choose_runtime``, the same for all workers of a run.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; must fit the runtime.
        batch: Pictures at once on a GPU. A CPU takes them one by one, which is fastest there.
        threads: On the CPU.

    Raises:
        UsageError: Name, settings, device or runtime make no sense together.
        WeightsError: The weights are missing, damaged, hostile or of an unknown kind.
        MissingExtraError: The source or runtime needs a package that is not installed.
    """
    check_settings(settings)
    check_device(device)
    if device.startswith("cuda") and runtime is not Runtime.CUDA_FP16:
        raise UsageError(f"device {device} and runtime {runtime} do not fit together")
    if runtime is Runtime.OPENVINO_INT8:
        raise UsageError(f"detectors have no runtime {runtime}: take {Runtime.OPENVINO_FP32}")
    if batch < 1 or threads < 1:
        raise UsageError(f"batch is {batch} and threads {threads}: each must be at least one")
    return source_of(name).load(
        name, settings, runtime=runtime, device=device, batch=batch, threads=threads
    )
