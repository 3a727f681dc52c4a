"""A workspace with a detector whose frames are labelled as a test likes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from framesel.annotation.sheet import Box
from framesel.labels import store, tables
from framesel.labels.labels import Key, Labels, box_row
from framesel.report.view import View
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench
from tests.report.conftest import bench, finished, footage, looked, view, weights

__all__ = ["bench", "finished", "footage", "looked", "view", "weights"]

SIZE = (160, 120)


@dataclass
class Desk:
    """A workspace of one's own to label."""

    workspace: Workspace

    @property
    def view(self) -> View:
        return View.of(self.workspace)

    def keys(self, video: str) -> list[Key]:
        """The sampled frames of a video, in order of time."""
        view = self.view
        low, high = view.frames.span(view.catalog.find(video))
        columns = (view.frames.video_no[low:high], view.frames.pts[low:high])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def label(self, said: Mapping[Key, Sequence[Box]], classes: Sequence[str] = ()) -> None:
        """Keeps labels of frames, by nobody in particular."""
        names = ("video_no", "pts", "annotator")
        whose = {key: dict(zip(names, (*key, ""), strict=True)) for key in said}
        size = {"width": SIZE[0], "height": SIZE[1]}
        frames = [
            {**whose[k], **size, "boxes": len(boxes), "seconds": None, "at": ""}
            for k, boxes in said.items()
        ]
        boxes = [{**whose[k], **box_row(box)} for k, some in said.items() for box in some]
        labels = Labels(
            pa.Table.from_pylist(frames, schema=tables.LABELLED),
            pa.Table.from_pylist(boxes, schema=tables.LABELS),
            tuple(classes),
        )
        with self.workspace.locked():
            store.add(self.workspace, labels, {})


def moving(at: int, label: str = "drone", track: int | None = None) -> Box:
    """An object that crosses the picture, a step a frame."""
    x = 10.0 + 9.0 * at
    return Box(label, x, 30.0, x + 20.0, 44.0, source="manual", track=track)


@pytest.fixture
def desk(tmp_path: Path, looked: Bench) -> Desk:
    """A copy of the finished workspace; the videos are those of all tests."""
    shutil.copytree(looked.root, tmp_path / "ws")
    return Desk(Workspace.open(tmp_path / "ws"))
