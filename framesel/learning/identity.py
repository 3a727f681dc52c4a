"""What decides a model's weights, as ``stage.json`` keeps it and its folder's name hashes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from framesel import planning
from framesel.handover.pictures import Work
from framesel.learning.material import Material
from framesel.learning.pictures import look_of
from framesel.learning.start import Start, start_of
from framesel.rounds.models import Model
from framesel.runtime import Runtime, choose_runtime
from framesel.settings import RunSettings
from framesel.stage import fingerprint
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.training.settings import TrainSettings

VERSION = 1
"""Raised when equal labels and settings give other data to learn from."""

ELSEWHERE = {"weights", "start", "val_share", "rule", "trust_weights"}
"""Settings that shape the initial weights or what is learnt from, which are hashed themselves."""

CPU, CUDA = "torch-cpu", "torch-cuda"


@dataclass(frozen=True)
class Identity:
    """Of one model.

    Attributes:
        settings: Of its training.
        material: What it learns from.
        start: What it begins with.
        decoder: Of its pictures.
        runtime: ``torch-cpu`` or ``torch-cuda``: the one that this workspace used first, unless a
            device is named.
        asked: The device that was asked for.
    """

    settings: TrainSettings
    material: Material
    start: Start
    decoder: str
    runtime: str
    asked: str

    @classmethod
    def of(
        cls, work: Work, settings: TrainSettings, material: Material, previous: Model | None
    ) -> Self:
        """Looks it up; errors as of ``start_of``."""
        recipe = work.recipe
        return cls(
            settings,
            material,
            start_of(work.workspace, recipe, previous),
            recipe.frames.decoder,
            _runtime(work.workspace, recipe.run),
            recipe.run.device,
        )

    @property
    def device(self) -> str:
        """Where to compute: ``cpu``, ``cuda`` or ``cuda:N``."""
        if self.runtime == CPU:
            return "cpu"
        return "cuda" if self.asked == "auto" else self.asked

    @cached_property
    def content(self) -> dict[str, Any]:
        """As ``stage.json`` has it; no paths."""
        from framesel.training import loop

        return {
            "stage": "train",
            "version": [VERSION, loop.VERSION],
            "fields": self.settings.model_dump(mode="json", exclude=ELSEWHERE),
            "assets": {"weights": self.start.digest},
            "runtime": self.runtime,
            "classes": list(self.material.classes),
            "labels": self.material.digest,
            "pictures": look_of(self.material.train, self.settings.size_px, self.decoder),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Eight hex digits."""
        return fingerprint(self.content)

    def record(self, workspace: Workspace, folder: Path) -> None:
        """Writes down what the model is made from, and which runtime this workspace trains with."""
        write_json(folder / "stage.json", self.content)
        known = planning.recorded_runtimes(workspace)
        if known.get("train") != self.runtime:
            write_json(workspace.root / "runtimes.json", {**known, "train": self.runtime})


def _runtime(workspace: Workspace, run: RunSettings) -> str:
    recorded = planning.recorded_runtimes(workspace).get("train")
    if run.device == "auto" and recorded:
        return recorded
    return CUDA if choose_runtime(run.device) is Runtime.CUDA_FP16 else CPU
