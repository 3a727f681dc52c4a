"""Detections on disk: from a detector's answer to a row, and from rows to columns of boxes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables
from framesel.errors import WorkspaceError
from framesel.uncertainty.boxes import Boxes

if TYPE_CHECKING:
    from framesel.detectors import Detections, DetectorInfo, LastLayer

LAST_LAYER = "last_layer.safetensors"
KEY = "detector"

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """What a reader of a detections table must know."""

    name: str
    classes: tuple[str, ...]
    activation: str
    top: int
    features: int
    side_bins: int
    strides: tuple[int, ...]
    size_px: int
    views: tuple[str, ...]
    missing: dict[str, str]

    @classmethod
    def of(cls, info: DetectorInfo, top: int, size_px: int, views: tuple[str, ...]) -> Layout:
        """For the answers of one detector."""
        return cls(
            info.name,
            info.classes,
            info.activation,
            min(top, len(info.classes)),
            info.feature_dim,
            info.side_bins,
            info.strides,
            size_px,
            views,
            dict(info.missing),
        )

    @classmethod
    def read(cls, path: Path) -> Layout:
        """From a table's schema.

        Raises:
            WorkspaceError: The table was not written by the detections stage.
        """
        try:
            return cls.of_schema(table_files.schema(path))
        except (KeyError, ValueError, TypeError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); remove it and run again.") from None

    @classmethod
    def of_schema(cls, schema: pa.Schema) -> Layout:
        """What ``schema`` has put into its metadata."""
        found = json.loads((schema.metadata or {})[(tables.PREFIX + KEY).encode()])
        sequences = {name: tuple(found[name]) for name in ("classes", "strides", "views")}
        return cls(**{**found, **sequences})

    def schema(self) -> pa.Schema:
        """Schema of the table, with this in its metadata."""
        text = json.dumps(asdict(self), sort_keys=True)
        return tables.DETECTIONS.with_metadata({tables.PREFIX + KEY: text})


def pack(found: Detections, layout: Layout) -> dict[str, Any]:
    """The columns of one picture, without its key."""
    # Loaded late: a recipe is read without scipy.
    from framesel.uncertainty.compact import compact

    activation = "sigmoid" if layout.activation == "sigmoid" else "softmax"
    top_class, top_logit, rest = compact(found.logits, layout.top, activation)  # type: ignore[arg-type]
    columns = {
        "xyxy": found.xyxy.astype(np.float32),
        "top_class": top_class,
        "top_logit": top_logit,
        "rest": rest,
        "level": found.level.astype(np.int8),
        "head": found.head.astype(np.uint8),
    }
    row: dict[str, Any] = {k: np.ascontiguousarray(v).tobytes() for k, v in columns.items()}
    row["features"] = _half(found.features)
    row["sides"] = _half(found.sides)
    return {**row, "boxes": len(found), "peak": found.peak, "faint": found.faint}


def _half(values: Array | None) -> bytes | None:
    most = np.finfo(np.float16).max
    return None if values is None else np.clip(values, -most, most).astype(np.float16).tobytes()


def unpack(rows: pa.Table, layout: Layout, *, bulky: bool = True) -> Boxes:
    """The boxes of many pictures as columns.

    Args:
        rows: Of a detections table.
        layout: Of that table.
        bulky: Whether features and sides are read too, where ``rows`` has them.
    """
    rows = rows.combine_chunks()
    counts = rows["boxes"].to_numpy()
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    size_wh = np.stack([rows["width"].to_numpy(), rows["height"].to_numpy()], 1).astype(np.float32)
    m, top = int(offsets[-1]), layout.top
    features = sides = None
    if bulky and layout.features:
        features = _column(rows, "features", np.float16, (m, layout.features))
    if bulky and layout.side_bins:
        sides = _column(rows, "sides", np.float16, (m, 4, layout.side_bins))
    return Boxes(
        offsets=offsets,
        size_wh=size_wh,
        peak=rows["peak"].to_numpy(),
        faint=rows["faint"].to_numpy(),
        xyxy=_column(rows, "xyxy", np.float32, (m, 4)),
        top_class=_column(rows, "top_class", np.uint16, (m, top)),
        top_logit=_column(rows, "top_logit", np.float16, (m, top)).astype(np.float32),
        rest=_column(rows, "rest", np.float32, (m, 4)),
        level=_column(rows, "level", np.int8, (m,)),
        head=_column(rows, "head", np.uint8, (m,)),
        classes=layout.classes,
        activation="sigmoid" if layout.activation == "sigmoid" else "softmax",
        features=features,
        sides=sides,
        strides=layout.strides,
        scale=layout.size_px / np.maximum(size_wh.max(axis=1), 1),
    )


def _column(rows: pa.Table, name: str, kind: Any, shape: tuple[int, ...]) -> Array:
    """A binary column as one array: its values lie one behind the other already."""
    parts: Sequence[bytes] = rows[name].to_pylist() if rows.num_rows < 2 else ()
    if parts or not rows.num_rows:
        flat = np.frombuffer(b"".join(parts), kind)
    else:
        (chunk,) = rows[name].chunks
        edges = np.frombuffer(chunk.buffers()[1], np.int32)
        first, last = edges[chunk.offset], edges[chunk.offset + len(chunk)]
        data = chunk.buffers()[2]
        flat = np.frombuffer(data, np.uint8)[first:last].view(kind) if data else np.empty(0, kind)
    if flat.size != int(np.prod(shape)):
        raise WorkspaceError(
            f"column {name!r} of a detections table holds {flat.size} numbers, not {shape}: the "
            "table is damaged; remove its folder under detections/ and run again."
        )
    return flat.reshape(shape)


def pack_last_layer(layer: LastLayer) -> bytes:
    """The last layer as safetensors."""
    from safetensors.numpy import save

    return bytes(save({"bias": layer.bias, "weight": layer.weight}))


def read_last_layer(folder: Path) -> tuple[Array, Array] | None:
    """Weight (H, C, F) and bias (H, C) of the detector whose table lies in a folder, if any."""
    from safetensors.numpy import load_file

    path = folder / LAST_LAYER
    if not path.exists():
        return None
    found = load_file(path)
    return found["weight"], found["bias"]
