"""When the picks of a selection overtook a frame that was left out, by replaying them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from framesel.chosen import Chosen
from framesel.selection.replay import HasObjective, gains_over, overtaken_at
from framesel.settings import RunSettings
from framesel.stage import Stage
from framesel.stages import pool
from framesel.stages.selection import Selection
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Outvoted:
    """What a frame would add.

    Attributes:
        now: After the last pick.
        least: The smallest gain that was bought.
        rank: The pick (0-based) with which the frame's gain fell below that; None: it was below
            from the start, or never fell.
    """

    now: float
    least: float
    rank: int | None


Replay = Callable[[int, int], Outvoted | None]
"""(video_no, pts) of a frame to what it would add; None for a frame that is no candidate."""


def replayed(
    workspace: Workspace, stage: Stage, keys: Mapping[str, str], run: RunSettings, chosen: Chosen
) -> Replay | None:
    """How to ask what frames would have added; None where the strategy maximises nothing.

    Args:
        workspace: Where the tables are.
        stage: The selection's settings.
        keys: Folders of all stages of the recipe.
        run: Memory.
        chosen: What the stage has chosen.
    """
    if not isinstance(stage, Selection) or not isinstance(stage.strategy, HasObjective):
        return None
    strategy: HasObjective = stage.strategy

    def replay(video_no: int, pts: int) -> Outvoted | None:
        found = pool.build(stage.wants(), chosen.saw(workspace, keys), run)
        found = stage.as_listed(found, chosen.folder)
        return _asked(strategy, found, chosen, video_no, pts)

    return replay


def _asked(
    strategy: HasObjective, found: pool.Pool, chosen: Chosen, video_no: int, pts: int
) -> Outvoted | None:
    place = np.full(len(found.data), -1, np.int64)
    place[found.rows] = np.arange(len(found.rows))
    row = int(place[found.data.rows([video_no], [pts])[0]])
    picks = chosen.picks.to_pylist()
    bought = [p["gain"] for p in picks if p["source"] in ("", "coverage") and p["gain"] is not None]
    if row < 0 or not bought:
        return None
    rows = found.data.rows(chosen.picks["video_no"], chosen.picks["pts"])
    objective = strategy.objective(found.candidates, found.data.vectors[found.before])
    gains = gains_over(objective, row, place[rows])
    least = float(min(bought))
    return Outvoted(float(gains[-1]), least, overtaken_at(gains, least))
