"""A workspace with labels, and in place of training and detectors what takes no time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel import detectors
from framesel import recipe as recipes
from framesel.detectors.detector import Detections, DetectorInfo, DetectSettings, Image
from framesel.labels.labels import Key
from framesel.learning.train import Result, train
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.splitting import stored
from framesel.training import examples
from framesel.training.progress import Progress, Trained
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench, Recorder, finished, footage
from tests.resume.faults import Inline
from tests.splitting.labelling import label

__all__ = ["finished", "footage"]

SETTINGS = [
    "train.weights=scratch:yolov8n",
    "train.size_px=160",  # the footage's own long side: pictures are not shrunk
    "train.iterations=4",
    "train.val_share=0.3",
    "duplicates.tau_cos=0.999",
]
GOOD = [["car", 10, 10, 50, 40], ["bird", 5, 60.5, 20, 80]]
"""What ``tests.splitting.labelling`` draws."""
BLIND: list[list[Any]] = []


@dataclass
class FakeTrainer:
    """Leaves weights that see the same boxes in every picture."""

    sees: list[list[Any]] = field(default_factory=lambda: list(GOOD))
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        data: Path,
        settings: Any,
        start: str,
        classes: tuple[str, ...],
        folder: Path,
        *,
        on_step: Callable[[Progress], None],
        **more: Any,
    ) -> Trained:
        frozen = examples.read(data)
        told = {"frozen": frozen, "settings": settings, "start": start, "classes": classes}
        self.calls.append({**told, **more})
        for step in range(settings.iterations):
            on_step(Progress(step + 1, settings.iterations, 1.0))
        weights = folder / "weights.pt"
        weights.write_text(json.dumps({"classes": classes, "sees": self.sees}), "utf-8")
        return Trained(weights, "", classes, settings.size_px, settings.iterations, 4, (), (), 0)


class FakeDetector:
    """Sees in every picture what its weights say."""

    last_layer = None

    def __init__(self, name: str) -> None:
        told = json.loads(Path(name).read_text("utf-8"))
        self.info = DetectorInfo(name, "", tuple(told["classes"]), "sigmoid")
        self.sees = told["sees"]

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        return [self._one() for _ in images]

    def _one(self) -> Detections:
        n = len(self.sees)
        logits = np.full((n, len(self.info.classes)), -9.0, np.float32)
        for row, (name, *_) in enumerate(self.sees):
            logits[row, self.info.classes.index(name)] = 2.0
        xyxy = np.array([box for _, *box in self.sees], np.float32).reshape(-1, 4)
        level, head = np.zeros(n, np.int8), np.zeros(n, np.uint8)
        return Detections(xyxy, logits, level, head, None, None, 2.0, 0.0)


@pytest.fixture
def fake_detectors(monkeypatch: pytest.MonkeyPatch) -> list[DetectSettings]:
    """Lets ``detectors.load`` read what a fake training wrote; the settings it was asked with."""
    asked: list[DetectSettings] = []

    def load(name: str, settings: DetectSettings, **more: Any) -> FakeDetector:
        asked.append(settings)
        return FakeDetector(name)

    monkeypatch.setattr(detectors, "load", load, raising=False)
    return asked


@dataclass
class School:
    """A workspace in which frames can be labelled and learnt from."""

    workspace: Workspace
    frames: list[Key]
    trainer: FakeTrainer = field(default_factory=FakeTrainer)
    watch: Recorder = field(default_factory=Recorder)

    def recipe(self, *settings: str) -> Recipe:
        return recipes.load(self.workspace.recipe, [*SETTINGS, *settings])

    def train(self, *settings: str) -> Result:
        self.watch = Recorder()
        recipe = self.recipe(*settings)
        return train(self.workspace, recipe, self.watch, runner=Inline, trainer=self.trainer)

    def label(self, frames: Sequence[Key]) -> None:
        label(self.workspace, frames)

    def close_round(self) -> None:
        """Closes the open round, as labels of its picks do."""
        state.close(self.workspace, state.current(self.workspace), 0)

    def folder(self, found: Result) -> Path:
        return found.model.path(self.workspace)


@pytest.fixture
def school(tmp_path: Path, finished: Bench, fake_detectors: list[DetectSettings]) -> School:
    """A workspace of one's own, nothing labelled yet."""
    shutil.copytree(finished.root, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    frames = stored.read(workspace, recipes.load(workspace.recipe))
    keys = zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True)
    return School(workspace, list(keys))
