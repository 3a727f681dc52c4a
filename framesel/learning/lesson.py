"""One model on its way: what it learns from, the training itself, how it is judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.evaluation import metrics
from framesel.handover.pictures import Work
from framesel.labels import store
from framesel.learning import assessment, material, pictures
from framesel.learning.assessment import Assessment, Rival
from framesel.learning.identity import Identity
from framesel.learning.judging import Exam, Judged, Machine
from framesel.learning.material import Material, Shown
from framesel.learning.telling import Teller
from framesel.model_files import file_digest
from framesel.rounds import models, state
from framesel.rounds.models import Model
from framesel.splitting.kept import write_sides
from framesel.training import examples

if TYPE_CHECKING:
    from framesel.training.progress import Trained
    from framesel.training.settings import TrainSettings

Trainer = Callable[..., "Trained"]

LEARNT_FROM = "pictures"
JUDGED_BY = "judged"
"""Folders of pictures in a model's folder; ``data/`` holds the first ones under second names."""


@dataclass(frozen=True)
class Lesson:
    """What is made of the present labels.

    Attributes:
        work: The workspace, its recipe, and who does the work.
        trainer: In place of ``framesel.training.loop.train``.
    """

    work: Work
    trainer: Trainer | None

    @property
    def remarks(self) -> Sequence[str]:
        """What a person should hear before anything is done."""
        return self.material.remarks

    @cached_property
    def round(self) -> int:
        """The last closed round; 0 where none is."""
        closed = [this.number for this in state.rounds(self.work.workspace) if this.closed]
        return max(closed, default=0)

    @cached_property
    def previous(self) -> Model | None:
        """The model of the last round before this one that has some."""
        known = models.models(self.work.workspace)
        return next((one for one in reversed(known) if one.round < self.round), None)

    @cached_property
    def material(self) -> Material:
        """Labelled frames on their sides."""
        return material.read(self.work.workspace, self.work.recipe, self.previous)

    @cached_property
    def settings(self) -> TrainSettings:
        """As asked for, but of val frames that show nothing nothing is asked."""
        asked = self.work.recipe.train
        if any(one.boxes for one in self.material.val):
            return asked
        return asked.model_copy(update={"patience": 0, "keep": "last"})

    @cached_property
    def identity(self) -> Identity:
        """What decides the weights."""
        return Identity.of(self.work, self.settings, self.material, self.previous)

    @property
    def folder(self) -> Path:
        """Of the model."""
        return self.work.workspace.root / "models" / self.identity.fingerprint

    def judged(self) -> tuple[Mapping[str, Any], bool]:
        """Trains and judges as far as that is not done.

        Returns:
            What ``metrics.json`` holds, and whether nothing had to be done.
        """
        self.identity.record(self.work.workspace, self.folder)
        write_sides(self.folder, self.material.split)
        exams, missing = self._exams()
        told = assessment.known(self.folder)
        if told is None or not (self.folder / told["model"]["weights"]).is_file():
            told = self._trained(exams)
        judging = self._assessment(told["model"], exams)
        if told.get("identity") == judging.identity:
            return told, True
        kept = {name: told[name] for name in ("model", "training", "learnt_from")}
        left_out = [one for one in told["left_out"] if one["set"] == LEARNT_FROM]
        return judging.write(self.folder, {**kept, "left_out": [*left_out, *missing]}), False

    def model(self, told: Mapping[str, Any]) -> Model:
        """As the workspace remembers it."""
        one = told["model"]
        return Model(
            self.round,
            f"models/{self.identity.fingerprint}",
            one["weights"],
            one["prefix"],
            tuple(one["classes"]),
            one["size_px"],
            store.last(self.work.workspace),
        )

    def _exams(self) -> tuple[dict[str, Exam], list[dict[str, Any]]]:
        """Frames to be judged by, and which of them have no picture."""
        folder = self.folder / JUDGED_BY
        sets = {"holdout": self.material.holdout, "val": self.material.val}
        frames = [one for each in sets.values() for one in each]
        sizes = [self.settings.size_px, *([self.previous.size_px] if self.previous else [])]
        missing = self._pictures(folder, frames, max(sizes))
        exams = {
            name: Exam(tuple(pictures.present(folder, each)), folder, self.material.classes)
            for name, each in sets.items()
        }
        return {name: exam for name, exam in exams.items() if len(exam)}, missing

    def _pictures(
        self, folder: Path, frames: Sequence[Shown], long_px: int
    ) -> list[dict[str, Any]]:
        """Makes pictures. Returns what could not be made: frames by video, with the reason."""
        home = self.work.workspace.root / "models"
        earlier = [path for path in sorted(home.glob("*/*/")) if path != folder]
        errors = pictures.make(self.work, folder, frames, long_px, earlier)
        reasons = {row["video_no"]: str(row["error"]) for row in errors}
        videos = Catalog(self.work.workspace).videos
        made = set(pictures.present(folder, frames))
        lost = [one.key[0] for one in frames if one not in made]
        return [
            {
                "set": folder.name,
                "video": Path(videos[no]["path"]).name,
                "frames": lost.count(no),
                "error": reasons.get(no, "these frames are not in it any more"),
            }
            for no in sorted(set(lost))
        ]

    def _trained(self, exams: Mapping[str, Exam]) -> dict[str, Any]:
        """Freezes what is learnt from, and trains. What is to be known of the model."""
        missing = self._pictures(
            self.folder / LEARNT_FROM, self.material.train, self.settings.size_px
        )
        frames = tuple(pictures.present(self.folder / LEARNT_FROM, self.material.train))
        if not frames:
            raise StageError(
                f"not one picture of {len(self.material.train):,} labelled frames could be made: "
                f"{missing[0]['video']}: {missing[0]['error']}"
            )
        self._freeze(frames)
        began = time.monotonic()
        teller = Teller(self.work.watch, self.settings.batch)
        trained = (self.trainer or _trainer())(
            self.folder / "data",
            self.settings,
            self.identity.start.name,
            self.material.classes,
            self.folder,
            device=self.identity.device,
            threads=self.work.recipe.run.thread_count(),
            judge=self._judge(exams),
            on_step=teller.step,
        )
        teller.end(time.monotonic() - began)
        return {**_told(trained, frames), "left_out": missing}

    def _freeze(self, frames: Sequence[Shown]) -> None:
        """Writes ``data/``, unless it is there as it should be."""
        folder = self.folder / "data"
        # where it is not there, not whole, or damaged, it is written anew
        with suppress(StageError):
            if [one.name for one in examples.read(folder).pictures] == [o.name for o in frames]:
                return
        shown = pictures.examples(self.folder / LEARNT_FROM, frames, self.material.classes)
        examples.freeze(folder, shown, self.material.classes)

    def _judge(self, exams: Mapping[str, Exam]) -> Callable[[Path], float] | None:
        """Scores weights on the val frames; None where nothing depends on it."""
        settings = self.settings
        if (not settings.patience and settings.keep == "last") or "val" not in exams:
            return None
        exam, prefix = exams["val"], self.identity.start.prefix

        def judge(weights: Path) -> float:
            judged = Judged(f"{prefix}{weights}", settings.size_px)
            found = judged.opened(self.machine, exam.classes)(exam)
            told = metrics.evaluate(exam.truth, found, exam.classes, exam.video, replicates=0)
            return told.map50_95.value

        return judge

    @property
    def machine(self) -> Machine:
        """What detectors are judged with."""
        return Machine.of(self.identity.device, self.work.recipe.run.thread_count())

    def _assessment(self, model: Mapping[str, Any], exams: Mapping[str, Exam]) -> Assessment:
        weights = self.folder / model["weights"]
        rival = None
        if self.previous is not None:
            name = self.previous.name(self.work.workspace)
            rename = self.settings.rename
            rival = Rival(self.previous, Judged(name, self.previous.size_px, rename))
        return Assessment(
            exams,
            Judged(f"{model['prefix']}{weights}", model["size_px"]),
            file_digest(weights),
            rival,
            self.machine,
            lambda: assessment.hardness_of(self.work.workspace, self.work.recipe),
        )


def _trainer() -> Trainer:
    from framesel.training.loop import train

    return train


def _told(trained: Trained, frames: Sequence[Shown]) -> dict[str, Any]:
    """What is to be known of a model beside its metrics; no paths, no times."""
    return {
        "model": {
            "weights": trained.weights.name,
            "prefix": trained.prefix,
            "classes": list(trained.classes),
            "size_px": trained.size_px,
        },
        "training": {
            "iterations": trained.iterations,
            "kept": trained.kept,
            "scores": [list(one) for one in trained.scores],
            "taken_over": list(trained.taken_over),
        },
        "learnt_from": {
            "frames": len(frames),
            "boxes": sum(len(one.boxes) for one in frames),
            "videos": len({one.video for one in frames}),
        },
    }
