"""Listings for handing over: the frames of the holdout, and labelled frames with their split."""

from __future__ import annotations

from typing import cast

from framesel.annotation.sheet import Box
from framesel.annotation.sheet import Split as SplitName
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.handover.listing import Listed, Listing
from framesel.recipe import Recipe
from framesel.rounds import holdout
from framesel.splitting import stored
from framesel.splitting.split import HOLDOUT, Split
from framesel.workspace import Workspace


def holdout_listing(workspace: Workspace, recipe: Recipe) -> Listing:
    """The frames of the holdout that are to be labelled, in the order in which they were drawn.

    Raises:
        UsageError: Nothing was drawn yet.
        WorkspaceError: Not every video was looked at yet, or ``holdout.json`` is damaged.
    """
    found = holdout.read(workspace)
    if found is None or not found.frames:
        raise UsageError(f"{workspace.root} has no holdout: `framesel holdout` draws one")
    catalog = Catalog(workspace)
    number = {catalog.videos[no]["digest"]: no for no in catalog.live}
    frames = stored.read(workspace, recipe, [number[d] for d in found.videos if d in number])
    keys = [(number[one.digest], one.pts) for one in found.frames if one.digest in number]
    rows = [row for row in frames.rows(keys).tolist() if row >= 0]
    listed = tuple(_listed(frames, row, "drawn at random for the holdout") for row in rows)
    return Listing("holdout", f"{workspace.root.name}: holdout", listed)


def labelled_listing(workspace: Workspace, found: Split) -> Listing:
    """Labelled frames with their boxes and splits, for a dataset to train on.

    What is held out is not among them.
    """
    labelled = found.labelled
    listed = tuple(
        _listed(labelled.frames, row, "", labelled.boxes(labelled.keys[row]), name)
        for row, name in enumerate(found.name)
        if name != HOLDOUT
    )
    title = f"{workspace.root.name}: labelled, split {found.digest}"
    return Listing("labelled", title, listed, classes=labelled.labels.classes or None)


def _listed(
    frames: stored.Stored,
    row: int,
    reason: str,
    boxes: tuple[Box, ...] | None = None,
    name: str = "",
) -> Listed:
    return Listed(
        int(frames.video_no[row]),
        int(frames.pts[row]),
        int(frames.index[row]),
        float(frames.t_s[row]),
        reason=reason,
        boxes=boxes,
        split=cast(SplitName, name),
    )
