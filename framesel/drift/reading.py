"""From a workspace to the footage that is compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa

from framesel import planning
from framesel.catalog import Catalog
from framesel.drift.footage import Footage, Guesses
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.splitting import stored
from framesel.splitting.stored import Stored
from framesel.stage import GatherInputs
from framesel.stages.evidence import Reader
from framesel.stages.sightings import CONFIDENT
from framesel.uncertainty.evidence import ScoreSettings
from framesel.workspace import Workspace

MOST_VIDEOS = 5000
"""Videos of one side, at most: of more, these are drawn by the digests of what they hold."""


def read(workspace: Workspace, recipe: Recipe, without: Collection[str] = ()) -> Footage:
    """The sampled frames of a workspace with their vectors, and what its detector sees in them.

    Args:
        workspace: Where.
        recipe: Of the last run.
        without: Digests of videos that are left out.

    Raises:
        WorkspaceError: Some of its tables are not there yet, or no frame is left.
    """
    catalog = Catalog(workspace)
    digest = {v: str(catalog.videos[v]["digest"]) for v in catalog.live}
    wanted = [v for v in sorted(digest) if digest[v] not in set(without)]
    if len(wanted) > MOST_VIDEOS:
        wanted = sorted(sorted(wanted, key=lambda v: _draw(digest[v]))[:MOST_VIDEOS])
    found = stored.read(workspace, recipe, wanted)
    if not len(found):
        raise WorkspaceError(f"{workspace.root}: no frame is left to compare with")
    numbers, video = np.unique(found.video_no, return_inverse=True)
    short = catalog.short_names
    return Footage(
        tuple(digest[v] for v in numbers.tolist()),
        tuple(short[v] for v in numbers.tolist()),
        video.astype(np.int64),
        found.pts,
        found.t_s,
        found.vectors,
        _guesses(workspace, recipe, catalog, found),
    )


def _draw(digest: str) -> str:
    """An order of videos that is chance, and the same chance each time."""
    return hashlib.sha256(f"drift {digest}".encode()).hexdigest()


def _guesses(
    workspace: Workspace, recipe: Recipe, catalog: Catalog, found: Stored
) -> Guesses | None:
    steps = {step.name: step for step in planning.plan(workspace, recipe)}
    if "detections" not in steps:
        return None
    if steps["detections"].todo:
        raise WorkspaceError(
            f"{workspace.root}: the detector has not seen every video yet: `framesel run` first"
        )
    keys = {name: step.key for name, step in steps.items()}
    return _boxes(GatherInputs(workspace, keys, catalog, pa.table({})), found)


def _boxes(inputs: GatherInputs, found: Stored) -> Guesses:
    """The confident boxes of the frames, in the order of the frames."""
    reader = Reader(
        inputs, ("detections",), ScoreSettings(), conf=CONFIDENT, iou=1.0, bulky=False, track=False
    )
    row_of = _rows(found)
    columns: list[tuple[np.ndarray, ...]] = []
    for shard in inputs.catalog.shards:
        frames, evidence = reader.read(shard)
        keys = zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True)
        rows = np.array([row_of.get(key, -1) for key in keys], np.int64)
        boxes = evidence.boxes.pick(np.flatnonzero(rows >= 0))
        picture = boxes.picture_of()
        sides = boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]
        area = sides.prod(axis=1) / boxes.size_wh[picture].prod(axis=1)
        columns.append((rows[rows >= 0][picture], boxes.top_class[:, 0], boxes.confidence(), area))
    frame, class_no, confidence, area = (np.concatenate(c) for c in zip(*columns, strict=True))
    order = np.argsort(frame, kind="stable")
    return Guesses(
        frame[order],
        class_no[order].astype(np.int64),
        confidence[order].astype(np.float64),
        np.clip(area[order].astype(np.float64), 0.0, 1.0),
        reader.chair.classes,
    )


def _rows(found: Stored) -> Mapping[tuple[int, int], int]:
    keys = zip(found.video_no.tolist(), found.pts.tolist(), strict=True)
    return {key: row for row, key in enumerate(keys)}
