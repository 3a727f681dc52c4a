"""Reads what the scores draw on: the detections of one shard, lined up by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.catalog import Shard
from framesel.errors import StageError
from framesel.stage import GatherInputs
from framesel.stages.gathered import keys_of, rows_of
from framesel.stages.stored_boxes import Layout, read_last_layer, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.evidence import Evidence, Line, Look, ScoreSettings

if TYPE_CHECKING:
    from framesel.uncertainty.laplace import LastLayerLaplace

BULKY = ("features", "sides")
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Frames:
    """Which frames an evidence is about: (n,) each."""

    video_no: Ints
    pts: Ints


@dataclass(frozen=True)
class Reader:
    """Reads one shard after the other.

    Attributes:
        inputs: Where the tables are.
        members: Names of the detections in the recipe, the chair first.
        settings: Of the scores.
        conf: Boxes under this confidence are not looked at.
        iou: Of boxes of a class that overlap more, only the most confident is looked at.
        bulky: Whether features and side distributions are read.
        track: Whether frames in quick succession are tracked.
    """

    inputs: GatherInputs
    members: tuple[str, ...]
    settings: ScoreSettings
    conf: float
    iou: float
    bulky: bool
    track: bool
    layouts: dict[str, Layout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self.inputs.catalog.shards[0]
        for name in self.members:
            self.layouts[name] = Layout.read(self._path(name, first))
        chair = self.layouts[self.members[0]]
        for name, layout in self.layouts.items():
            if layout.classes != chair.classes:
                raise StageError(
                    f"{layout.name} ({name}) knows {_listed(layout.classes)}; {chair.name} knows "
                    f"{_listed(chair.classes)}. A committee must agree on the classes and their "
                    "order: take weights that were trained on the same ones."
                )

    @property
    def chair(self) -> Layout:
        """Of the detector whose boxes are scored."""
        return self.layouts[self.members[0]]

    def layer(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
        """The last layer of the chair."""
        keys = self.inputs.keys
        return read_last_layer(self.inputs.workspace.stage(self.members[0], keys[self.members[0]]))

    def read(
        self, shard: Shard, laplace: LastLayerLaplace | None = None
    ) -> tuple[Frames, Evidence]:
        """What is known of the candidates of a shard, in the order of the table."""
        table = self._table(self.members[0], shard)
        plain = pc.equal(table["view"].cast(pa.string()), "")
        shown = table.filter(plain)
        candidates = shown.filter(pc.invert(shown["companion"]))
        keys = keys_of(candidates["video_no"], candidates["pts"])
        boxes = self._boxes(candidates, self.chair, bulky=self.bulky)
        evidence = Evidence(
            boxes=boxes,
            settings=self.settings,
            committee=tuple(self._look(name, shard, keys) for name in self.members[1:]),
            views=self._views(table.filter(pc.invert(plain)), keys, boxes),
            line=self._line(shown, shard, keys) if self.track else None,
            layer=self.layer() if self.bulky else None,
            laplace=laplace,
        )
        video_no = candidates["video_no"].to_numpy().astype(np.int64)
        return Frames(video_no, candidates["pts"].to_numpy()), evidence

    def _path(self, name: str, shard: Shard) -> Path:
        return self.inputs.workspace.shard(name, self.inputs.keys[name], shard.number)

    def _table(self, name: str, shard: Shard, bulky: bool | None = None) -> pa.Table:
        path = self._path(name, shard)
        wanted = self.bulky if bulky is None else bulky
        columns = [c for c in table_files.schema(path).names if wanted or c not in BULKY]
        table = table_files.opened(path).read(columns)
        alive = pa.array(sorted({part.video_no for part in shard.parts}), pa.int32())
        return table.filter(pc.is_in(table["video_no"], alive))

    def _boxes(self, rows: pa.Table, layout: Layout, *, bulky: bool) -> Boxes:
        """The boxes that these settings look at."""
        boxes = unpack(rows, layout, bulky=bulky)
        if self.conf > 0:
            boxes = boxes.where(boxes.confidence() >= self.conf)
        return boxes.where(_kept(boxes, self.iou)) if self.iou < 1 else boxes

    def _look(self, name: str, shard: Shard, keys: npt.NDArray[np.void]) -> Look:
        table = self._table(name, shard, bulky=False)
        table = table.filter(pc.equal(table["view"].cast(pa.string()), ""))
        rows = rows_of(keys, keys_of(table["video_no"], table["pts"]))
        boxes = self._boxes(table, self.layouts[name], bulky=False)
        return Look(rows[rows >= 0], boxes.pick(np.flatnonzero(rows >= 0)))

    def _views(
        self, table: pa.Table, keys: npt.NDArray[np.void], original: Boxes
    ) -> dict[str, Look]:
        found = {}
        for view in sorted(set(table["view"].cast(pa.string()).to_pylist())):
            rows = table.filter(pc.equal(table["view"].cast(pa.string()), view))
            places = rows_of(keys, keys_of(rows["video_no"], rows["pts"]))
            seen = self._boxes(rows, self.chair, bulky=False)
            found[view] = Look(places, seen, _visible(original.pick(places), view))
        return found

    def _line(self, shown: pa.Table, shard: Shard, keys: npt.NDArray[np.void]) -> Line | None:
        """Frames in time with their tracks; None where no three are close together."""
        from framesel.detectors import tracking

        path = self._path("frames", shard)
        frames = table_files.opened(path).read(["video_no", "pts", "index", "t_s"])
        known = keys_of(frames["video_no"], frames["pts"])
        mine = keys_of(shown["video_no"], shown["pts"])
        frames = frames.take(rows_of(known, mine))
        index = frames["index"].to_numpy().astype(np.int64)
        video_no = shown["video_no"].to_numpy().astype(np.int64)
        order = np.lexsort((index, video_no))
        runs = tracking.clips(video_no[order], index[order], self.settings.most_gap)
        if max((len(run) for run in runs), default=0) < 3:
            return None
        boxes = self._boxes(shown.take(order), self.chair, bulky=False)
        clip = np.repeat(np.arange(len(runs)), [len(run) for run in runs])
        return Line(
            boxes=boxes,
            video_no=video_no[order],
            index=index[order],
            t_s=frames["t_s"].to_numpy()[order],
            clip=clip,
            track=_tracks(boxes, runs, index[order], self.settings.confident),
            picture=rows_of(keys, mine[order]),
        )


def _tracks(boxes: Boxes, runs: Sequence[range], index: Ints, confident: float) -> Ints:
    """(m,) tracks, numbered through all runs of frames."""
    from framesel.detectors import tracking

    track = np.zeros(len(boxes), np.int64)
    confidence, top = boxes.confidence(), boxes.top_class[:, 0].astype(np.int64)
    first = 0
    for run in runs:
        ends = [slice(boxes.offsets[i], boxes.offsets[i + 1]) for i in run]
        frames = [(boxes.xyxy[s], confidence[s], top[s]) for s in ends]
        step = int(np.diff(index[run.start : run.stop]).min(initial=1_000_000))
        found = tracking.track(frames, fps_gap=min(step, 30), confident=confident)
        for where, ids in zip(ends, found, strict=True):
            track[where] = ids + first
        first = int(track[ends[0].start : ends[-1].stop].max(initial=first - 1)) + 1
    return track


def _visible(boxes: Boxes, view: str) -> npt.NDArray[np.bool_]:
    """(m,) bool: which boxes an edited view can be expected to show."""
    from framesel.detectors import views

    seen = np.zeros(len(boxes), np.bool_)
    for (width, height), start, end in zip(
        boxes.size_wh.tolist(), boxes.offsets[:-1], boxes.offsets[1:], strict=True
    ):
        rows = slice(start, end)
        seen[rows] = views.visible(boxes.xyxy[rows], view, (int(width), int(height)))
    return seen


def _kept(boxes: Boxes, iou: float) -> npt.NDArray[np.bool_]:
    """(m,) bool: which boxes stay if those of a class may overlap less."""
    from framesel.detectors.suppression import suppress

    keep = np.zeros(len(boxes), np.bool_)
    confidence, top = boxes.confidence(), boxes.top_class[:, 0].astype(np.int64)
    for start, end in zip(boxes.offsets[:-1], boxes.offsets[1:], strict=True):
        rows = slice(start, end)
        kept = suppress(boxes.xyxy[rows], confidence[rows], top[rows], iou, int(end - start))
        keep[start + kept] = True
    return keep


def _listed(classes: Sequence[str]) -> str:
    shown = ", ".join(classes[:8])
    return f"{len(classes)} classes ({shown}{', …' if len(classes) > 8 else ''})"
