"""The Arrow schema of every table, and how a table becomes a file.

A frame's key is ``(video_no, pts)`` in every table. ``pts`` counts in the time base of its
stream, which the catalog holds. The table of vectors is in ``vector_column.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files

PREFIX = "framesel."

CATALOG = pa.schema(
    [
        ("video_no", pa.int32()),
        ("shard", pa.int32()),
        ("start_pts", pa.int64()),  # null: from the beginning
        ("end_pts", pa.int64()),  # null: to the end; half open
        ("path", pa.string()),
        ("bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("digest", pa.string()),
        ("kind", pa.string()),
        ("codec", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("fps_num", pa.int64()),
        ("fps_den", pa.int64()),
        ("duration_s", pa.float64()),
        ("frames", pa.int64()),
        ("rotation", pa.int16()),
        ("time_base_num", pa.int64()),
        ("time_base_den", pa.int64()),
        ("stream_index", pa.int16()),
        ("first_pts", pa.int64()),
        ("recorded_at", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
    ]
)
"""One row per segment; the rows of a video repeat what is known of it."""

SOURCES = pa.schema(
    [
        ("path", pa.string()),
        ("bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("video_no", pa.int32()),  # null: could not be opened
        ("error", pa.string()),
        ("metadata", pa.string()),  # JSON object of the sidecar's columns
    ]
)
"""What the last scan found: one row per file. Videos without a row are tombstones."""

FRAMES = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("index", pa.int32()),
        ("t_s", pa.float64()),
        ("key", pa.bool_()),
        ("companion", pa.bool_()),  # evidence for scores over time, never a candidate
        ("sharpness", pa.float32()),
        ("brightness", pa.float32()),
        ("contrast", pa.float32()),
        ("change", pa.float32()),  # against the sampled frame before; NaN for a segment's first
        ("coded", pa.int64()),  # bytes between it and the next, keyframes left out; null: unknown
        ("third_s", pa.float64()),  # after it, by which a third of them is spent; null: likewise
        ("third_key_s", pa.float64()),  # after it, of the last keyframe up to there; likewise
        ("region", pa.dictionary(pa.int32(), pa.string())),  # JSON; empty: the whole picture
        ("jpeg", pa.binary()),  # null where the recipe keeps no pixels
    ]
)

DETECTIONS = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("view", pa.dictionary(pa.int8(), pa.string())),  # empty: the frame as it is
        ("companion", pa.bool_()),
        ("width", pa.int32()),  # of the picture that the boxes are in
        ("height", pa.int32()),
        ("boxes", pa.int32()),  # m; the rest are arrays over the m boxes, most confident first
        ("peak", pa.float32()),  # highest logit anywhere, kept or not
        ("faint", pa.float32()),  # expected objects under the threshold; NaN: not known
        ("xyxy", pa.binary()),  # (m, 4) float32, pixels
        ("top_class", pa.binary()),  # (m, K) uint16
        ("top_logit", pa.binary()),  # (m, K) float16, relative to background
        ("rest", pa.binary()),  # (m, 4) float32: sums over the other classes
        ("level", pa.binary()),  # (m,) int8
        ("head", pa.binary()),  # (m,) uint8, row of last_layer.safetensors
        ("features", pa.binary()),  # (m, F) float16; null where the detector gives none
        ("sides", pa.binary()),  # (m, 4, R) float16; null where the detector gives none
    ]
)
"""One row per frame and view; ``framesel.uncertainty.boxes`` says what the arrays mean. The
metadata entry ``detector`` holds what the reader must know: classes, K, F, R, strides."""

WINDOWS = pa.schema(
    [
        ("video_no", pa.int32()),
        ("start_pts", pa.int64()),  # null: from the beginning
        ("end_pts", pa.int64()),  # null: to the end; half open
        ("seconds", pa.float64()),
        ("new", pa.float32()),  # one minus the cosine with the nearest earlier keyframe, at an end
        ("doubt", pa.float32()),  # wrong answers to be expected there; null without a detector
        ("busy", pa.float32()),  # bytes a second, in medians of its video; null: unknown
        ("dense", pa.bool_()),  # whether there is a window in it
        ("look_start_pts", pa.int64()),  # the window; null: all of the stretch
        ("look_end_pts", pa.int64()),  # likewise; half open
        ("decoded_s", pa.float64()),  # of footage, for the window: from the keyframe before it
    ]
)
"""One row per stretch between two frames of the coarse pass, of the videos that begin in the
shard."""

TAU = pa.schema(
    [
        ("tau_cos", pa.float64()),
        ("recall", pa.float64()),  # share of self-made duplicates that it finds; null: not known
        ("wrong_merges", pa.float64()),  # share of frames it merges with another video's; likewise
        ("chosen", pa.bool_()),  # one row is
    ]
)
"""One row per threshold that was looked at. The metadata entry ``remarks``: what a person is
told."""

TRUST = pa.schema(
    [
        ("auroc", pa.float64()),  # of the utility for errors in frames; null: not known
        ("frames", pa.int32()),  # labelled, that the detector had not learnt from
        ("errors", pa.int32()),  # of them, with a missed or a false box
        ("trusted", pa.bool_()),
        ("why", pa.string()),  # for a person
    ]
)
"""One row: whether what the detector does not know may guide the selection."""

SHOTS = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("rejected", pa.string()),  # "", black, flat, blurred, frozen: never a candidate
        ("keeper_pts", pa.int64()),  # of the same shot; its own if kept; null for a rejected one
        ("keeper_cos", pa.float32()),
        ("shot", pa.int32()),  # numbered over the videos at home in the shard
    ]
)
"""All frames of the videos that begin in the shard."""

DUPLICATES = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("rejected", pa.string()),  # "", black, flat, blurred, frozen: never a candidate
        ("keeper_video_no", pa.int32()),  # itself for a kept frame; null for a rejected one
        ("keeper_pts", pa.int64()),
        ("keeper_cos", pa.float32()),
        ("mass", pa.float32()),  # frames that it stands for, itself included; 0: not kept
        ("span_start_s", pa.float64()),  # of the frames of its own video that it stands for
        ("span_end_s", pa.float64()),
        ("shot", pa.int32()),  # numbered over all videos; those that show copies are one
    ]
)

SELECTION = pa.schema(
    [
        ("rank", pa.int32()),
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("index", pa.int32()),
        ("t_s", pa.float64()),
        ("source", pa.string()),  # slice of the budget it was bought from; empty: there is one
        ("gain", pa.float64()),  # null where the strategy maximises nothing
        ("terms", pa.map_(pa.string(), pa.float64())),  # the parts of the gain
        ("nearest_video_no", pa.int32()),  # nearest earlier pick, this round's or before
        ("nearest_pts", pa.int64()),
        ("nearest_distance", pa.float64()),  # sqrt(2 - 2 cos) of the embeddings
        ("mass", pa.float32()),
        ("span_start_s", pa.float64()),
        ("span_end_s", pa.float64()),
        ("revived", pa.bool_()),  # a near-duplicate in which the detector sees something else
        ("limit", pa.string()),  # limits that refused a frame which was liked better
        ("reason", pa.string()),
    ]
)
"""One row per pick. The metadata entries ``certificate`` and ``notes`` are JSON."""

LEFT_OUT = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("why", pa.dictionary(pa.int32(), pa.string())),
        ("detail", pa.dictionary(pa.int32(), pa.string())),  # which fault; which limit
        ("nearest_video_no", pa.int32()),  # its keeper, or the chosen frame it is most like
        ("nearest_pts", pa.int64()),
        ("nearest_cos", pa.float32()),
    ]
)
"""One row per frame that is not picked, beside the selection. ``why``: holdout, earlier, declined,
rejected, duplicate, limit, or outvoted: others gained more."""

MAP = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("cluster", pa.int16()),  # 0 is the largest
    ]
)
"""One row per frame that has a vector. The metadata entry ``method``: pacmap or pca."""

REVIEWED = pa.schema([("verdict", pa.string()), ("tags", pa.list_(pa.string()))])
"""What a review adds to the rows of a selection. ``verdict``: kept, pinned, replacement, or empty:
nothing was said of the pick."""

DECISIONS = pa.schema(
    [
        ("no", pa.int64()),
        ("at", pa.string()),  # UTC
        ("round", pa.int32()),
        ("kind", pa.string()),
        ("video_no", pa.int32()),  # null for an undo
        ("pts", pa.int64()),
        ("text", pa.string()),  # a tag, or a remark
        ("x1", pa.float64()),  # of what is blurred, as shares of the picture
        ("y1", pa.float64()),
        ("x2", pa.float64()),
        ("y2", pa.float64()),
        ("row", pa.string()),  # JSON: the selection's row of the frame that entered
        ("undoes", pa.int64()),  # the decision that an undo takes back
        ("stands", pa.bool_()),  # false where it was taken back
    ]
)
"""One row per thing that a reviewer said."""

ERRORS = pa.schema(
    [
        ("stage", pa.string()),
        ("video_no", pa.int32()),
        ("start_pts", pa.int64()),
        ("path", pa.string()),
        ("error", pa.string()),
    ]
)


def footer(path: Path) -> dict[str, Any]:
    """The entries of our own in a Parquet file's footer, and the number of rows.

    Reads the footer only. Values are decoded from JSON; ``rows`` is added.
    """
    meta = table_files.metadata(path)
    found: dict[str, Any] = {"rows": meta.num_rows}
    for key, value in (meta.metadata or {}).items():
        name = key.decode()
        if name.startswith(PREFIX):
            found[name.removeprefix(PREFIX)] = _decoded(value.decode())
    return found


def footer_entries(entries: Mapping[str, Any]) -> dict[str, str]:
    """Entries as they are stored in a footer: prefixed names, canonical JSON."""
    return {PREFIX + k: json.dumps(v, sort_keys=True) for k, v in entries.items()}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
