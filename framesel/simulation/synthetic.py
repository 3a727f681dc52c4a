"""Worlds made from the generator's truth: all is known, and every seed is another fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framesel.simulation.world import NOTHING, Footage, World

if TYPE_CHECKING:
    from framesel.simulation.spec import Preset
    from framesel.simulation.vectors import Simulated

GOOD = ("", "frozen")
"""Faults of pictures that a label can be given to; a frozen one is a repeat, not a bad picture."""

PASSES = ("", "corrupted")
"""What the quality gate is taken to let through: it sees black, blurred and frozen pictures, and
garbage has structure and sharpness enough."""


@dataclass(frozen=True)
class Synthetic:
    """Worlds of a preset; seed s draws the footage, and the backbone's directions too.

    Attributes:
        preset: With videos that are held out.
        tiles: Whether parts of pictures get vectors too, nine for each.
    """

    preset: Preset
    tiles: bool = False

    @property
    def name(self) -> str:
        """The preset's."""
        return self.preset.name

    def world(self, seed: int) -> World:
        """The world of a seed."""
        from framesel.simulation.script import script
        from framesel.simulation.vectors import embed

        truth = script(self.preset, seed)
        shown = embed(truth, seed=seed, tiles=self.tiles)
        classes, label = np.unique(shown.labels, return_inverse=True)
        nameless = np.flatnonzero(classes == "")
        footage = _footage(shown, np.where(np.isin(label, nameless), NOTHING, label))
        return World(
            name=self.name,
            seed=seed,
            videos=tuple(video.name for video in truth.videos),
            classes=tuple(classes.tolist()),
            pool=footage.subset(np.flatnonzero(~shown.held_out)),
            held_out=footage.subset(np.flatnonzero(shown.held_out)),
            moments_known=True,
        )


def _footage(shown: Simulated, label: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Footage:
    fault = np.array([frame.fault for frame in shown.frames])
    event = [NOTHING if frame.event is None else frame.event for frame in shown.frames]
    return Footage(
        vectors=shown.vectors,
        video_no=shown.video_no.astype(np.int64),
        pts_s=shown.pts_s,
        passes=np.isin(fault, PASSES),
        good=np.isin(fault, GOOD),
        moment=np.array([frame.moment for frame in shown.frames], np.int64),
        label=label.astype(np.int64),
        event=np.array(event, np.int64),
        newcomer=np.array([frame.newcomer is not None for frame in shown.frames]),
        tiles=shown.tiles,
    )
