"""How far each model agrees with the one before, on frames that both have looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.catalog import Catalog
from framesel.history.behind import behind
from framesel.history.detected import Detected, classes_of, detected
from framesel.learning import found as found_table
from framesel.recipe import Recipe
from framesel.report.figures.plain import number
from framesel.rounds import holdout, state, stop_set
from framesel.rounds.decision import Key
from framesel.rounds.models import Model
from framesel.workspace import Workspace

Keys = Mapping[int, Mapping[str, str]]
"""Of each round, the folders of the stages behind its selection."""


@dataclass(frozen=True)
class Agreement:
    """Of a model with the one before it.

    Attributes:
        f1: F1 agreement of their boxes, 0 to 1.
        iou: Mean overlap of the boxes that they agree on; nan where there are none.
        kappa: Cohen's kappa of which classes the frames show.
        frames: On how many frames.
        on: Which frames these are.
    """

    f1: float
    iou: float
    kappa: float
    frames: int
    on: Literal["stop set", "holdout"]

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        figures = {name: number(getattr(self, name)) for name in ("f1", "iou", "kappa")}
        return {**figures, "frames": self.frames, "on": self.on}


def draw_stop_set(workspace: Workspace, recipe: Recipe) -> None:
    """Draws the stop set once there are frames; does nothing where there is one.

    Raises:
        WorkspaceError: Something on disk is damaged.
    """
    chosen = [this for this in state.rounds(workspace) if this.selection is not None]
    if not chosen or stop_set.read(workspace) is not None:
        return
    catalog = Catalog(workspace)
    digests = {no: catalog.videos[no]["digest"] for no in catalog.live}
    held = holdout.digests(workspace)
    known = {*_keys(state.already(workspace)), *_keys(chosen[-1].picks(workspace))}
    pool = _sampled(workspace, catalog, behind(workspace, chosen[-1].selection))
    stop_set.draw(
        workspace,
        ((digests[no], pts) for no, pts in pool if no in digests and digests[no] not in held),
        {(digests[no], pts) for no, pts in known if no in digests},
        recipe.stop.frames,
        recipe.stop.seed,
    )


def agreements(
    workspace: Workspace, recipe: Recipe, keys: Keys, models: Mapping[int, Model]
) -> dict[int, Agreement]:
    """Of each round's model, how far it agrees with the one before.

    The model of round k looks at all frames when round k + 1 is chosen: then both models' boxes on
    the stop set are compared. Before that, their boxes on the holdout are, which training left
    behind. Models that know different classes are not compared.

    Args:
        workspace: Where.
        recipe: From which confidence on a box counts.
        keys: Stages behind each round.
        models: By round.
    """
    frames = _stop_frames(workspace)
    found = {}
    for no in sorted({*models, *(n - 1 for n in keys)}):
        folders = [keys.get(n, {}).get("detections") for n in (no, no + 1)]
        pair = _on_stop_set(workspace, folders, frames) if no else None
        on: Literal["stop set", "holdout"] = "stop set"
        if pair is None and no in models and no - 1 in models:
            pair, on = _on_holdout(workspace, models[no - 1], models[no]), "holdout"
        if pair is not None:
            found[no] = _agreement(*pair, recipe.stop.confident, on)
    return found


def _agreement(
    before: Detected, after: Detected, confident: float, on: Literal["stop set", "holdout"]
) -> Agreement:
    from framesel.evaluation.agreement import agreement

    found = agreement(before.found, after.found, len(after.classes), confidence=confident)
    return Agreement(found.f1, found.mean_iou, found.kappa, len(after.keys), on)


def _on_stop_set(
    workspace: Workspace, folders: list[str | None], frames: Collection[Key]
) -> tuple[Detected, Detected] | None:
    """Boxes of two rounds' detectors; None where they are one, or of different classes."""
    first, second = folders
    if first is None or second is None or first == second or not frames:
        return None
    names = [classes_of(workspace, folder) for folder in (first, second)]
    if not names[0] or names[0] != names[1]:
        return None
    pair = [detected(workspace, folder, frames) for folder in (first, second)]
    return None if pair[0] is None or pair[1] is None else _common(pair[0], pair[1])


def _on_holdout(
    workspace: Workspace, before: Model, after: Model
) -> tuple[Detected, Detected] | None:
    """What two models found in the holdout; None where either left nothing, or classes differ."""
    paths = [model.path(workspace) / found_table.NAME for model in (before, after)]
    if before.classes != after.classes or not all(path.exists() for path in paths):
        return None
    sets = [found_table.read(path).get("holdout") for path in paths]
    if sets[0] is None or sets[1] is None:
        return None
    first, second = (Detected(keys, found, after.classes) for keys, found in (sets[0], sets[1]))
    return _common(first, second)


def _common(first: Detected, second: Detected) -> tuple[Detected, Detected] | None:
    """Both on the frames that both have looked at; None where there are none."""
    shared = sorted({*first.keys} & {*second.keys})
    return (first.only(shared), second.only(shared)) if shared else None


def _stop_frames(workspace: Workspace) -> tuple[Key, ...]:
    drawn = stop_set.read(workspace)
    if drawn is None:
        return ()
    catalog = Catalog(workspace)
    return stop_set.keys(drawn, {catalog.videos[no]["digest"]: no for no in catalog.live})


def _sampled(workspace: Workspace, catalog: Catalog, keys: Mapping[str, str]) -> Iterator[Key]:
    """All frames that were sampled as candidates."""
    for shard in catalog.shards:
        path = workspace.shard("frames", keys.get("frames", "none"), shard.number)
        if path.exists():
            columns = ["video_no", "pts", "companion"]
            table = table_files.read(path, columns=columns)
            yield from _keys(table.filter(pc.invert(table["companion"])))


def _keys(table: pa.Table) -> list[Key]:
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))
