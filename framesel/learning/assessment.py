"""How good a model is on frames that it has not learnt from, and against the round before."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesel import planning, table_files
from framesel.errors import WeightsError
from framesel.evaluation import metrics
from framesel.evaluation.boxes import Found
from framesel.evaluation.compare import Difference, difference
from framesel.evaluation.results import Estimate
from framesel.learning import found as found_table
from framesel.learning.judging import Exam, Judged, Machine
from framesel.learning.material import digest_of
from framesel.recipe import Recipe
from framesel.rounds.models import Model
from framesel.workspace import Workspace, write_json

VERSION = 1
"""Raised when equal frames and boxes give other metrics."""

NAME = "metrics.json"

SETS = ("holdout", "val")
"""The first of them that shows an object decides whether a model is better."""

UNSCORED = "not scored"


@dataclass(frozen=True)
class Rival:
    """The model of the round before.

    Attributes:
        model: As the workspace has it.
        judged: As it is shown the same frames.
    """

    model: Model
    judged: Judged


@dataclass(frozen=True)
class Assessment:
    """How a model is judged.

    Attributes:
        exams: Frames by the name of their set, empty ones left out.
        model: What is judged.
        weights: Digest of its weights.
        rival: What it is compared with; None: there is nothing.
        machine: What detectors run on.
        hardness: Asked for the difficulty of frames, as scored before this training.
    """

    exams: Mapping[str, Exam]
    model: Judged
    weights: str
    rival: Rival | None
    machine: Machine
    hardness: Callable[[], Mapping[tuple[int, int], str]]

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that makes metrics other ones; no paths."""
        return {
            "version": VERSION,
            "weights": self.weights,
            "frames": {name: digest_of({name: exam.frames}) for name, exam in self.exams.items()},
            "classes": [list(exam.classes) for exam in self.exams.values()][:1],
            "against": None if self.rival is None else self.rival.model.folder,
        }

    def write(self, folder: Path, told: Mapping[str, Any]) -> dict[str, Any]:
        """Judges, and leaves ``found.parquet`` and then ``metrics.json``, the done-marker.

        Args:
            folder: Of the model.
            told: What else is to be known of it; JSON.

        Returns:
            What ``metrics.json`` holds.

        Raises:
            WeightsError: The model's weights are missing or damaged, or give no finite values.
        """
        found = self._looked(self.model)
        found_table.write(folder / found_table.NAME, self.exams, found)
        content = {
            **told,
            "identity": self.identity,
            **dict.fromkeys(SETS),
            **{name: self._metrics(exam, found[name]) for name, exam in self.exams.items()},
            **self._compared(found),
        }
        write_json(folder / NAME, content)
        return content

    def _looked(self, judged: Judged) -> dict[str, Found]:
        if not self.exams:
            return {}
        classes = next(iter(self.exams.values())).classes
        look = judged.opened(self.machine, classes)
        return {name: look(exam) for name, exam in self.exams.items()}

    def _metrics(self, exam: Exam, found: Found) -> dict[str, Any]:
        known = self.hardness()
        hardness = [known.get(one.key, UNSCORED) for one in exam.frames]
        scored = set(hardness) != {UNSCORED}
        return metrics.evaluate(
            exam.truth, found, exam.classes, exam.video, hardness=hardness if scored else None
        ).json()

    def _compared(self, found: Mapping[str, Found]) -> dict[str, Any]:
        if self.rival is None:
            return {"difference": None, "previous": None}
        try:
            before = self._looked(self.rival.judged)
        except WeightsError as error:
            return {
                "difference": None,
                "previous": {"round": self.rival.model.round, "error": type(error).__name__},
            }
        changes = {
            name: difference(exam.truth, before[name], found[name], exam.classes, exam.video)
            for name, exam in self.exams.items()
        }
        return {
            "difference": {
                "round": self.rival.model.round,
                "word": _word(self.exams, changes),
                **{name: change.json() for name, change in changes.items()},
            },
            "previous": {
                "round": self.rival.model.round,
                **{name: self._metrics(exam, before[name]) for name, exam in self.exams.items()},
            },
        }


def _word(exams: Mapping[str, Exam], changes: Mapping[str, Difference]) -> str:
    """Better, worse or not told apart, by the first set that shows an object."""
    for name in SETS:
        if name in exams and exams[name].worth_asking:
            return changes[name].word
    return "not told apart"


def known(folder: Path) -> dict[str, Any] | None:
    """A model's ``metrics.json``; None where there is none that can be read."""
    try:
        found = json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def hardness_of(workspace: Workspace, recipe: Recipe) -> dict[tuple[int, int], str]:
    """Easy, medium or hard for each frame that was scored; empty where none was."""
    keys = {step.name: step.key for step in planning.plan(workspace, recipe)}
    path = workspace.stage("scores", keys.get("scores", "none")) / "all.parquet"
    if not path.exists():
        return {}
    names = ["video_no", "pts", "difficulty"]
    table = table_files.read(path, columns=names)
    columns = (table[name].to_pylist() for name in names)
    return {(no, pts): word for no, pts, word in zip(*columns, strict=True)}


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What ``metrics.json`` says, for a person: each set of frames, then the comparison."""
    names = {"holdout": "held out", "val": "kept apart"}
    for name in SETS:
        one = told.get(name)
        if one and one["objects"]:
            yield (
                f"{names[name]:11} mAP50 {_estimate(one['map50'])}, mAP50-95 "
                f"{_estimate(one['map50_95'])}: {one['objects']:,} objects in {one['frames']:,} "
                f"frames of {len(one['videos']):,} videos"
            )
        elif one:
            yield f"{names[name]:11} nothing to be found in its {one['frames']:,} frames"
    if not any(told.get(name) for name in SETS):
        yield "judged by nothing: no labelled frame was kept apart or held out"
    yield from _against(told)


def _against(told: Mapping[str, Any]) -> Iterator[str]:
    if (change := told.get("difference")) is None:
        if told.get("previous"):
            yield f"the model of round {told['previous']['round']} cannot be judged any more"
        return
    for name in SETS:
        if name in change:
            points = [
                _number(change[name]["map50"]["difference"][b]) for b in ("value", "low", "high")
            ]
            if math.isnan(points[0]):
                continue
            interval = (
                ""
                if math.isnan(points[1])
                else f" [{100 * points[1]:+.1f}, {100 * points[2]:+.1f}]"
            )
            yield (
                f"against round {change['round']}'s model on the same frames ({name}): "
                f"{100 * points[0]:+.1f} points of mAP50{interval}: {change[name]['word']}"
            )
    if change["word"] == "worse":
        yield "WORSE than the model before, which is kept: look at the new labels"


def _estimate(told: Mapping[str, Any]) -> str:
    return str(Estimate(*(_number(told[bound]) for bound in ("value", "low", "high"))))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
