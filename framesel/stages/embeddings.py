"""Embeddings: one unit-length vector for each frame, and one for each of its tiles if wanted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from framesel import vector_column
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened
from framesel.stages.footage import Image
from framesel.stages.refining import Refining
from framesel.stages.stored_frames import Key, ahead, chunks, stored_frames
from framesel.stages.taken_over import Taken
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.backbones import Backbone

FRAMES_AT_ONCE = 128
"""Handed to the backbone together, in whole batches, so that it can prepare one while it computes
another."""


class Embeddings(Refining):
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
    batch: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        "auto", description="frames per batch, always filled up; auto: 4, on a GPU 32"
    )
    tiles: Literal[0, 2, 3] = Field(
        0,
        description="2: also a vector for each of 2 x 2 tiles (3: 3 x 3), in which small objects "
        "show and keep near-duplicates apart; costs 4 (9) more pictures a frame; 0: off",
    )

    def needs(self) -> tuple[str, ...]:
        """The frames' JPEGs."""
        return ("frames", *([self.coarse] if self.coarse else []))

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
        return str(backbones.choose_runtime(run.device, here=run.here))

    def pins_runtime(self) -> bool:
        """A precision that was asked for is kept, whatever the machine has."""
        return self.precision != "auto"

    def converted(self, workspace: Workspace, runtime: str) -> Path | None:
        """The folder in which the converted backbone is kept; None where none is."""
        from framesel import backbones

        card, batch = backbones.describe(self.backbone), backbones.batch_of(self.batch, runtime)
        found = backbones.KeptModel.of(workspace.converted, card, backbones.Runtime(runtime), batch)
        return found.folder if found else None

    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Loads the backbone."""
        from framesel import backbones

        model = backbones.load(
            self.backbone,
            device=run.device if runtime.startswith("cuda") else "cpu",
            runtime=backbones.Runtime(runtime),
            batch=self.batch,
            kept_in=workspace.converted,
        )
        schema = vector_column.embeddings_schema(model.dim, self.backbone, self.tiles**2)

        def work(inputs: Inputs) -> Iterator[pa.RecordBatch]:
            taken = Taken(self, inputs, schema)
            yield from taken.among(embedded(inputs, taken.keys))

        def embedded(inputs: Inputs, known: Collection[Key]) -> Iterator[pa.RecordBatch]:
            frames = stored_frames(inputs, companions=False, but=known)
            decoded = chunks(frames, max(2, FRAMES_AT_ONCE // model.batch) * model.batch)
            for shown in ahead(decoded, wanted=runtime.startswith("cuda")):
                inputs.say(inputs.place_of(shown[-1].video_no, shown[-1].pts), len(shown))
                images = [frame.image for frame in shown]
                columns = [
                    pa.array([frame.video_no for frame in shown], pa.int32()),
                    pa.array([frame.pts for frame in shown], pa.int64()),
                    vector_column.pack_vectors(model(images)),
                ]
                if self.tiles:
                    parts = [tile for image in images for tile in tiles_of(image, self.tiles)]
                    columns.append(
                        vector_column.pack_vectors(model(parts).reshape(len(images), -1))
                    )
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

        return Opened(schema, work)


def backbone_of(workspace: Workspace, key: str, run: RunSettings) -> Backbone:
    """The backbone as it made the vectors of one fingerprint."""
    from framesel import backbones

    path = workspace.stage(Embeddings.name, key) / "stage.json"
    identity = json.loads(path.read_text("utf-8"))
    runtime = identity["runtime"]
    return backbones.load(
        identity["fields"]["backbone"],
        device=run.device if runtime.startswith("cuda") else "cpu",
        runtime=backbones.Runtime(runtime),
        batch=identity["fields"]["batch"],
        kept_in=workspace.converted,
    )


def tiles_of(image: Image, side: int) -> list[Image]:
    """The side x side tiles of a picture, row by row; never empty, however small it is.

    Args:
        image: (h, w, 3).
        side: Tiles along each edge.
    """
    rows, columns = (_cuts(length, side) for length in image.shape[:2])
    return [np.ascontiguousarray(image[row, column]) for row in rows for column in columns]


def _cuts(length: int, parts: int) -> list[slice]:
    return [slice(i * length // parts, -(-(i + 1) * length // parts)) for i in range(parts)]
