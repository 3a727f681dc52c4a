"""The labelled frames of a workspace, as a split sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import DecodeError, WorkspaceError
from framesel.labels.consensus import truth
from framesel.labels.labels import Key, Labels
from framesel.recipe import Recipe
from framesel.rounds import holdout
from framesel.splitting import stored
from framesel.splitting.near import F32, Floats
from framesel.splitting.stored import Stored
from framesel.stages.footage import Video
from framesel.workspace import Workspace

EMPTY = ""
"""Stands for a class of its own: frames in which there is nothing."""


@dataclass(frozen=True)
class Labelled:
    """Frames with labels whose videos are there, n of them, by video and time.

    Attributes:
        labels: One word on each frame, those of frames that are gone included.
        frames: The n frames.
        sampled: All that was sampled of their videos.
        held: (n,) whether a frame's video is held out.
        gone: Labelled frames whose videos are not there any more.
        between: Of the n, frames that were never sampled: they are compared by the vector of the
            sampled frame that is nearest in time.
    """

    labels: Labels
    frames: Stored
    sampled: Stored
    held: npt.NDArray[np.bool_]
    gone: int
    between: int

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def keys(self) -> list[Key]:
        """Of the n frames."""
        return list(zip(self.frames.video_no.tolist(), self.frames.pts.tolist(), strict=True))

    def boxes(self, key: Key) -> tuple[Box, ...]:
        """What is in a frame."""
        return self.labels.by_frame[key].get("", ())

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """What is counted: classes in the order of their declaration, and ``EMPTY``."""
        seen = dict.fromkeys(self.labels.boxes["label"].to_pylist())
        named = [name for name in self.labels.classes if name in seen]
        return (*dict.fromkeys([*named, *sorted(seen)]), EMPTY)

    @cached_property
    def counts(self) -> Floats:
        """(n, 1 + c) 1 for the frame itself, then its boxes of each of ``classes``."""
        column = {name: at for at, name in enumerate(self.classes, 1)}
        counts = np.zeros((len(self), 1 + len(column)))
        counts[:, 0] = 1
        for row, key in enumerate(self.keys):
            boxes = self.boxes(key)
            for box in boxes:
                counts[row, column[box.label]] += 1
            if not boxes:
                counts[row, column[EMPTY]] = 1
        return counts


def read(workspace: Workspace, recipe: Recipe, rule: str = "majority") -> Labelled:
    """Everything that is labelled.

    Args:
        workspace: Where.
        recipe: Of the last run.
        rule: How several annotators become one word (``labels.consensus``).

    Raises:
        WorkspaceError: Nothing is labelled, or not all frames have vectors yet.
        UsageError: There is no such rule.
    """
    labels = truth(workspace, rule)
    if not len(labels):
        raise WorkspaceError(
            f"{workspace.root} has no labels yet: `framesel labels import` takes them back"
        )
    catalog = Catalog(workspace)
    keys = [key for key in labels.keys if key[0] in catalog.live]
    if not keys:
        raise WorkspaceError(f"the videos of all {len(labels):,} labelled frames are gone")
    sampled = stored.read(workspace, recipe, {video_no for video_no, _ in keys})
    rows = sampled.rows(keys)
    frames = _frames(keys, rows, sampled, catalog)
    digests = holdout.digests(workspace)
    held = [catalog.videos[video_no]["digest"] in digests for video_no, _ in keys]
    return Labelled(
        labels,
        frames,
        sampled,
        np.array(held, np.bool_),
        len(labels.keys) - len(keys),
        int((rows < 0).sum()),
    )


def _frames(
    keys: Sequence[Key], rows: npt.NDArray[np.int64], sampled: Stored, catalog: Catalog
) -> Stored:
    """The labelled frames, whether they were sampled or not."""
    index, t_s = np.empty(len(keys), np.int64), np.empty(len(keys))
    vectors = np.zeros((len(keys), sampled.vectors.shape[1]), np.float32)
    for at, ((video_no, pts), row) in enumerate(zip(keys, rows.tolist(), strict=True)):
        if row >= 0:
            index[at], t_s[at], vectors[at] = (
                sampled.index[row],
                sampled.t_s[row],
                sampled.vectors[row],
            )
        else:
            index[at], t_s[at] = _place(catalog.videos[video_no], pts)
            vectors[at] = _nearest(sampled, video_no, float(t_s[at]))
    numbers, times = (np.array(column, np.int64) for column in zip(*keys, strict=True))
    return Stored(numbers, times, index, t_s, vectors)


def _place(row: dict[str, Any], pts: int) -> tuple[int, float]:
    """Number and second of a frame in its video."""
    from framesel.video.packets import read_index

    begins = row["first_pts"] or 0
    t_s = (pts - begins) * row["time_base_num"] / row["time_base_den"]
    if row["kind"] != "video":
        return 0, t_s
    try:
        video = Video.of(row)
        return read_index(video.path, video.info).timeline.index_of(pts), t_s
    except DecodeError as error:
        raise WorkspaceError(f"a labelled frame cannot be found again: {error}") from None


def _nearest(sampled: Stored, video_no: int, t_s: float) -> F32:
    """(d,) vector of the sampled frame of a video that is nearest in time."""
    rows = np.flatnonzero(sampled.video_no == video_no)
    if not len(rows):
        return np.zeros(sampled.vectors.shape[1], np.float32)
    found: F32 = sampled.vectors[rows[np.abs(sampled.t_s[rows] - t_s).argmin()]]
    return found
