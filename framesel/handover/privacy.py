"""Looks for what nobody outside may see: a detector over the full pictures, before they leave."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel import runtime as runtimes
from framesel.catalog import Catalog
from framesel.errors import MediaError, UsageError
from framesel.handover.pictures import Work, by_video
from framesel.handover.planned import Shown
from framesel.recipe import Recipe
from framesel.rounds.decision import Box as Share
from framesel.settings import RunSettings
from framesel.stages.detections import Detections
from framesel.stages.export import Pictures
from framesel.stages.footage import Image, Video
from framesel.task import Outcome, Say, Takes
from framesel.workspace import Workspace, write_json

LEAST = 0.1
"""Confidence from which something is hidden: rather too much than a face too few."""

MARGIN = 0.1
"""By this share of its sides a box is widened on each side."""

SIZE_PX = 1280
"""Long side of what the detector sees at least: faces are small."""


@dataclass(frozen=True)
class Hiding:
    """What is to be hidden.

    Attributes:
        detector: Finds it.
        classes: Names of the detector's classes.
        run: The machine.
    """

    detector: Detections
    classes: tuple[str, ...]
    run: RunSettings

    @cached_property
    def runtime(self) -> str:
        """The numeric runtime that this machine offers."""
        return self.detector.runtime(self.run)

    def identity(self) -> dict[str, Any]:
        """What shapes the outcome; no paths."""
        weights = self.detector.assets()["weights"]
        return {
            "classes": list(self.classes),
            "weights": weights,
            "least": LEAST,
            "margin": MARGIN,
            "size_px": self.detector.size_px,
            "runtime": self.runtime,
        }

    def load(self) -> Any:
        """The detector.

        Raises:
            UsageError: It has no class of one of the names.
        """
        from framesel import detectors

        cuda = self.runtime.startswith("cuda")
        detector = detectors.load(
            self.detector.weights,
            self.detector.settings(),
            device=self.run.device if cuda else "cpu",
            runtime=runtimes.Runtime(self.runtime),
            batch=1,
        )
        known = detector.info.classes
        for name in self.classes:
            if name not in known:
                raise UsageError(
                    f"--blur {name}: the detector has no such class; it knows "
                    f"{', '.join(known[:20])}{', …' if len(known) > 20 else ''}"
                )
        return detector


def hiding(recipe: Recipe, classes: Sequence[str], weights: str | None) -> Hiding | None:
    """What is to be hidden; None if nothing is.

    Args:
        recipe: Its detector looks if no other is named.
        classes: Names of the detector's classes.
        weights: As ``detections.weights`` names them.

    Raises:
        UsageError: There is no detector, or it does not have a class of one of the names.
        WeightsError: The weights are not there or not to be trusted.
    """
    if not classes:
        if weights is not None:
            raise UsageError("--blur-weights needs --blur: name what the detector is to hide")
        return None
    stage = recipe.detections
    if not (weights or stage.weights):
        raise UsageError("--blur needs a detector: give --blur-weights, or a recipe that has one")
    changes: dict[str, Any] = {
        "conf": LEAST,
        "size_px": max(SIZE_PX, stage.size_px),
        "features": False,
        "views": (),
    }
    if weights is not None:
        changes |= {"weights": weights, "classes": (), "head": "auto"}
    return Hiding(stage.model_copy(update=changes), tuple(dict.fromkeys(classes)), recipe.run)


def look(
    work: Work, what: Hiding, folder: Path, frames: Sequence[Shown]
) -> tuple[dict[str, tuple[Share, ...]], list[dict[str, Any]]]:
    """Finds what is to be hidden in frames, at full resolution.

    What was found is kept under ``folder/hidden``, a file for each video: a killed handover goes
    on.

    Returns:
        Boxes as shares of the picture by the frame's plain name; a frame that could not be looked
        at has no entry. Then error rows.

    Raises:
        UsageError: The detector does not have a class of one of the names.
    """
    what.load()  # a wrong class is found out here, not in a worker
    task = LookTask(work.workspace.root, folder / "hidden", what, work.recipe.frames.decoder)
    pieces = [piece for piece in by_video(frames) if not task.path(piece.video_no).exists()]
    errors = work.run(task, pieces)
    found: dict[str, tuple[Share, ...]] = {}
    for path in sorted((folder / "hidden").glob("*.json")):
        for name, boxes in json.loads(path.read_text("utf-8")).items():
            found[name] = tuple(tuple(box) for box in boxes)
    return found, errors


@dataclass(frozen=True)
class LookTask:
    """Looks at the frames of one video."""

    root: Path
    folder: Path
    what: Hiding
    decoder: str
    title: str = "privacy"

    @property
    def takes(self) -> Takes:
        """As much as detecting does."""
        return replace(self.what.detector.takes(self.what.runtime), here=True)

    def path(self, video_no: int) -> Path:
        """Where it is written what was found in a video."""
        return self.folder / f"v{video_no:06d}.json"

    def open(self) -> Callable[[Pictures, Say], Outcome]:
        """Loads the detector; returns the function that looks at one video's frames."""
        videos = Catalog(Workspace(self.root)).videos
        detector = self.what.load()

        def one(work: Pictures, say: Say) -> Outcome:
            began = time.monotonic()
            say(0, 0)
            errors: list[dict[str, Any]] = []
            row = videos[work.video_no]
            failed = work.poison or self._failure(row, work, detector, say)
            if failed:
                place = {"stage": self.title, "video_no": work.video_no, "start_pts": None}
                errors.append({**place, "path": row["path"], "error": failed})
            return Outcome(work.key, len(work.picks), tuple(errors), time.monotonic() - began)

        return one

    def _failure(self, row: Mapping[str, Any], work: Pictures, detector: Any, say: Say) -> str:
        """Writes down what was found; returns what went wrong, or nothing."""
        try:
            write_json(self.path(work.video_no), self._found(row, work, detector, say))
        except MediaError as error:
            return str(error).removeprefix(f"{row['path']}: ")
        return ""

    def _found(
        self, row: Mapping[str, Any], work: Pictures, detector: Any, say: Say
    ) -> dict[str, list[Share]]:
        names = {pick.pts: pick.name for pick in work.picks}
        found: dict[str, list[Share]] = {}
        for frame in Video.of(dict(row), self.decoder).fetch(sorted(names)):
            found[names[frame.pts]] = self._boxes(detector, frame.image)
            say(0, 1)
        return found

    def _boxes(self, detector: Any, image: Image) -> list[Share]:
        (seen,) = detector([image])
        wanted = [detector.info.classes.index(name) for name in self.what.classes]
        sure = probabilities(seen.logits, detector.info.activation)[:, wanted].max(axis=1)
        height, width = image.shape[:2]
        kept = seen.xyxy[sure >= LEAST] / np.array([width, height, width, height], np.float32)
        return [widened(box) for box in kept.tolist()]


def probabilities(logits: npt.NDArray[np.float32], activation: str) -> npt.NDArray[np.float32]:
    """(m, C) probability of each class, from logits relative to background."""
    if activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float32)
    top = np.maximum(logits.max(axis=1, keepdims=True, initial=0.0), 0.0)
    parts = np.exp(logits - top)
    return np.asarray(parts / (parts.sum(axis=1, keepdims=True) + np.exp(-top)), np.float32)


def widened(box: Sequence[float]) -> Share:
    """A box with a margin, inside the picture."""
    x1, y1, x2, y2 = box
    dx, dy = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    edges = (x1 - dx, y1 - dy, x2 + dx, y2 + dy)
    x1, y1, x2, y2 = (round(min(1.0, max(0.0, edge)), 6) for edge in edges)
    return (x1, y1, x2, y2)
