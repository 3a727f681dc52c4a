"""Labels for frames of a workspace, as if people had drawn them."""

from collections.abc import Iterable

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.labels import store, tables
from framesel.labels.labels import Key, Labels, box_row
from framesel.workspace import Workspace

CLASSES = ("car", "bird")


def label(workspace: Workspace, frames: Iterable[Key]) -> None:
    """Every third frame is empty, others have a car, every fifth a bird too."""
    videos, rows, boxes = Catalog(workspace).videos, [], []
    for at, (video_no, pts) in enumerate(frames):
        drawn = [Box("car", 10, 10, 50, 40)] if at % 3 else []
        drawn += [Box("bird", 5, 60.5, 20, 80)] if at % 5 == 0 else []
        frame = {"video_no": video_no, "pts": pts, "annotator": "ann"}
        size = {"width": videos[video_no]["width"], "height": videos[video_no]["height"]}
        rows.append({**frame, **size, "boxes": len(drawn), "seconds": None, "at": ""})
        boxes += [{**frame, **box_row(box)} for box in drawn]
    labels = Labels(
        pa.Table.from_pylist(rows, schema=tables.LABELLED),
        pa.Table.from_pylist(boxes, schema=tables.LABELS),
        CLASSES,
    )
    store.add(workspace, labels, {"source": "test"})
