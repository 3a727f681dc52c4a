"""Labelled footage out of a workspace: its vectors, its quality gate, somebody's labels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa

from framesel import planning, table_files, vector_column
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.frame_labels import read_labels
from framesel.recipe import Recipe
from framesel.selection.vectors.arrays import F32, I64, Bool
from framesel.simulation.labelled import KINDS, Labelled
from framesel.simulation.world import NOTHING, Footage
from framesel.stages.gathered import KEY, keys_of, rows_of
from framesel.video.gate import judge
from framesel.workspace import Workspace

QUALITY = ("sharpness", "brightness", "contrast", "change")


def read(
    workspace: Workspace, recipe: Recipe, labels: Path, split: Path | None
) -> tuple[Labelled, ...]:
    """All three kinds of worlds from a workspace and a file of labels.

    Args:
        workspace: With frames and embeddings of the recipe.
        recipe: Says which.
        labels: See :func:`framesel.frame_labels.read_labels`.
        split: CSV with the columns ``clip`` (a file's name without its extension) and ``split``:
            ``train`` is the pool, all else is held out. None: every third video, by name.

    Raises:
        UsageError: There are no embeddings, no labelled frames among them, or nothing is held out.
    """
    frames, vectors = _embedded(workspace, recipe)
    numbers, video_no = np.unique(frames["video_no"].to_numpy(), return_inverse=True)
    paths = Catalog(workspace).videos
    files = [Path(paths[int(number)]["path"]) for number in numbers]
    held_out = _held_out([path.stem for path in files], split)
    index = frames["index"].to_numpy()
    label, classes = _labels(labels, files, video_no, index)
    if not len(classes) or not held_out.any() or held_out.all():
        raise UsageError(
            f"{len(classes)} classes in {labels}, {held_out.sum()} of {len(files)} videos held "
            "out: nothing can be compared. Labels name frames by `video` and `index`, the split "
            "names clips: are these the ones of this workspace?"
        )
    count = len(vectors)
    footage = Footage(
        vectors=vectors,
        video_no=video_no.astype(np.int64),
        pts_s=frames["t_s"].to_numpy().astype(np.float64),
        passes=_passes(frames, video_no, recipe),
        good=np.ones(count, np.bool_),
        moment=np.arange(count, dtype=np.int64),
        label=label,
        event=np.full(count, NOTHING, np.int64),
        newcomer=np.zeros(count, np.bool_),
    )
    names = tuple(path.name for path in files)
    return tuple(Labelled(kind, names, classes, footage, held_out) for kind in KINDS)


def _embedded(workspace: Workspace, recipe: Recipe) -> tuple[pa.Table, F32]:
    """Frames that have a vector, in (video, time) order, and the vectors."""
    keys = {step.name: step.key for step in planning.plan(workspace, recipe)}
    shards = [shard.number for shard in Catalog(workspace).shards]
    missing = [
        name
        for name in ("frames", "embeddings")
        if not all(workspace.shard(name, keys[name], shard).exists() for shard in shards)
    ]
    if missing or not shards:
        raise UsageError(
            f"{workspace.root} has no {' and '.join(missing or ['footage'])} of its last recipe: "
            "`framesel run` first"
        )

    def table(name: str, columns: list[str]) -> pa.Table:
        paths = [workspace.shard(name, keys[name], shard) for shard in shards]
        return pa.concat_tables([table_files.read(path, columns=columns) for path in paths])

    frames = table("frames", [*KEY, "index", "t_s", "companion", *QUALITY])
    embedded = table("embeddings", [*KEY, "vector"])
    found = rows_of(
        keys_of(frames["video_no"], frames["pts"]), keys_of(embedded["video_no"], embedded["pts"])
    )
    frames = frames.take(found)
    order = np.lexsort((frames["pts"].to_numpy(), frames["video_no"].to_numpy()))
    return frames.take(order), vector_column.unpack_vectors(embedded["vector"])[order]


def _passes(frames: pa.Table, video_no: I64, recipe: Recipe) -> Bool:
    """What the recipe's quality gate says. (n,) bool."""
    passes = np.zeros(len(frames), np.bool_)
    for video in np.unique(video_no):
        rows = np.flatnonzero(video_no == video)
        columns = {name: frames[name].to_numpy()[rows] for name in QUALITY}
        passes[rows] = judge(**columns, gate=recipe.duplicates.gate) == ""
    return passes


def _labels(
    path: Path, files: list[Path], video_no: I64, index: I64
) -> tuple[I64, tuple[str, ...]]:
    """The one class that each frame shows, and the names of the classes."""
    found = read_labels(path)
    numbers = {str(file): at for at, file in enumerate(files)}
    numbers |= {file.name: at for at, file in enumerate(files)}
    classes = tuple(sorted(set(found.label)))
    shown: dict[tuple[int, int], int] = {}
    for at, (video, frame) in enumerate(found.frames):
        names = set(found.label[found.offsets[at] : found.offsets[at + 1]])
        if video in numbers and len(names) == 1:
            shown[numbers[video], frame] = classes.index(names.pop())
    keys = zip(video_no.tolist(), index.tolist(), strict=True)
    label = np.array([shown.get(key, NOTHING) for key in keys], np.int64)
    return label, classes if (label >= 0).any() else ()


def _held_out(stems: list[str], split: Path | None) -> Bool:
    """Which videos are judged by. (V,) bool."""
    if split is None:
        third = np.argsort(np.argsort(stems, kind="stable"), kind="stable") % 3 == 2
        return np.asarray(third, np.bool_)
    try:
        with split.open(newline="", encoding="utf-8-sig") as file:
            part = {row["clip"]: row["split"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise UsageError(f"{split} is no CSV with the columns clip and split: {error}") from None
    return np.array([part.get(stem, "") != "train" for stem in stems], np.bool_)
