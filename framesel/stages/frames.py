"""Frames: which timestamps of a video become frames, what they look like, how good they are."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from framesel import table_files, tables
from framesel.catalog import Part
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened
from framesel.stages.dense import Dense
from framesel.stages.refining import Refining
from framesel.stages.tagged import Tagged
from framesel.stages.taken_over import Cursor, Row, with_earlier
from framesel.video.regions import Region
from framesel.video.sampling import FpsSampling, KeyframeEvery, Sampling
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.video.info import Spans

Found: TypeAlias = tuple[int, Part, Iterator[Row]]
"""Place of a part in its shard, the part, and its frames."""

ROWS_PER_GROUP = 64
"""Small row groups keep every later reader's memory small, whatever the length of the video."""


class Frames(Refining):
    """Decodes what the sampling asks for, measures it, and keeps a small JPEG of it."""

    name: ClassVar[str] = "frames"
    version: ClassVar[int] = 5

    sample: Annotated[Sampling, Tagged("mode", "fps")] = Field(
        FpsSampling(), description="which timestamps become frames"
    )
    decoder: Literal["pyav", "opencv"] = Field("pyav", description="who decodes")
    store_px: Annotated[int, Field(ge=0)] = Field(
        640, description="long side of the stored JPEG; 0 stores none and decodes again when needed"
    )
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = Field(90, description="of the stored JPEG")
    regions: tuple[Region, ...] = Field(
        (), description="crops and masks per camera; the first that matches the path counts"
    )

    def needs(self) -> tuple[str, ...]:
        """Nothing, or what a coarse pass found."""
        return (self.coarse, "windows") if self.coarse else ()

    def first_look(self, every_s: float) -> Self:
        """The stage for a coarse pass over the same stretch of each video."""
        stretch = {"start_s": self.sample.start_s, "end_s": self.sample.end_s}
        keyframes = KeyframeEvery(every_s=every_s, **stretch)
        return self.model_copy(update={"sample": keyframes})

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """What companions cost."""
        if not self.sample.companions:
            return []
        frames = extra = size = 0
        for path in sorted(workspace.stage(self.name, key).glob("s*.parquet")):
            table = table_files.read(path, columns=["companion"])
            frames += table.num_rows
            extra += pc.sum(table["companion"]).as_py() or 0
            size += path.stat().st_size
        return [
            f"{extra:,} of {frames:,} stored frames are companions: about "
            f"{extra / max(frames, 1):.0%} of {size / 1e6:,.0f} MB and of the detector's time"
        ]

    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Nothing to load: decoders open with each video."""
        del runtime, workspace
        return Opened(tables.FRAMES, partial(self._shard, max(1, run.threads)))

    def _shard(self, threads: int, inputs: Inputs) -> Iterator[pa.RecordBatch]:
        rows: list[Row] = []
        parts = self._refined if self.coarse else self._whole
        for place, part, found in parts(inputs, threads):
            with inputs.guard(part):
                for row in found:
                    rows.append(row)
                    if len(rows) == ROWS_PER_GROUP:
                        inputs.say(place, len(rows))
                        yield pa.RecordBatch.from_pylist(rows, schema=tables.FRAMES)
                        rows = []
        if rows:
            inputs.say(len(inputs.shard.parts) - 1, len(rows))
            yield pa.RecordBatch.from_pylist(rows, schema=tables.FRAMES)

    def _whole(self, inputs: Inputs, threads: int) -> Iterator[Found]:
        """All that the sampling asks for."""
        from framesel.video.info import Segment, Spans

        for place, part in inputs.parts():
            spans = Spans((Segment(part.start_pts, part.end_pts),))
            yield place, part, self._decoded(inputs, part.video_no, spans, threads)

    def _refined(self, inputs: Inputs, threads: int) -> Iterator[Found]:
        """The frames of the coarse pass, and inside the windows all that the sampling asks for."""
        dense, known = Dense.read(inputs), Cursor(inputs, self.coarse)
        for place, part in inputs.parts():
            spans = dense.within(*part)
            new = self._decoded(inputs, part.video_no, spans, threads)
            yield place, part, with_earlier(new, known.upto(part))

    def _decoded(self, inputs: Inputs, video_no: int, spans: Spans, threads: int) -> Iterator[Row]:
        from framesel.stages.footage import Video
        from framesel.video import jpeg, quality

        if not spans.stretches:
            return
        video = Video.of(inputs.videos[video_no], self.decoder, threads)
        region = self.region_of(str(video.path))
        previous, span = None, -1
        for frame in video.sample(spans, self.sample):
            if spans.place_of(frame.pts) != span:
                span, previous = spans.place_of(frame.pts), None
            image = region.apply(frame.image) if region else frame.image
            measured, thumb = quality.measure(image, previous)
            previous = previous if frame.companion else thumb
            yield {
                "video_no": video_no,
                "pts": frame.pts,
                "index": frame.index,
                "t_s": frame.t_s,
                "key": frame.key,
                "companion": frame.companion,
                "sharpness": measured.sharpness,
                "brightness": measured.brightness,
                "contrast": measured.contrast,
                "change": measured.change,
                "coded": frame.coded,
                "third_s": frame.third_s,
                "third_key_s": frame.third_key_s,
                "region": region.to_json() if region else "",
                "jpeg": jpeg.encode(frame.image, self.jpeg_quality, long_side=self.store_px)
                if self.store_px
                else None,
            }

    def region_of(self, path: str) -> Region | None:
        """The part that counts of the pictures of a video; None: all of them."""
        return next((r for r in self.regions if fnmatchcase(path, r.match)), None)
