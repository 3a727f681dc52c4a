"""The Arrow schemas of what is handed out to be labelled and of what comes back."""

from __future__ import annotations

import pyarrow as pa

_BOX = [
    ("label", pa.string()),
    ("x1", pa.float64()),  # pixels of the picture at full resolution; edges
    ("y1", pa.float64()),
    ("x2", pa.float64()),
    ("y2", pa.float64()),
    ("score", pa.float32()),  # the detector's confidence; null: a person drew it
    ("source", pa.string()),  # auto, semi-auto, manual, or empty: not known
    ("track", pa.int64()),  # null: objects are not followed
    ("occluded", pa.bool_()),  # null: not said
    ("truncated", pa.bool_()),
]

LABELLED = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("annotator", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("boxes", pa.int32()),  # 0: looked at, and nothing is in it
        ("seconds", pa.float64()),  # spent on it; null: not said
        ("at", pa.string()),
    ]
)
"""One row per annotator and frame. A frame without a row is not labelled."""

LABELS = pa.schema(
    [("video_no", pa.int32()), ("pts", pa.int64()), ("annotator", pa.string()), *_BOX]
)
"""One row per box that somebody drew, or left as the detector guessed it."""

HANDED = pa.schema(
    [
        ("name", pa.string()),  # of the picture's file
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("index", pa.int32()),
        ("t_s", pa.float64()),
        ("video", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("sha256", pa.string()),  # of the picture's file; empty: it could not be made
        ("rank", pa.int32()),  # 0: context
        ("score", pa.float64()),
        ("reason", pa.string()),
        ("context_of", pa.string()),  # name of the picture that it gives context to
        ("split", pa.string()),
        ("blurs", pa.string()),  # JSON; what must not be seen, as shares of the picture
        ("fields", pa.map_(pa.string(), pa.string())),
    ]
)
"""One row per picture of a handover, by rank, context behind what it belongs to."""

GUESSES = pa.schema([("video_no", pa.int32()), ("pts", pa.int64()), *_BOX])
"""One row per box that was handed over."""

SPLIT = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("split", pa.string()),  # train, val, test, holdout
        ("group", pa.int32()),  # frames of one group are never parted
    ]
)
"""One row per labelled frame."""
