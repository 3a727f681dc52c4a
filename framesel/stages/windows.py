"""Windows: where the coarse pass found something new, doubtful or busy, to look at closely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from framesel import table_files, tables
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened, ShardStage
from framesel.stages.gathered import Lookup
from framesel.stages.looks import THIRD, looks, ticks
from framesel.stages.refining import COARSE
from framesel.stages.stretches import business, lengths, newness, of_both_ends
from framesel.stages.whole_videos import WholeVideos
from framesel.video.sampling import Sampling
from framesel.workspace import Workspace

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class CoarseToFine(BaseModel):
    """A first look at few keyframes; all frames are then decoded only where it found something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(
        4.0, gt=0, le=86_400, description="seconds between the keyframes of the first look, about"
    )
    new_cos: Annotated[float, Field(ge=-1, le=1)] = Field(
        0.95, description="a keyframe is new if no earlier one of the shard has this cosine with it"
    )
    doubt: Annotated[float, Field(ge=0)] = Field(
        1.0,
        description="objects about which the detector may be expected to be wrong: from so "
        "many on, a keyframe is doubtful",
    )
    busy: Annotated[float, Field(ge=0)] = Field(
        1.5,
        description="bytes that a second took to encode, keyframes left out, against the median "
        "of its video: from so many times on, a stretch is busy",
    )
    share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.14,
        description="of the work of an exact pass over a shard, at most: decoding and looking at "
        "frames count for half each; what the first look leaves of it goes to windows, where "
        "footage is newest, most doubtful and busiest",
    )
    window_s: Annotated[float, Field(gt=0)] | None = Field(
        1.0,
        description="seconds of such a stretch that are looked at closely, about where a third of "
        "the bytes of it are spent; null: all of it",
    )

    def promised(self, group_s: float, first: float, apart_s: float) -> tuple[float, float]:
        """Shares of the footage that windows take at most: decoded for them, and inside of them.

        Args:
            group_s: Seconds from keyframe to keyframe.
            first: Frames of the first look, for each of an exact pass.
            apart_s: From a frame of an exact pass to the next.
        """
        stretch_s = max(self.every_s, group_s)
        wanted_s = stretch_s if self.window_s is None else max(self.window_s, apart_s)
        length_s = min(stretch_s, wanted_s)
        # it lies anywhere between keyframes that are near each other
        before_s = max(0.0, min(stretch_s * THIRD, group_s / 2.0) - length_s / 2.0)
        decoded_s = min(stretch_s, length_s + before_s)
        left = max(0.0, self.share - first / 2.0)
        a_second = min(1.0 / stretch_s, 2.0 * left / (decoded_s + length_s))
        return a_second * decoded_s, a_second * length_s


