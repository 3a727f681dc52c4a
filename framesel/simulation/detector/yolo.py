"""YOLO as the detector of the comparison: fine-tuned anew at every point, always for as long."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesel.evaluation.boxes import Found
from framesel.selection.vectors.arrays import I64
from framesel.simulation.detector.pool import Judged, Pool
from framesel.simulation.detector.protocol import Learner, Model
from framesel.simulation.detector.seen import look
from framesel.training.settings import TrainSettings
from framesel.uncertainty.boxes import Boxes

SETTINGS: Final = TrainSettings(
    size_px=320, iterations=300, batch=16, warmup=30, plain_end=0, precision="mixed"
)
"""Iterations, not epochs: equally long whatever was labelled. Mosaic throughout, as there are few
pictures. Mixed precision on the CPU too, where it has the units: half as many again."""

LEAST_CONF: Final = 0.001
MOST_BOXES: Final = 100


@dataclass(frozen=True)
class YoloSchool:
    """Trains by :mod:`framesel.training`.

    Attributes:
        weights: What every training begins with; see ``TrainSettings.weights``.
        folder: For what is trained; nothing is trained twice.
        settings: How, but for the seed, which is the trial's.
        device: Where.
        threads: On the CPU.
    """

    weights: str
    folder: Path
    settings: TrainSettings = SETTINGS
    device: str = "cpu"
    threads: int = 1

    @property
    def name(self) -> str:
        """In tables."""
        return "yolo"

    def identity(self) -> Mapping[str, Any]:
        """Digest of the initial weights, settings, kind of device."""
        from framesel.training import digest_of

        how = self.settings.model_dump(mode="json", exclude={"weights", "seed"})
        device = self.device.partition(":")[0]
        return {"learner": self.name, "start": digest_of(self.weights), "how": how, "on": device}

    def learner(self, pool: Pool, judged: Judged) -> Learner:
        """One for a pool."""
        return YoloLearner(self, pool, judged)


@dataclass(frozen=True, eq=False)
class YoloLearner:
    """Learns from some pictures of a pool.

    Attributes:
        school: How.
        pool: From what.
        judged: What is shown to what was trained.
    """

    school: YoloSchool
    pool: Pool
    judged: Judged

    def fit(self, rows: I64, seed: int) -> Model:
        """See ``protocol.Learner``.

        Raises:
            FrameselError: The training cannot begin, or diverged.
        """
        from framesel.training import freeze, train

        school = self.school
        folder = school.folder / self._digest(rows, seed)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            data = Path(scratch) / "data"
            freeze(data, self._examples(rows), self.pool.classes)
            trained = train(
                data,
                school.settings.model_copy(update={"seed": seed}),
                school.weights,
                self.pool.classes,
                folder,
                device=school.device,
                threads=school.threads,
            )
        return YoloModel(self, f"{trained.prefix}{trained.weights}")

    def _examples(self, rows: I64) -> Iterator[Any]:
        from framesel.training import Example

        truth = self.pool.truth
        for row in rows.tolist():
            boxes = slice(truth.offsets[row], truth.offsets[row + 1])
            width, height = (int(side) for side in self.pool.size_wh[row])
            yield Example(
                name=f"{self.pool.rows[row]:06d}",
                jpeg=self.pool.jpeg(row),
                xyxy=truth.xyxy[boxes],
                class_no=truth.class_no[boxes],
                size_wh=(width, height),
            )

    def _digest(self, rows: I64, seed: int) -> str:
        """Of what decides the weights; the album's folder is called by a digest of its own."""
        told = {**self.school.identity(), "album": self.pool.album.folder.name, "seed": seed}
        found = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        found.update(np.ascontiguousarray(self.pool.rows[rows], np.int64).tobytes())
        return found.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class YoloModel:
    """What was trained.

    Attributes:
        learner: By whom.
        weights: As ``detectors.load`` takes them.
    """

    learner: YoloLearner
    weights: str

    def judged(self) -> Found:
        """See ``protocol.Model``."""
        judged = self.learner.judged
        detector = self._detector(LEAST_CONF, MOST_BOXES, in_full=True)
        rows, size_px = np.arange(len(judged)), self.learner.school.settings.size_px
        return look(detector, judged.jpeg, rows, size_px).found(judged.classes)

    def pool(self, rows: I64) -> Boxes:
        """See ``protocol.Model``."""
        from framesel.detectors import DetectSettings

        usual = DetectSettings()
        detector = self._detector(usual.conf, usual.max_candidates, in_full=False)
        size_px = self.learner.school.settings.size_px
        return look(detector, self.learner.pool.jpeg, rows, size_px).boxes()

    def _detector(self, conf: float, most: int, *, in_full: bool) -> Any:
        """The detector; in full precision where it is judged on the CPU, fast where it is heard."""
        from framesel import detectors
        from framesel.runtime import Runtime, choose_runtime

        school = self.learner.school
        plain = in_full and school.device == "cpu"
        return detectors.load(
            self.weights,
            detectors.DetectSettings(
                size_px=school.settings.size_px,
                conf=conf,
                max_candidates=most,
                features=not in_full,
            ),
            runtime=Runtime.TORCH_FP32 if plain else choose_runtime(school.device),
            device=school.device,
            batch=32,
            threads=school.threads,
        )
