"""A small pool whose detector knows the scenes that it was shown: instant, and of known worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from framesel.evaluation.boxes import Found, Truth
from framesel.selection.vectors.arrays import I64
from framesel.simulation.detector.album import Album
from framesel.simulation.detector.pool import NO_CLASS, Judged, Pool
from framesel.simulation.detector.protocol import Learner, Model
from framesel.simulation.world import unit
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.compact import compact

SCENES, CLIPS, JUDGED_CLIPS, PER_CLIP = 16, 24, 16, 6
CLASSES = ("kite", "gull")
SIZE_PX = 64


def scene_of(clips: int, seed: int) -> I64:
    """Which scene each clip shows: a few show the same, most are seldom."""
    rng = np.random.default_rng([seed, clips])
    return np.minimum(rng.pareto(0.7, clips).astype(np.int64), SCENES - 1)


def album(n: int, truth: Truth, vectors: np.ndarray[Any, Any]) -> Album:
    """Pictures that nobody opens."""
    return Album(
        folder=Path("nowhere"),
        offsets=np.zeros(n + 1, np.int64),
        size_wh=np.full((n, 2), SIZE_PX),
        truth=truth,
        quality=np.zeros((n, 4)),
        vectors=vectors.astype(np.float32),
    )


def boxes_of(scene: I64) -> Truth:
    """One object in each picture, its class and place by the scene."""
    corner = np.stack([scene * 3 % 40, scene * 5 % 40], axis=1).astype(np.float32)
    return Truth(
        np.arange(len(scene) + 1, dtype=np.int64),
        np.concatenate([corner, corner + 10], axis=1),
        scene % len(CLASSES),
    )


def directions(scene: I64, seed: int) -> np.ndarray[Any, Any]:
    """Vectors that tell scenes apart; each frame looks like the one before or after."""
    middle = np.random.default_rng(0).standard_normal((SCENES, 24))
    rng = np.random.default_rng([seed, len(scene)])
    pairs = rng.standard_normal((len(scene), 24))[np.arange(len(scene)) // 2]
    return unit(middle[scene] + 0.5 * pairs + 0.02 * rng.standard_normal(pairs.shape))


def pool(seed: int, rare: int = NO_CLASS) -> Pool:
    """Clips of six frames; one frame in each is refused by the gate."""
    clip = np.repeat(np.arange(CLIPS), PER_CLIP)
    scene = scene_of(CLIPS, seed)[clip]
    truth, n = boxes_of(scene), len(clip)
    vectors = directions(scene, seed).astype(np.float32)
    return Pool(
        setting="small",
        seed=seed,
        classes=CLASSES,
        album=album(n, truth, vectors),
        rows=np.arange(n),
        video_no=clip // 2,
        clip_no=clip,
        pts_s=(np.arange(n) % (2 * PER_CLIP)).astype(np.float64),
        truth=truth,
        size_wh=np.full((n, 2), SIZE_PX),
        vectors=vectors,
        passes=np.arange(n) % PER_CLIP != 5,
        rare=rare,
    )


def judged() -> Judged:
    """Two pictures of each of sixteen clips, one for each scene."""
    clip = np.repeat(np.arange(JUDGED_CLIPS), 2)
    truth = boxes_of(clip % SCENES)
    n = len(clip)
    return Judged(
        setting="small",
        classes=CLASSES,
        album=album(n, truth, directions(clip % SCENES, 99)),
        rows=np.arange(n),
        video_no=clip,
        truth=truth,
        size_wh=np.full((n, 2), SIZE_PX),
    )


@dataclass(frozen=True, eq=False)
class Knowing:
    """Finds the objects of the scenes that it knows, and is unsure of the others."""

    pool_: Pool
    judged_: Judged
    scenes: I64
    known: I64

    def judged(self) -> Found:
        scene = self.judged_.video_no % SCENES
        sure = np.isin(scene, self.known)
        truth = self.judged_.truth
        xyxy = truth.xyxy + np.where(sure, 0, 30)[:, None].astype(np.float32)
        conf = np.where(sure, 0.9, 0.3).astype(np.float32)
        return Found(truth.offsets, xyxy, truth.class_no, conf)

    def pool(self, rows: I64) -> Boxes:
        scene = self.scenes[rows]
        sure = np.isin(scene, self.known)
        logits = np.where(sure, 4.0, -0.5)[:, None] * np.eye(len(CLASSES))[scene % len(CLASSES)]
        top_class, top_logit, rest = compact(logits - 1.0 * (logits == 0), 2, "sigmoid")
        truth, n = boxes_of(scene), len(rows)
        return Boxes(
            offsets=truth.offsets,
            size_wh=np.full((n, 2), SIZE_PX, np.float32),
            peak=top_logit[:, 0].astype(np.float32),
            faint=np.zeros(n, np.float32),
            xyxy=truth.xyxy + np.where(sure, 0, 30)[:, None].astype(np.float32),
            top_class=top_class,
            top_logit=top_logit.astype(np.float32),
            rest=rest,
            level=np.zeros(n, np.int8),
            head=np.zeros(n, np.uint8),
            classes=CLASSES,
            features=np.eye(SCENES, dtype=np.float16)[scene],
        )


@dataclass(frozen=True, eq=False)
class Teacher:
    """Makes detectors, and remembers from what they learnt."""

    pool_: Pool
    judged_: Judged
    lessons: list[tuple[I64, int]] = field(default_factory=list)

    def fit(self, rows: I64, seed: int) -> Model:
        self.lessons.append((rows, seed))
        scenes = scene_of(CLIPS, self.pool_.seed)[self.pool_.clip_no]
        return Knowing(self.pool_, self.judged_, scenes, np.unique(scenes[rows]))


@dataclass(frozen=True)
class SmallSource:
    """Small pools."""

    name: str = "small"
    rare: int = NO_CLASS
    clips: int = CLIPS
    frames: int = CLIPS * PER_CLIP

    def identity(self) -> Mapping[str, Any]:
        return {"pool": self.name, "rare": self.rare}

    def open(self, seed: int) -> tuple[Pool, Judged]:
        return pool(seed, self.rare), judged()


@dataclass(frozen=True)
class SmallSchool:
    """Detectors that know scenes."""

    name: str = "knowing"

    def identity(self) -> Mapping[str, Any]:
        return {"learner": self.name}

    def learner(self, pool: Pool, judged: Judged) -> Learner:
        return Teacher(pool, judged)