class Windows(ShardStage):
    """Chooses stretches between frames of the coarse pass.

    A frame is as new as its cosine with the nearest earlier frame of the shard's videos is low. It
    is as doubtful as wrong answers are to be expected if confidences are probabilities: the sum of
    min(p, 1 - p) over its boxes. A stretch has the larger value of the two frames at its ends.
    It is as busy as many bytes code what changes inside it, which neither end shows. Stretches
    are ranked by each of the three that passes its threshold, and taken by the sum of the ranks.
    """

    name: ClassVar[str] = "windows"
    version: ClassVar[int] = 5

    every_s: float = Field(description="see coarse")
    new_cos: float = Field(description="see coarse")
    doubt: float = Field(description="see coarse")
    busy: float = Field(description="see coarse")
    share: float = Field(description="see coarse")
    window_s: float | None = Field(description="see coarse")
    apart_s: float = Field(0.0, description="from a frame of the second pass to the next")
    apart_frames: int = Field(0, description="likewise, where it counts frames")

    _scored: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, settings: CoarseToFine, sample: Sampling, *, scored: bool) -> Windows:
        """The stage for such settings.

        Args:
            settings: Of the coarse pass.
            sample: Of the second pass: a window holds one of its frames at least.
            scored: Whether there is a detector.
        """
        apart = {"apart_s": sample.apart_s, "apart_frames": sample.apart_frames}
        found = cls(**settings.model_dump(), **apart)
        found._scored = scored
        return found

    def needs(self) -> tuple[str, ...]:
        """What the coarse pass found."""
        names = ("frames", "embeddings", *(["detections"] if self._scored else []))
        return tuple(name + COARSE for name in names)

    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Nothing to load."""
        del run, runtime, workspace

        def work(inputs: Inputs) -> Iterator[pa.RecordBatch]:
            table = self._chosen(inputs)
            inputs.say(0, len(table))
            yield from table.to_batches()

        return Opened(tables.WINDOWS, work)

    def _chosen(self, inputs: Inputs) -> pa.Table:
        keys = {n: inputs.keys[n + COARSE] for n in ("frames", "embeddings")}
        number, videos = inputs.shard.number, inputs.catalog.videos
        whole = WholeVideos.at(inputs.workspace, inputs.catalog, keys, number, *_SEEN)
        if not len(whole):
            return tables.WINDOWS.empty_table()
        video_no = whole.columns["video_no"]
        last = np.append(video_no[1:] != video_no[:-1], True)
        new = newness(whole)
        doubt = self._doubt(inputs, whole)
        seconds = lengths(whole, last, videos, self.every_s)
        new, doubt = (of_both_ends(values, last) for values in (new, doubt))
        busy = business(whole, seconds)
        rank = _ranks(new, new > 1.0 - self.new_cos)
        rank += _ranks(doubt, doubt >= max(self.doubt, 1e-9))
        rank += _ranks(busy, busy >= max(self.busy, 1e-9))
        rows = [videos[number] for number in video_no.tolist()]
        apart_s = self.apart(rows)
        look = looks(whole.columns, seconds, ticks(rows), self.window_s, apart_s)
        left_s = self.share * float(seconds.sum()) - float(apart_s.sum()) / 2.0
        dense = _within(rank, look.work_s, left_s + 1e-6)
        pts, first = whole.columns["pts"], np.append(True, last[:-1])
        return pa.table(
            {
                "video_no": pa.array(video_no, pa.int32()),
                "start_pts": pa.array(pts, pa.int64(), mask=first),
                "end_pts": pa.array(np.append(pts[1:], 0), pa.int64(), mask=last),
                "seconds": pa.array(seconds, pa.float64()),
                "new": pa.array(new, pa.float32()),
                "doubt": pa.array(doubt, pa.float32(), mask=np.full(len(pts), not self._scored)),
                "busy": pa.array(busy, pa.float32(), from_pandas=True),
                "dense": pa.array(dense),
                "look_start_pts": pa.array(look.start, pa.int64(), mask=look.whole),
                "look_end_pts": pa.array(look.end, pa.int64(), mask=look.whole),
                "decoded_s": pa.array(look.decoded_s, pa.float64()),
            },
            schema=tables.WINDOWS,
        )

    def apart(self, videos: Sequence[Mapping[str, Any]]) -> Floats:
        """(n,) seconds between two frames of an exact pass; 0 where settings do not say.

        Args:
            videos: n rows of the catalog.
        """
        step = [row["fps_den"] / row["fps_num"] if row["fps_num"] else 0.0 for row in videos]
        found: Floats = np.maximum(self.apart_s, self.apart_frames * np.array(step))
        return found

    def _doubt(self, inputs: Inputs, whole: WholeVideos) -> Floats:
        """(n,) wrong answers to be expected in each frame; 0 without a detector."""
        found = np.zeros(len(whole))
        if not self._scored:
            return found
        from framesel.stages.stored_boxes import Layout, unpack

        for shard in np.unique(whole.shard).tolist():
            key = inputs.keys[f"detections{COARSE}"]
            path = inputs.workspace.shard("detections", key, shard)
            rows = table_files.read(path, columns=[*_PLAIN, *_BOXES])
            rows = rows.filter(pc.equal(rows["view"].cast(pa.string()), ""))
            boxes = unpack(rows, Layout.read(path), bulky=False)
            p = boxes.confidence().astype(np.float64)
            wrong = np.bincount(boxes.picture_of(), np.minimum(p, 1.0 - p), boxes.pictures)
            mine = np.flatnonzero(whole.shard == shard)
            at = Lookup(rows["video_no"], rows["pts"])(
                whole.columns["video_no"][mine], whole.columns["pts"][mine]
            )
            found[mine] = np.where(at >= 0, wrong[at] if len(wrong) else 0.0, 0.0)
        return found

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """Where there are windows, and why."""
        paths = sorted(workspace.stage(self.name, key).glob("s*.parquet"))
        found = pa.concat_tables([table_files.read(p, columns=_TOLD) for p in paths])
        dense = found.filter(pc.field("dense"))
        fresh = dense.filter(pc.field("new") > 1.0 - self.new_cos)
        all_of_it, closely, new = (
            (pc.sum(t["seconds"]).as_py() or 0.0) / 60 for t in (found, dense, fresh)
        )
        if not len(dense):
            return [
                f"no windows in {all_of_it:,.1f} minutes: the first look took all of coarse.share, "
                "or it found nothing new, doubtful or busy"
            ]
        length_s = max(self.window_s or 0.0, self.apart_s)
        told = f"have windows of {length_s:g} s" if self.window_s else "are looked at closely"
        return [
            f"{closely:,.1f} of {all_of_it:,.1f} minutes {told} between keyframes, "
            f"{new:,.1f} of them near something new"
        ]


_PLAIN = ["video_no", "pts", "view", "width", "height", "boxes", "peak", "faint"]
_BOXES = ["xyxy", "top_class", "top_logit", "rest", "level", "head"]
_SEEN = ["t_s", "coded", "third_s", "third_key_s"]
_TOLD = ["seconds", "new", "dense"]


def _ranks(values: Floats, passes: Mask) -> Floats:
    """(n,) share of all that is not larger; 0 where a threshold is not passed."""
    ordered = np.sort(values)  # NaN passes nothing
    found = np.searchsorted(ordered, values, side="right") / max(len(values), 1)
    return np.where(passes, found, 0.0)


def _within(rank: Floats, cost: Floats, left: float) -> Mask:
    """(n,) bool: the highest that fit into what is left, one after the other."""
    chosen = np.zeros(len(rank), np.bool_)
    for row in np.lexsort((np.arange(len(rank)), -rank)).tolist():
        if rank[row] > 0 and cost[row] <= left:
            chosen[row] = True
            left -= float(cost[row])
    return chosen
