"""`framesel tau`: from which cosine on are two frames of this footage the same?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framesel import planning
from framesel.errors import StageError
from framesel.recipe import Recipe
from framesel.stages import pictures
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.backbones import Backbone
    from framesel.selection import TauAdvice

NEIGHBOURS_FROM = 4000
"""Frames among which the nearest of another video is looked for."""


@dataclass(frozen=True)
class Calibration:
    """A suggested threshold, what to expect of it, and what the recipe says now."""

    advice: TauAdvice
    frames: int
    now: float

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield f"{self.frames} frames were altered in five ways (JPEG, exposure, shift, noise, blur)"
        yield f"{'tau_cos':>8} {'duplicates found':>17} {'wrong merges':>13}"
        for row in self.advice.table:
            yield f"{row.tau_cos:8.4f} {row.recall:17.1%} {row.wrong_merges:13.2%}"
        yield (
            f"suggested: --set duplicates.tau_cos={self.advice.tau_cos:.4f} (now {self.now:g}): "
            f"finds {self.advice.recall:.1%} of the duplicates, merges "
            f"{self.advice.wrong_merges:.2%} of the frames with another video"
        )
        if not self.advice.separable:
            yield (
                "duplicates and the nearest frames of other videos overlap. Where several videos\n"
                "show one place, such merges are right and the recall decides; where they do not,\n"
                "the backbone is too coarse for this footage (`framesel pretrain`, or timm:…)."
            )


def calibrate(workspace: Workspace, recipe: Recipe, samples: int) -> Calibration:
    """Compares self-made duplicates with the nearest neighbours in other videos.

    Args:
        workspace: With frames.
        recipe: Says which backbone.
        samples: Frames to make duplicates of.

    Raises:
        StageError: There are no frames.
        SelectionError: There are frames of one video only.
    """
    from framesel.backbones.perturb import CHANGES
    from framesel.selection import suggest_tau
    from framesel.selection.tau import nearest_in_other_videos

    backbone = load_backbone(recipe)
    key = next(s.key for s in planning.plan(workspace, recipe) if s.name == "frames")
    stored = pictures.sample(workspace, key, max(samples, NEIGHBOURS_FROM))
    vectors = embed(backbone, stored)
    video_no = np.array([frame.video_no for frame in stored], np.int64)
    rows = np.unique(np.linspace(0, len(stored) - 1, min(samples, len(stored))).round().astype(int))
    originals, altered = [], []
    for seed, change in enumerate(CHANGES.values()):
        images = [change(stored[i].image(), np.random.default_rng([seed, i])) for i in rows]
        originals.append(vectors[rows])
        altered.append(backbone(images))
    advice = suggest_tau(
        np.concatenate(originals),
        np.concatenate(altered),
        nearest_in_other_videos(vectors, video_no),
    )
    return Calibration(advice, len(rows), recipe.duplicates.tau_cos)


def load_backbone(recipe: Recipe, name: str | None = None) -> Backbone:
    """The recipe's backbone (or another one) in this process, on all cores."""
    from framesel import backbones

    runtime = backbones.choose_runtime(recipe.run.device)
    return backbones.load(
        name or recipe.embeddings.backbone,
        device=recipe.run.device if runtime.startswith("cuda") else "cpu",
        runtime=runtime,
        batch=recipe.embeddings.batch,
        threads=recipe.run.thread_count(),
    )


def embed(backbone: Backbone, stored: Sequence[pictures.Stored]) -> np.ndarray:
    """(n, dim) unit rows; a bounded number of pictures is in memory at a time."""
    if not stored:
        raise StageError("there are no frames to embed")
    chunks = [stored[i : i + 128] for i in range(0, len(stored), 128)]
    return np.concatenate([backbone([frame.image() for frame in chunk]) for chunk in chunks])
