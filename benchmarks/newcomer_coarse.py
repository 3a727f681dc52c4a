"""What picks lose when only keyframes and what is new or doubtful was looked at.

Two runs that are not timed, with framesel's own backbone and strategy: vectors of an untrained ViT
say nothing of what pictures show. The judge is the exact run: the vectors of all its frames, and
what its detector saw in them.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from newcomer_sides import Delivered, Key, Task, as_it_is, choose_again, ours, run_ours

CONFIDENT = 0.5
RARE = 0.05
"""Share of the frames of a video in which a class may be seen to be rare there."""
GAP = 2
"""So many frames may lie between two of one event in which the detector misses it."""
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the picks that are asked for, all from the same frames."""
LEAST = 2
"""Frames of an event: what is seen once may be a mistake."""

Event = tuple[str, int, int, int]
"""A video, a class, and the numbers of the first and last frame that it lasts for."""


def losses(task: Task, home: Path) -> list[str]:
    """Lines that compare the picks of an exact run and of one coarse to fine.

    One event is several points of so few, so smaller choices from the same frames are judged, too.
    """
    settings = as_it_is(task)
    exact = _run(task, home / "exact", settings)
    coarse = _run(task, home / "coarse", {**settings, "coarse": {}})
    judge, rare = exact[task.picks], rare_events(exact[task.picks])
    lines = [
        f"coarse to fine: {len(coarse[task.picks].keys)} frames instead of {len(judge.keys)}; mean "
        f"cosine of a frame with its nearest pick, and picks in {len(rare)} rare events (a class "
        f"in up to {RARE:.0%} of a video's frames):"
    ]
    recalls = []
    for budget in exact:
        sides = (exact[budget], coarse[budget])
        covered = [100 * _coverage(judge, side) for side in sides]
        recalls.append([100 * len(caught(rare, side.picks)) / max(len(rare), 1) for side in sides])
        lines.append(f"{budget:>6} picks: {_told(covered, 2)} points, {_told(recalls[-1], 1)} %")
    return [*lines, f"events, mean of these: {_told(np.mean(recalls, axis=0).tolist(), 1)} %"]


def _told(sides: Sequence[float], digits: int) -> str:
    one, other = sides
    return f"{one:.{digits}f} and {other:.{digits}f} ({other - one:+.{digits}f})"


def _run(task: Task, out: Path, settings: Mapping[str, Any]) -> dict[int, Delivered]:
    """What was delivered with each budget."""
    shutil.rmtree(out, ignore_errors=True)
    run_ours(task, out, settings)
    found = {}
    for share in SHARES:
        budget = round(share * task.picks)
        choose_again(out, budget)
        found[budget] = ours(out)
    return found


def _coverage(judge: Delivered, side: Delivered) -> float:
    rows = [row for row, key in enumerate(side.keys) if key in side.picks]
    return float((judge.vectors @ side.vectors[rows].T).max(axis=1).mean())


def rare_events(exact: Delivered) -> list[Event]:
    """Stretches of videos in which the detector is sure to see what is seen seldom there.

    What is seen in n frames on a grid lasts for n steps of it on average, not for n - 1: half a
    step is added at both ends. No other frame of the grid lies there, but keyframes may.
    """
    return [event for video, at in _videos(exact).items() for event in _events(exact, video, at)]


def _videos(side: Delivered) -> dict[str, slice]:
    """The rows of each video, which come in order of time."""
    counts = Counter(video for video, _ in side.keys)
    ends = dict(zip(counts, np.cumsum(list(counts.values())).tolist(), strict=True))
    return {video: slice(end - counts[video], end) for video, end in ends.items()}


def _events(exact: Delivered, video: str, at: slice) -> Iterator[Event]:
    sees = _classes(exact)[at]
    for one in np.flatnonzero((sees.sum(axis=0) > 0) & (sees.mean(axis=0) <= RARE)).tolist():
        frames = np.flatnonzero(sees[:, one])
        stretch = np.cumsum(np.diff(frames, prepend=frames[0]) > GAP + 1)
        for _, mine in groupby(zip(stretch.tolist(), frames.tolist(), strict=True), lambda p: p[0]):
            seen = [frame for _, frame in mine]
            if len(seen) >= LEAST:
                numbers = [number for _, number in exact.keys[at]]
                half = (numbers[1] - numbers[0]) // 2
                yield video, one, numbers[seen[0]] - half, numbers[seen[-1]] + half


def caught(events: list[Event], picks: frozenset[Key]) -> list[Event]:
    """Events during which there is a pick, be it between the frames of the exact run."""
    at = {video: [n for v, n in picks if v == video] for video, *_ in events}
    return [event for event in events if any(event[2] <= n <= event[3] for n in at[event[0]])]


def _classes(side: Delivered) -> npt.NDArray[np.bool_]:
    """(n, C) whether a class has a confident box in a frame."""
    boxes, frame = side.boxes, np.repeat(np.arange(len(side.keys)), np.diff(side.boxes.offsets))
    sure = boxes.conf >= CONFIDENT
    found = np.zeros((len(side.keys), int(boxes.class_no.max(initial=0)) + 1), np.bool_)
    found[frame[sure], boxes.class_no[sure]] = True
    return found
