"""Which of the new videos, and which seconds of them, are unlike anything known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from framesel.drift.footage import F32, F64, I64, Both, Footage, Mask

MOST_KNOWN = 20_000
"""Known frames that new ones are held against, at most."""

FAR = 0.95
"""A frame is far from what is known if this share of known frames is nearer to the other videos."""

_BLOCK = 2048
_JOINED = 2
_EPS = 1e-6


@dataclass(frozen=True)
class Span:
    """Seconds of a video in which its frames are far from everything known.

    Attributes:
        start_s: Of the first such frame.
        end_s: Of the last.
        frames: How many frames are far.
        farthest_s: The one that is farthest.
    """

    start_s: float
    end_s: float
    frames: int
    farthest_s: float


@dataclass(frozen=True)
class NewVideo:
    """How new a video is.

    Attributes:
        name: Of the video.
        frames: Sampled.
        distance: Median over them of the distance to the nearest known frame.
        far: Share of them that is far.
        p: Share of videos, the known ones and this, that are at least as far from the other known
            ones. Small: there was hardly a video like it.
        spans: Where.
    """

    name: str
    frames: int
    distance: float
    far: float
    p: float
    spans: tuple[Span, ...]

    def json(self) -> dict[str, Any]:
        """For the report."""
        return {**vars(self), "spans": [dict(vars(span)) for span in self.spans]}


def new_videos(both: Both) -> tuple[NewVideo, ...]:
    """Every video of the new side, the newest first.

    Known frames are held against the known frames of *other* videos, so that both sides are asked
    the same: how far is the nearest frame that this camera run has not itself recorded? The rank
    of a video among the known ones is its conformal p-value (Laxhammar & Falkman, "Conformal
    anomaly detection", 2011). Where one video alone is known, its own frames outside a second
    around each stand for the others.

    Args:
        both: Both sides.
    """
    rows = _evenly(len(both.known), MOST_KNOWN)
    bank = both.known.rows(rows)
    mine = _distances(bank, bank, leave_out=True)
    theirs = _distances(both.new, bank, leave_out=False)
    limit = float(np.quantile(mine, FAR, method="inverted_cdf"))
    usual = np.array([np.median(mine[bank.video == v]) for v in np.unique(bank.video)])
    found = [
        _video(both.new, number, theirs, limit, usual) for number in range(len(both.new.names))
    ]
    return tuple(sorted(found, key=lambda one: (-one.distance, one.name)))


def _video(new: Footage, number: int, apart: F64, limit: float, usual: F64) -> NewVideo:
    rows = np.flatnonzero(new.video == number)
    rows = rows[np.argsort(new.t_s[rows], kind="stable")]
    distance = float(np.median(apart[rows]))
    far = apart[rows] > limit + _EPS
    return NewVideo(
        new.names[number],
        len(rows),
        distance,
        float(far.mean()),
        float((1 + (usual >= distance - _EPS).sum()) / (1 + len(usual))),
        spans(new.t_s[rows], apart[rows], far),
    )


def spans(t_s: F64, apart: F64, far: Mask) -> tuple[Span, ...]:
    """Runs of far frames, joined over gaps of up to two frames that are not.

    Args:
        t_s: (n,) rising.
        apart: (n,) distances.
        far: (n,) whether a frame is far.
    """
    at = np.flatnonzero(far)
    if not len(at):
        return ()
    parts = np.split(at, np.flatnonzero(np.diff(at) > _JOINED + 1) + 1)
    return tuple(
        Span(
            float(t_s[part[0]]),
            float(t_s[part[-1]]),
            len(part),
            float(t_s[part[np.argmax(apart[part])]]),
        )
        for part in parts
    )


def _evenly(n: int, most: int) -> I64:
    return np.arange(n) if n <= most else np.arange(most) * n // most


def _distances(frames: Footage, bank: Footage, *, leave_out: bool) -> F64:
    """(n,) distance of each frame to the nearest of the bank, its own video left out if wanted."""
    alone = len(np.unique(bank.video)) < 2
    columns, found = bank.vectors.T, np.empty(len(frames))
    for low in range(0, len(frames), _BLOCK):
        part = slice(low, low + _BLOCK)
        cos: F32 = frames.vectors[part] @ columns
        if leave_out:
            own = frames.video[part][:, None] == bank.video[None]
            if alone:
                own &= np.abs(frames.t_s[part][:, None] - bank.t_s[None]) <= 1.0
            cos[own] = -1.0
        found[part] = np.sqrt(np.maximum(2.0 - 2.0 * cos.max(axis=1), 0.0))
    return found
