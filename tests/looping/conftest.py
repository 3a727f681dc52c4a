"""A loop on rendered footage; in place of training and detectors there is what takes no time."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel import detectors
from framesel.detectors.detector import Detections, DetectorInfo, Image
from framesel.looping.lap import Lap
from framesel.looping.loop import Plan, loop
from framesel.model_files import file_digest
from framesel.rounds import state
from framesel.workspace import Workspace
from tests.learning.conftest import FakeTrainer
from tests.pipeline.conftest import SETTINGS, Bench, Recorder, finished, footage
from tests.resume.faults import Inline

__all__ = ["finished", "footage"]

HEAD = "frame,class,x,y,w,h\n"
CAR: list[Any] = ["car", 10, 10, 50, 40]
TRAIN = ["train.weights=scratch:yolov8n", "train.size_px=160", "train.iterations=2"]


class Seer:
    """Sees the boxes of its weights in every picture, how surely depends on the picture."""

    last_layer = None

    def __init__(self, name: str) -> None:
        told = json.loads(Path(name).read_text("utf-8"))
        self.info = DetectorInfo(name, file_digest(Path(name)), tuple(told["classes"]), "sigmoid")
        self.sees = told["sees"]

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Detections:
        n, classes = len(self.sees), self.info.classes
        sure = hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()[0] / 256
        logits = np.full((n, len(classes)), -9.0, np.float32)
        for row, (name, *_) in enumerate(self.sees):
            logits[row, classes.index(name)] = 0.5 + 3 * sure
        xyxy = np.array([box for _, *box in self.sees], np.float32).reshape(-1, 4)
        level, head = np.zeros(n, np.int8), np.zeros(n, np.uint8)
        return Detections(xyxy, logits, level, head, None, None, 2.0, 0.0)


def fake_detectors(patch: pytest.MonkeyPatch) -> None:
    """Lets detectors be loaded that a fake training wrote."""
    described = lambda name, *_, **__: Seer(name).info  # noqa: E731
    patch.setattr(detectors, "load", lambda name, *_, **__: Seer(name), raising=False)
    patch.setattr(detectors, "describe", described, raising=False)


@dataclass
class Circuit:
    """A workspace in which a round was chosen already, labels of all footage, and a loop."""

    root: Path
    videos: Path
    labels: Path
    trainer: FakeTrainer | None = field(
        default_factory=lambda: FakeTrainer([["car", 10, 10, 50, 40]])
    )
    watch: Recorder = field(default_factory=Recorder)
    laps: list[Lap] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.root)

    def plan(self, rounds: int, **more: Any) -> Plan:
        return Plan((str(self.videos),), self.labels, rounds, **more)

    def go(self, rounds: int, *settings: str, **more: Any) -> tuple[Lap, ...]:
        from framesel import recipe as recipes

        self.watch, self.laps = Recorder(), []
        chosen = recipes.load(None, [*SETTINGS, "selection.budget=4", *TRAIN, *settings])
        return loop(
            self.root,
            chosen,
            self.plan(rounds, **more),
            self.watch,
            self.laps.append,
            runner=Inline,
            trainer=self.trainer,
        )

    def picks(self) -> dict[int, list[tuple[int, int]]]:
        """Of each round, by rank."""
        found = {}
        for this in state.rounds(self.workspace):
            table = this.picks(self.workspace)
            columns = (table[name].to_pylist() for name in ("video_no", "pts"))
            found[this.number] = list(zip(*columns, strict=True))
        return found

    def left(self) -> dict[str, bytes]:
        """What rounds and models leave that two equal loops must share."""
        names = ("metrics.json", "metrics.prom", "picks.csv", "labels.csv", "summary.json")
        paths = [p for p in self.root.rglob("*") if p.name in (*names, "found.parquet")]
        return {str(p.relative_to(self.root)): p.read_bytes() for p in sorted(paths)}


def labels_of(videos: Path, folder: Path) -> Path:
    """A table for each video: a car in every frame but each third, which is empty."""
    folder.mkdir()
    for path in videos.iterdir():
        rows = "".join(f"{n},car,10,10,40,30\n" for n in range(400) if n % 3)
        (folder / f"{path.stem}.csv").write_text(HEAD + rows)
    return folder


def circuit_in(folder: Path, finished: Bench) -> Circuit:
    """A circuit over a copy of the finished workspace, as if nothing had been chosen."""
    shutil.copytree(finished.root, folder / "ws")
    shutil.rmtree(folder / "ws" / "rounds")
    shutil.rmtree(folder / "ws" / "selection")
    return Circuit(folder / "ws", finished.videos, labels_of(finished.videos, folder / "said"))


def plain_page(patch: pytest.MonkeyPatch) -> None:
    """Writes a word in place of each round's page, which takes longest and has its own tests."""
    patch.setattr("framesel.report.page.write", lambda view, path: path.write_text("page"))


@pytest.fixture
def circuit(tmp_path: Path, finished: Bench, monkeypatch: pytest.MonkeyPatch) -> Circuit:
    """A circuit of one's own."""
    fake_detectors(monkeypatch)
    plain_page(monkeypatch)
    return circuit_in(tmp_path, finished)
