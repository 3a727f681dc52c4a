"""Detections: what a detector sees in each frame, kept so that no later question needs it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from framesel import runtime as runtimes
from framesel import table_files
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened
from framesel.stages.refining import Refining
from framesel.stages.stored_boxes import LAST_LAYER, Layout, pack, pack_last_layer
from framesel.stages.stored_frames import Key, ahead, chunks, stored_frames
from framesel.stages.taken_over import Taken
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.detectors import Detections as Found
    from framesel.detectors import DetectSettings
    from framesel.stages.stored_frames import Shown

BATCHES_AT_ONCE = 8
"""Handed to the detector together, so that it can prepare one while it computes another."""

View = Literal["hflip", "bright", "crop"]


class Detections(Refining):
    """Runs a detector over the frames of a shard, and over edited views of them."""

    name: ClassVar[str] = "detections"
    version: ClassVar[int] = 1
    gb_per_worker: ClassVar[float] = 1.5

    weights: str = Field(
        "",
        description="PATH.pt, an export's PATH, or torchvision:NAME@PATH; empty: no detector",
    )
    size_px: Annotated[int, Field(ge=32, le=4096)] = Field(
        640, description="long side of what the network sees"
    )
    conf: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="boxes under this confidence are not kept; far under what you would show"
    )
    iou: Annotated[float, Field(gt=0, le=1)] = Field(
        0.7, description="of two boxes of a class that overlap more, the weaker is dropped"
    )
    max_candidates: Annotated[int, Field(ge=1, le=3000)] = Field(
        300, description="boxes kept in a frame"
    )
    top_classes: Annotated[int, Field(ge=1, le=1000)] = Field(
        8, description="class logits kept of each box; of the others the sums that scores need"
    )
    head: Literal["auto", "one2many", "one2one"] = Field(
        "auto", description="of models with two heads: auto is the one that needs suppression"
    )
    features: bool = Field(
        True, description="keep what the last layer saw of each box: Bayesian scores, BADGE"
    )
    views: tuple[View, ...] = Field(
        (), description="edited views to look at too, for consistency; each costs a pass"
    )
    companions: bool = Field(True, description="look at the frames beside candidates too")
    classes: tuple[str, ...] = Field(
        (), description="names, for weights that do not carry them; empty: as the weights say"
    )
    trust_weights: bool = Field(
        False, description="unpickle a file that only so can be read: it can run any program"
    )
    precision: Literal["auto", "fp32"] = Field(
        "auto", description="auto: what the machine does best; fp32: torch on the CPU"
    )
    batch: Annotated[int, Field(ge=1)] = Field(8, description="frames per batch on a GPU")

    def needs(self) -> tuple[str, ...]:
        """The frames' JPEGs."""
        return ("frames", *([self.coarse] if self.coarse else []))

    def settings(self) -> DetectSettings:
        """What the detector is asked for."""
        from framesel.detectors import DetectSettings

        return DetectSettings(
            size_px=self.size_px,
            conf=self.conf,
            iou=self.iou,
            max_candidates=self.max_candidates,
            head=self.head,
            features=self.features,
            trust=self.trust_weights,
            classes=self.classes,
        )

    def identity(self, runtime: str, needs: Any) -> dict[str, Any]:
        """As all stages', but a file of weights is known by its digest, not by its path."""
        found = super().identity(runtime, needs)
        found["fields"] = {k: v for k, v in found["fields"].items() if k != "weights"}
        return found

    def assets(self) -> dict[str, str]:
        """Digest of the weights and of everything that shapes the boxes."""
        from framesel import detectors

        return {"weights": detectors.describe(self.weights, self.settings()).digest}

    def runtime(self, run: RunSettings) -> str:
        """Where and in which precision this machine would run the detector."""
        if self.precision == "fp32":
            return str(runtimes.Runtime.TORCH_FP32)
        return str(runtimes.choose_runtime(run.device, here=run.here))

    def pins_runtime(self) -> bool:
        """A precision that was asked for is kept, whatever the machine has."""
        return self.precision != "auto"

    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Loads the detector."""
        from framesel import detectors

        del workspace
        detector = detectors.load(
            self.weights,
            self.settings(),
            device=run.device if runtime.startswith("cuda") else "cpu",
            runtime=runtimes.Runtime(runtime),
            batch=self.batch,
        )
        layout = Layout.of(detector.info, self.top_classes, self.size_px, self.views)
        schema = layout.schema()
        layer = detector.last_layer if self.features else None

        def work(inputs: Inputs) -> Iterator[pa.RecordBatch]:
            taken = Taken(self, inputs, schema)
            yield from taken.among(looked(inputs, taken.keys))

        def looked(inputs: Inputs, known: Collection[Key]) -> Iterator[pa.RecordBatch]:
            seen = stored_frames(inputs, companions=self.companions, but=known)
            decoded = chunks(seen, BATCHES_AT_ONCE * self.batch)
            for shown in ahead(decoded, wanted=runtime.startswith("cuda")):
                inputs.say(inputs.place_of(shown[-1].video_no, shown[-1].pts), len(shown))
                rows = [
                    {**key, **pack(found, layout)} for key, found in self._look(detector, shown)
                ]
                rows.sort(key=lambda row: row["place"])
                for row in rows:
                    del row["place"]
                yield pa.RecordBatch.from_pylist(rows, schema=schema)

        return Opened(schema, work, {LAST_LAYER: pack_last_layer(layer)} if layer else {})

    def _look(self, detector: Any, shown: list[Shown]) -> Iterator[tuple[dict[str, Any], Found]]:
        """What the detector finds in frames and in their views, each with its key."""
        from framesel.detectors import views

        for turn, view in enumerate(("", *self.views)):
            frames = [(i, f) for i, f in enumerate(shown) if not (view and f.companion)]
            images = [f.image if not view else views.edit(f.image, view) for _, f in frames]
            for (place, frame), found in zip(frames, detector(images), strict=True):
                height, width = frame.image.shape[:2]
                key = {
                    "video_no": frame.video_no,
                    "pts": frame.pts,
                    "view": view,
                    "companion": frame.companion,
                    "width": width,
                    "height": height,
                    "place": (place, turn),
                }
                back = views.restore(found, view, (width, height)) if view else found
                yield key, back

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """How many boxes there are, and how many frames without any."""
        frames = boxes = empty = 0
        for path in sorted(workspace.stage(self.name, key).glob("s*.parquet")):
            table = table_files.read(path, columns=["boxes", "view"])
            counts = table.filter(pc.equal(table["view"].cast(pa.string()), ""))["boxes"]
            frames += len(counts)
            boxes += pc.sum(counts).as_py() or 0
            empty += pc.sum(pc.equal(counts, 0)).as_py() or 0
        return [f"{boxes:,} boxes of at least {self.conf:g} in {frames:,} frames, {empty:,} empty"]


class Member(Detections):
    """One more detector, asked for its vote on the candidates."""

    companions: bool = Field(False, description="look at the frames beside candidates too")
