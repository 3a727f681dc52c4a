"""Which family trains what a name means. Nothing here imports torch before it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from framesel.detectors.registry import source_name
from framesel.detectors.source import path_of
from framesel.detectors.torchvision_names import PREFIX, parse
from framesel.errors import UsageError
from framesel.model_files import file_digest
from framesel.training.settings import TrainSettings

if TYPE_CHECKING:
    from framesel.training.learner import Learner

SCRATCH = "scratch:"
FAMILIES = {
    "ultralytics": "framesel.training.yolo",
    "torchvision": "framesel.training.torchvision_learner",
}


def family_of(start: str) -> str:
    """Key of ``FAMILIES`` for what a training begins with.

    Raises:
        UsageError: It is empty, unknown, or nothing that can be trained.
    """
    if start.startswith(SCRATCH):
        return "ultralytics"
    family = source_name(start) if start else ""
    if family not in FAMILIES:
        raise UsageError(
            f"train.weights {start!r} cannot be trained. Give PATH.pt (a YOLO checkpoint), "
            "scratch:yolo11n (random weights, needs no file), torchvision:NAME@PATH or "
            "torchvision:NAME. An export (ONNX, OpenVINO) cannot: give what it was made from."
        )
    return family


def begin_with(start: str, classes: tuple[str, ...], settings: TrainSettings) -> Learner:
    """A detector to be trained; see ``begin_with`` of its family.

    Raises:
        UsageError: The name makes no sense.
        WeightsError: The weights are missing, damaged, hostile or do not fit.
    """
    module = import_module(FAMILIES[family_of(start)])
    return cast("Learner", module.begin_with(start, classes, settings))


def prefix_of(start: str) -> str:
    """What stands before the path of the trained weights in a detector's name.

    Raises:
        UsageError: As ``family_of``.
    """
    if family_of(start) != "torchvision":
        return ""
    return f"{PREFIX}{start.removeprefix(PREFIX).partition('@')[0]}@"


def digest_of(start: str) -> str:
    """What decides the initial weights: the bytes of a file, or the name of what has none.

    Raises:
        UsageError: The name makes no sense.
        WeightsError: The file cannot be read.
    """
    family = family_of(start)
    if start.startswith(SCRATCH) or (family == "torchvision" and "@" not in start):
        return start
    if family == "torchvision":
        parsed = parse(start)
        behind = str(parsed.tag) if parsed.path is None else file_digest(parsed.path)
        return f"{PREFIX}{parsed.model}@{behind}"
    return file_digest(path_of(start, "ultralytics"))
