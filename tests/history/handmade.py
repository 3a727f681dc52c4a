"""A workspace written by hand, table by table: every number in it is known."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from framesel import recipe as recipes
from framesel import tables, vector_column
from framesel.annotation.sheet import Box
from framesel.catalog import Catalog, append, write_sources
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.metrics import evaluate
from framesel.labels import store
from framesel.labels import tables as label_tables
from framesel.labels.labels import Key, Labels, box_row
from framesel.rounds import holdout, models, state
from framesel.stages.stored_boxes import Layout
from framesel.workspace import Workspace, write_json, write_table

SIDE = 100
"""Width and height of all pictures."""
FRAMES = 16
"""In each video, one a second; pts 0, 10, 20, …"""
CLASSES = ("bird", "drone")
Guess = tuple[float, float, float, float, int, float]
"""x1 y1 x2 y2, class, confidence."""


@dataclass
class Handmade:
    """Writes a workspace.

    Attributes:
        root: Where.
        videos: How many; the last is held out.
    """

    root: Path
    videos: int = 4
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.workspace = Workspace.create(self.root)
        self._catalog()
        self.stage("frames", "f", self._frames(), schema=tables.FRAMES)
        self.stage("embeddings", "e", self._vectors())
        self.duplicates("d")
        held = holdout.Holdout(videos=(f"digest-{self.videos - 1}",))
        holdout.write(self.workspace, held)
        self.workspace.recipe.write_text(recipes.Recipe().to_yaml(), "utf-8")

    @property
    def keys(self) -> list[Key]:
        """All frames."""
        return [(video, 10 * at) for video in range(self.videos) for at in range(FRAMES)]

    def recipe(self, *settings: str) -> recipes.Recipe:
        """Defaults with changes."""
        return recipes.load(None, settings)

    def stage(self, name: str, key: str, table: pa.Table, **more: Any) -> None:
        """One shard of a stage with its stage.json."""
        schema = more.pop("schema", table.schema)
        needs = {"frames": "f"} if name in ("embeddings", "detections") else {}
        identity = {"stage": name, "fields": more.pop("fields", {}), "needs": needs, **more}
        write_json(self.workspace.stage(name, key) / "stage.json", identity)
        parts = [[v, None, None] for v in range(self.videos)]
        write_table(
            self.workspace.shard(name, key, 0),
            schema,
            table.cast(schema).combine_chunks().to_batches(),
            entries=lambda: {"parts": parts, "errors": []},
        )

    def gathered(
        self, name: str, key: str, table: pa.Table, inputs: Mapping[str, str], **fields: Any
    ) -> None:
        """A gathered table with its stage.json."""
        needs = {n: k.partition("-")[0] for n, k in inputs.items()}
        identity = {"stage": name, "fields": fields, "assets": {}, "needs": needs}
        write_json(self.workspace.stage(name, key) / "stage.json", identity)
        write_table(
            self.workspace.stage(name, key) / "all.parquet",
            table.schema,
            table.combine_chunks().to_batches(),
            entries=lambda: {"inputs": dict(inputs)},
        )

    def _catalog(self) -> None:
        rows = []
        for video in range(self.videos):
            told = {"video_no": video, "shard": 0, "path": f"/footage/v{video}.mp4", "bytes": 1}
            told |= {"mtime_ns": 0, "digest": f"digest-{video}", "kind": "video", "codec": "h264"}
            told |= {"width": SIDE, "height": SIDE, "time_base_num": 1, "time_base_den": 10}
            rows.append(dict.fromkeys(tables.CATALOG.names) | told | {"first_pts": 0})
        append(self.workspace, rows)
        names = ("path", "bytes", "mtime_ns", "video_no")
        found = [{n: row[n] for n in names} | {"error": "", "metadata": "{}"} for row in rows]
        write_sources(self.workspace, found)

    def _frames(self) -> pa.Table:
        quality = dict.fromkeys(("sharpness", "brightness", "contrast", "change"), 1.0)
        rows = [
            {"video_no": v, "pts": p, "index": p, "t_s": p / 10, "key": True, "companion": False}
            | quality
            | {"region": "", "jpeg": None}
            for v, p in self.keys
        ]
        return pa.Table.from_pylist(rows, schema=tables.FRAMES)

    def _vectors(self) -> pa.Table:
        """Each video lies in a direction of its own; its frames turn slowly out of it."""
        angle = np.array([p / 10 for _, p in self.keys]) * 0.01
        vectors = np.zeros((len(angle), 2 * self.videos), np.float32)
        video = np.array([v for v, _ in self.keys])
        rows = np.arange(len(angle))
        vectors[rows, 2 * video], vectors[rows, 2 * video + 1] = np.cos(angle), np.sin(angle)
        schema = vector_column.embeddings_schema(vectors.shape[1], "handmade")
        columns = [*zip(*self.keys, strict=True)]
        arrays = [pa.array(columns[0], pa.int32()), pa.array(columns[1], pa.int64())]
        return pa.Table.from_arrays([*arrays, vector_column.pack_vectors(vectors)], schema=schema)

    def duplicates(self, key: str, keepers: Mapping[Key, Key] | None = None) -> None:
        """Who stands for each frame; None: no frame is a duplicate."""
        stands = {k: k for k in self.keys} if keepers is None else keepers
        mass = Counter(stands.values())
        rows = [
            {"video_no": v, "pts": p, "rejected": "", "keeper_video_no": stands[v, p][0]}
            | {"keeper_pts": stands[v, p][1], "keeper_cos": 1.0, "mass": float(mass[v, p])}
            | {"span_start_s": p / 10, "span_end_s": p / 10, "shot": 0}
            for v, p in self.keys
        ]
        table = pa.Table.from_pylist(rows, schema=tables.DUPLICATES)
        self.gathered("duplicates", key, table, {"frames": "f", "embeddings": "e"})

    def detections(
        self, key: str, guesses: Mapping[Key, Sequence[Guess]], classes: tuple[str, ...] = CLASSES
    ) -> None:
        """What a detector saw; frames that are not named are empty."""
        top = len(classes)
        layout = Layout("hand", classes, "sigmoid", top, 0, 0, (8,), SIDE, (), {})
        rows = []
        for v, p in self.keys:
            boxes = list(guesses.get((v, p), ()))
            m = len(boxes)
            order = [[b[4], *(c for c in range(top) if c != b[4])] for b in boxes]
            odds = [np.log(b[5] / (1 - b[5])) for b in boxes]
            logits = np.array([[z, *[-9.0] * (top - 1)] for z in odds], np.float16)
            packed = {
                "xyxy": np.array([b[:4] for b in boxes], np.float32),
                "top_class": np.array(order, np.uint16),
                "top_logit": logits,
                "rest": np.zeros((m, 4), np.float32),
                "level": np.zeros(m, np.int8),
                "head": np.zeros(m, np.uint8),
            }
            told = {"video_no": v, "pts": p, "view": "", "companion": False, "boxes": m}
            told |= {"width": SIDE, "height": SIDE, "peak": 0.0, "faint": 0.0}
            told |= {name: values.tobytes() for name, values in packed.items()}
            rows.append(told | {"features": None, "sides": None})
        table = pa.Table.from_pylist(rows, schema=tables.DETECTIONS)
        assets = {"weights": f"digest of {key}"}
        self.stage("detections", key, table, schema=layout.schema(), assets=assets)

    def scores(self, key: str, detections: str, utility: Mapping[Key, float], **more: Any) -> None:
        """Utilities; 0.1 for frames that are not named. ``error``: everybody's chance of one."""
        columns = [*zip(*self.keys, strict=True)]
        error = more.get("error")
        table = pa.table(
            {
                "video_no": pa.array(columns[0], pa.int32()),
                "pts": pa.array(columns[1], pa.int64()),
                "utility": pa.array([utility.get(k, 0.1) for k in self.keys], pa.float32()),
                "p_error": pa.array([error] * len(self.keys), pa.float32()),
            }
        )
        self.gathered("scores", key, table, {"frames": "f", "detections": detections})

    def trust(self, key: str, inputs: Mapping[str, str], **row: Any) -> None:
        """A verdict on the scores."""
        told = {"auroc": 0.7, "frames": 30, "errors": 9, "trusted": True, "why": "measured"}
        self.gathered("trust", key, pa.Table.from_pylist([told | row]), inputs)

    def round(
        self,
        number: int,
        picks: Sequence[Key],
        inputs: Mapping[str, str] | None = None,
        *,
        controls: int = 0,
        imports: int = 0,
        closed: bool = True,
        **fields: Any,
    ) -> None:
        """A round with its selection; the last so many picks are controls."""
        rows = []
        for rank, (v, p) in enumerate(picks, 1):
            source = "control" if rank > len(picks) - controls else "coverage"
            told = {"rank": rank, "video_no": v, "pts": p, "index": p, "t_s": p / 10}
            told |= {"source": source, "terms": [], "mass": 1.0, "revived": False, "limit": ""}
            rows.append(dict.fromkeys(tables.SELECTION.names) | told | {"reason": "far off"})
        usual = {"frames": "f", "embeddings": "e", "duplicates": "d"}
        table = pa.Table.from_pylist(rows, schema=tables.SELECTION)
        key = f"s{number}"
        self.gathered("selection", key, table, usual | dict(inputs or {}), **fields)
        this = state.Round(number, closed, f"selection/{key}", told=0, imports=imports)
        state.save(self.workspace, this)

    def label(
        self,
        words: Mapping[Key, Sequence[str]],
        seconds: float | None = None,
        who: str = "ann",
    ) -> None:
        """An import: the classes of the boxes in each frame."""
        rows, boxes = [], []
        for (v, p), names in words.items():
            frame = {"video_no": v, "pts": p, "annotator": who}
            size = {"width": SIDE, "height": SIDE, "boxes": len(names)}
            rows.append({**frame, **size, "seconds": seconds, "at": ""})
            boxes += [{**frame, **box_row(Box(name, 10, 10, 50, 40))} for name in names]
        labels = Labels(
            pa.Table.from_pylist(rows, schema=label_tables.LABELLED),
            pa.Table.from_pylist(boxes, schema=label_tables.LABELS),
            CLASSES,
        )
        store.add(self.workspace, labels, {"source": "test"})

    def model(self, number: int, right: int, imports: int, **more: Any) -> dict[str, Any]:
        """A model that finds so many of 20 objects on the holdout; gives its metrics."""
        folder = f"models/{number:08d}"
        metrics = judged(right).json()
        told = {"holdout": metrics, "val": None, **more}
        write_json(self.workspace.root / folder / "metrics.json", told)
        model = models.Model(number, folder, "weights.pt", "", CLASSES, 64, imports)
        models.save(self.workspace, model)
        return json.loads(json.dumps(told))  # type: ignore[no-any-return]

    @property
    def catalog(self) -> Catalog:
        """Its videos."""
        return Catalog(self.workspace)


def judged(right: int, objects: int = 20) -> Any:
    """Metrics of a detector that finds so many of some objects, one a picture, five a video."""
    box = np.array([[10, 10, 50, 40]], np.float32)
    each = np.arange(objects + 1, dtype=np.int64)
    truth = Truth(each, np.repeat(box, objects, axis=0), np.zeros(objects, np.int64))
    found = np.minimum(each, right)
    boxes = np.repeat(box, right, axis=0)
    conf = np.full(right, 0.9, np.float32)
    guesses = Found(found, boxes, np.zeros(right, np.int64), conf)
    return evaluate(truth, guesses, ("bird",), each[:-1] // 5, replicates=50)
