"""Labelled frames that a detector had not learnt from when it looked at them.

They are those of the holdout, and the controls of closed rounds as long as they are judged by the
detector of their own round: later ones were trained on them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framesel.catalog import Catalog
from framesel.labels import store
from framesel.labels.labels import Key, Labels
from framesel.rounds import holdout, state
from framesel.workspace import Workspace

CONTROL = "control"
"""Source of the picks that were drawn at random."""


@dataclass(frozen=True)
class Unlearnt:
    """Some labelled frames, and whose detections they can judge.

    Attributes:
        what: For a person.
        selection: Folder of the selection whose detections they judge; None: the present ones.
        frames: Sorted.
    """

    what: str
    selection: str | None
    frames: tuple[Key, ...]


def unlearnt(workspace: Workspace, catalog: Catalog, labelled: Iterable[Key]) -> list[Unlearnt]:
    """The labelled frames that can judge a detector, those of the holdout first.

    Args:
        workspace: Where.
        catalog: Its videos.
        labelled: All labelled frames.

    Raises:
        WorkspaceError: The holdout or a round is damaged.
    """
    known = {key for key in labelled if key[0] in catalog.live}
    if not known:
        return []
    digests = holdout.digests(workspace)
    held = {key for key in known if catalog.videos[key[0]]["digest"] in digests}
    found = [Unlearnt("the holdout", None, tuple(sorted(held)))]
    for this in state.rounds(workspace):
        if this.closed and this.selection is not None:
            mine = _controls(this.picks(workspace)) & known - held
            named = f"the controls of round {this.number}"
            found.append(Unlearnt(named, this.selection, tuple(sorted(mine))))
    return [one for one in found if one.frames]


def seen(workspace: Workspace, catalog: Catalog) -> list[Any]:
    """What of all labels a stage sees that looks at such frames alone: for its digest; JSON."""
    keys = store.labelled_keys(workspace)
    labelled = zip(keys["video_no"].to_pylist(), keys["pts"].to_pylist(), strict=True)
    groups = unlearnt(workspace, catalog, labelled)
    if not groups:
        return []
    labels = store.current(workspace)
    return [
        [one.selection, hashlib.sha256(_text(labels, one.frames).encode()).hexdigest()]
        for one in groups
    ]


def _controls(picks: pa.Table) -> set[Key]:
    columns = (picks[name].to_pylist() for name in ("video_no", "pts", "source"))
    return {(no, pts) for no, pts, source in zip(*columns, strict=True) if source == CONTROL}


def _text(labels: Labels, frames: tuple[Key, ...]) -> str:
    """What was said of some frames, in the order in which it was."""
    parts = []
    for table in (labels.frames, labels.boxes):
        names = [name for name in table.column_names if name not in ("seconds", "at")]
        keys = zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True)
        wanted = set(frames)
        rows = table.select(names).filter(pa.array([key in wanted for key in keys], pa.bool_()))
        parts.append([list(row.values()) for row in rows.to_pylist()])
    return json.dumps([frames, *parts])
