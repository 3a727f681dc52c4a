"""How much of what a model is judged by it has nearly seen in training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from framesel.splitting.near import Footage, has_vector, likest, nearest_in_time

AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "val": ("train",),
    "test": ("train", "val"),
    "holdout": ("train", "val"),
}
"""What each split must share nothing with: weights come from train, choices of models from val."""


@dataclass(frozen=True)
class Leakage:
    """What one split shares with those that it must share nothing with.

    Attributes:
        split: Its name.
        against: The others.
        frames: In the split.
        timed: Of these, frames whose video and second are known.
        seen: Of these, frames that have a vector.
        in_time: Frames with one of the others within ``gap_s`` in the same video.
        alike: Frames with one of the others at a cosine of at least ``tau``.
        leaking: Frames to which one of the two applies.
        highest: The highest cosine to any of the others; -1 where nothing was compared.
        worst: Rows of the frames that leak most and of what each is most like; -1: none is known.
    """

    split: str
    against: tuple[str, ...]
    frames: int
    timed: int
    seen: int
    in_time: int
    alike: int
    leaking: int
    highest: float
    worst: tuple[tuple[int, int], ...]

    @property
    def share(self) -> float:
        """Of the frames, those that leak."""
        return self.leaking / self.frames if self.frames else 0.0

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {k: v for k, v in asdict(self).items() if k != "worst"}

    def line(self, gap_s: float, tau: float) -> str:
        """For a person."""
        parts, known = [], [self.frames]
        if gap_s > 0:
            parts.append(f"{_share(self.in_time, self.timed)} within {gap_s:g} s")
            known.append(self.timed)
        if tau <= 1:
            parts.append(f"{_share(self.alike, self.seen)} at cosine {tau:g}")
            known.append(self.seen)
        unknown = self.frames - min(known)
        doubt = f"; of {unknown:,} frames not all is known" if unknown else ""
        how = ", ".join(parts) or "neither time nor likeness counts"
        return (
            f"{self.split} against {' and '.join(self.against)}: {self.leaking:,} of "
            f"{self.frames:,} frames leak ({self.share:.1%}): {how}{doubt}"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "not known"


def leakage(
    footage: Footage, split: Sequence[str], *, gap_s: float, tau: float, worst: int = 5
) -> list[Leakage]:
    """Measures a split.

    Args:
        footage: The n frames.
        split: (n,) names; those that ``AGAINST`` does not know are not looked at.
        gap_s: Frames of one video that are so near in time share what they show.
        tau: Frames whose cosine is so high show the same.
        worst: How many examples to name.

    Returns:
        One for each split that has frames and something to be compared with.
    """
    names = np.array(list(split), np.str_)
    return [
        _one(footage, names, name, others, (gap_s, tau), worst) for name, others in _pairs(names)
    ]


def _pairs(names: np.ndarray[Any, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, others in AGAINST.items():
        there = tuple(o for o in others if (names == o).any())
        if there and (names == name).any():
            yield name, there


def _one(
    footage: Footage,
    names: np.ndarray[Any, Any],
    name: str,
    others: tuple[str, ...],
    limits: tuple[float, float],
    worst: int,
) -> Leakage:
    gap_s, tau = limits
    mine, theirs = np.flatnonzero(names == name), np.flatnonzero(np.isin(names, others))
    held, learnt = footage.subset(mine), footage.subset(theirs)
    away = nearest_in_time(held, learnt)
    cosines, row = likest(held, learnt)
    in_time = (away <= gap_s) & (gap_s > 0)
    alike = (cosines >= tau) & (tau <= 1)
    leaking = in_time | alike
    order = np.argsort(-cosines + 2.0 * ~leaking, kind="stable")[: min(worst, leaking.sum())]
    return Leakage(
        name,
        others,
        len(mine),
        int(((held.video >= 0) & np.isfinite(held.t_s)).sum()),
        int(has_vector(held).sum()),
        int(in_time.sum()),
        int(alike.sum()),
        int(leaking.sum()),
        float(cosines.max()) if len(cosines) else -1.0,
        tuple((int(mine[at]), int(theirs[row[at]]) if row[at] >= 0 else -1) for at in order),
    )
