"""The labelled frames of a workspace as columns, in order of video and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from framesel import planning
from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import WorkspaceError
from framesel.labels.consensus import truth
from framesel.labels.labels import Key, Labels
from framesel.recipe import Recipe
from framesel.report.frames import Frames
from framesel.uncertainty.annotated import F64, I64
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Labelled:
    """n labelled frames of videos that are there, with t boxes.

    Attributes:
        workspace: Whose.
        catalog: Its videos.
        frames: All that was sampled.
        key: Folder of each stage by its name.
        labels: One word on each frame.
        keys: The n frames.
        gone: How many labelled frames there are whose videos are gone.
    """

    workspace: Workspace
    catalog: Catalog
    frames: Frames
    key: dict[str, str]
    labels: Labels
    keys: tuple[Key, ...]
    gone: int

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def boxes(self) -> tuple[tuple[Box, ...], ...]:
        """What is labelled in each frame."""
        return tuple(self.labels.by_frame[key].get("", ()) for key in self.keys)

    @cached_property
    def flat(self) -> tuple[Box, ...]:
        """All t boxes."""
        return tuple(box for each in self.boxes for box in each)

    @cached_property
    def rows(self) -> I64:
        """(n,) rows among the sampled frames; -1 for frames that were not sampled."""
        return self.frames.rows_of(self.video_no, self.pts)

    @cached_property
    def video_no(self) -> I64:
        """(n,) number of each frame's video."""
        return np.array([video_no for video_no, _ in self.keys], np.int64)

    @cached_property
    def pts(self) -> I64:
        """(n,) time of each frame in its stream."""
        return np.array([pts for _, pts in self.keys], np.int64)

    @cached_property
    def t_s(self) -> F64:
        """(n,) seconds from each video's beginning."""
        videos = self.catalog.videos
        return np.array([_seconds(videos[no], pts) for no, pts in self.keys], np.float64)

    def index(self, at: int) -> int:
        """Number of a frame in its video, from 0."""
        if self.rows[at] >= 0:
            return int(self.frames.columns["index"][self.rows[at]])
        return _index(self.catalog.videos[self.keys[at][0]], self.keys[at][1])

    @cached_property
    def size_wh(self) -> I64:
        """(n, 2) pixels of the full pictures."""
        columns = (
            self.labels.frames[c].to_pylist() for c in ("video_no", "pts", "width", "height")
        )
        sizes = {(no, pts): (w, h) for no, pts, w, h in zip(*columns, strict=True)}
        return np.array([sizes[key] for key in self.keys], np.int64).reshape(-1, 2)

    @cached_property
    def offsets(self) -> I64:
        """(n + 1,) the boxes of frame i are rows offsets[i] to offsets[i + 1] of ``flat``."""
        return np.cumsum([0, *(len(each) for each in self.boxes)]).astype(np.int64)

    @cached_property
    def xyxy(self) -> F64:
        """(t, 4) corners in pixels of the full pictures."""
        return np.array([box.xyxy for box in self.flat], np.float64).reshape(-1, 4)

    @cached_property
    def tracks(self) -> I64 | None:
        """(t,) numbers that people gave to objects, -1 for none; None where nobody gave any."""
        given = np.array([-1 if b.track is None else b.track for b in self.flat], np.int64)
        return given if (given >= 0).any() else None

    def class_no(self, names: Sequence[str]) -> I64:
        """(t,) the boxes' classes as positions among some names, which hold all of them."""
        number = {name: at for at, name in enumerate(names)}
        return np.array([number[box.label] for box in self.flat], np.int64)


def read(workspace: Workspace, recipe: Recipe, rule: str = "majority") -> Labelled:
    """All that is labelled.

    Args:
        workspace: Where.
        recipe: Of the last run.
        rule: How several annotators become one word (``labels.consensus``).

    Raises:
        WorkspaceError: Nothing is labelled, or tables are missing or damaged.
        UsageError: There is no such rule.
    """
    labels = truth(workspace, rule)
    if not len(labels):
        raise WorkspaceError(
            f"{workspace.root} has no labels yet: `framesel labels import` takes them back"
        )
    catalog = Catalog(workspace)
    keys = tuple(key for key in labels.keys if key[0] in catalog.live)
    if not keys:
        raise WorkspaceError(f"the videos of all {len(labels):,} labelled frames are gone")
    key = {step.name: step.key for step in planning.plan(workspace, recipe)}
    frames = Frames.read(workspace, catalog, key["frames"])
    return Labelled(workspace, catalog, frames, key, labels, keys, len(labels.keys) - len(keys))


def _seconds(row: dict[str, object], pts: int) -> float:
    begins, up, down = (row[name] or 0 for name in ("first_pts", "time_base_num", "time_base_den"))
    return float((pts - begins) * up / down)  # type: ignore[operator]


def _index(row: dict[str, object], pts: int) -> int:
    from framesel.errors import DecodeError
    from framesel.stages.footage import Video
    from framesel.video.packets import read_index

    if row["kind"] != "video":
        return 0
    try:
        video = Video.of(row)
        return int(read_index(video.path, video.info).timeline.index_of(pts))
    except DecodeError as error:
        raise WorkspaceError(f"a labelled frame cannot be found again: {error}") from None
