"""`framesel tau`: from which cosine on are two frames of this footage the same?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framesel import planning
from framesel.errors import StageError
from framesel.recipe import Recipe
from framesel.stages import pictures, self_made
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.backbones import Backbone
    from framesel.selection import TauAdvice


@dataclass(frozen=True)
class Calibration:
    """A suggested threshold, what to expect of it, and what the recipe says now."""

    advice: TauAdvice
    frames: int
    now: float | str

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield f"{self.frames} frames were altered in five ways (JPEG, exposure, shift, noise, blur)"
        yield f"{'tau_cos':>8} {'duplicates found':>17} {'wrong merges':>13}"
        for row in self.advice.table:
            yield f"{row.tau_cos:8.4f} {row.recall:17.1%} {row.wrong_merges:13.2%}"
        now = self.now if isinstance(self.now, str) else f"{self.now:g}"
        yield (
            f"suggested: --set duplicates.tau_cos={self.advice.tau_cos:.4f} (now {now}): "
            f"{self_made.expectation(self.advice)}"
        )
        yield from self_made.doubts(self.advice)


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
    backbone = load_backbone(recipe)
    key = next(s.key for s in planning.plan(workspace, recipe) if s.name == "frames")
    stored = pictures.sample(workspace, key, max(samples, self_made.NEIGHBOURS_FROM))
    vectors = embed(backbone, stored)
    rows = self_made.spread(len(stored), samples)
    advice = self_made.advise(
        backbone,
        [stored[row] for row in rows],
        vectors[rows],
        vectors,
        [frame.video_no for frame in stored],
        at_least_cos=0.0,
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
