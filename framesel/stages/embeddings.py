"""Embeddings: one unit-length vector for each frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from framesel import tables
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened, ShardStage
from framesel.stages.footage import Image, Video

BATCHES_AT_ONCE = 8
"""Handed to the backbone together, so that it can prepare one while it computes another."""

COLUMNS = ["video_no", "pts", "region", "jpeg"]


class Embeddings(ShardStage):
    """Runs a backbone over the frames of a shard, in batches of one fixed shape."""

    name: ClassVar[str] = "embeddings"
    version: ClassVar[int] = 1
    gb_per_worker: ClassVar[float] = 1.5

    backbone: str = Field(
        "builtin",
        description="architecture and weights: builtin, timm:NAME, torchvision:NAME, file:PATH",
    )
    precision: Literal["auto", "fp32", "int8"] = Field(
        "auto",
        description="auto: what the machine does best at equal vectors; int8: faster, coarser",
    )
    batch: Annotated[int, Field(ge=1)] = Field(16, description="frames per batch; always filled up")

    def needs(self) -> tuple[str, ...]:
        """The frames' JPEGs."""
        return ("frames",)

    def assets(self) -> dict[str, str]:
        """Digest of the weights and of how pictures are prepared."""
        from framesel import backbones

        return {self.backbone: backbones.describe(self.backbone).digest}

    def runtime(self, run: RunSettings) -> str:
        """Where and in which precision this machine would run the backbone."""
        from framesel import backbones

        if self.precision == "int8":
            return str(backbones.Runtime.OPENVINO_INT8)
        if self.precision == "fp32":
            return str(backbones.Runtime.TORCH_FP32)
        return str(backbones.choose_runtime(run.device))

    def pins_runtime(self) -> bool:
        """A precision that was asked for is kept, whatever the machine has."""
        return self.precision != "auto"

    def workers(self, run: RunSettings, runtime: str) -> int:
        """A GPU is fed by one process, cores by one each."""
        if runtime.startswith("cuda"):
            return run.workers or 1
        return super().workers(run, runtime)

    def open(self, run: RunSettings, runtime: str) -> Opened:
        """Loads the backbone."""
        from framesel import backbones

        model = backbones.load(
            self.backbone,
            device=run.device if runtime.startswith("cuda") else "cpu",
            runtime=backbones.Runtime(runtime),
            batch=self.batch,
        )
        schema = tables.embeddings_schema(model.dim, self.backbone)

        def work(inputs: Inputs) -> Iterator[pa.RecordBatch]:
            for keys, images in _chunks(_pictures(inputs), BATCHES_AT_ONCE * self.batch):
                inputs.say(inputs.place_of(*keys[-1]), len(keys))
                vectors = model(images)
                columns = [
                    pa.array([video_no for video_no, _ in keys], pa.int32()),
                    pa.array([pts for _, pts in keys], pa.int64()),
                    tables.pack_vectors(vectors),
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

        return Opened(schema, work)


Picture = tuple[tuple[int, int], Image]


def _chunks(
    pictures: Iterator[Picture], size: int
) -> Iterator[tuple[list[tuple[int, int]], list[Image]]]:
    keys: list[tuple[int, int]] = []
    images: list[Image] = []
    for key, image in pictures:
        keys.append(key)
        images.append(image)
        if len(keys) == size:
            yield keys, images
            keys, images = [], []
    if keys:
        yield keys, images


def _pictures(inputs: Inputs) -> Iterator[Picture]:
    """The frames of a shard, from stored JPEGs or decoded again, inside their regions."""
    from framesel.video import jpeg
    from framesel.video.regions import Region

    parts, poison = inputs.shard.parts, inputs.shard.poison
    missing: list[dict[str, Any]] = []
    for batch in inputs.batches("frames", COLUMNS):
        for row in batch.to_pylist():
            if poison and inputs.is_poison(parts[inputs.place_of(row["video_no"], row["pts"])]):
                continue
            if row["jpeg"] is None:
                missing.append(row)
                continue
            image = jpeg.decode(row["jpeg"])
            region = Region.from_json(row["region"]) if row["region"] else None
            yield (row["video_no"], row["pts"]), region.apply(image) if region else image
    yield from _decoded(inputs, missing)


def _decoded(inputs: Inputs, rows: list[dict[str, Any]]) -> Iterator[Picture]:
    from framesel.video.regions import Region

    parts = {part.video_no: part for part in inputs.shard.parts}
    for video_no, group in groupby(rows, key=lambda r: r["video_no"]):
        wanted = {r["pts"]: r["region"] for r in group}
        with inputs.guard(parts[video_no]):
            for frame in Video.of(inputs.videos[video_no]).fetch(sorted(wanted)):
                region = Region.from_json(wanted[frame.pts]) if wanted[frame.pts] else None
                image = region.apply(frame.image) if region else frame.image
                yield (video_no, frame.pts), np.ascontiguousarray(image)
