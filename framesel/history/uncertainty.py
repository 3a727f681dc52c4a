"""How uncertain the detector was of what was picked, against what was drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files
from framesel.catalog import Catalog
from framesel.report.figures.plain import number
from framesel.rounds.state import Round
from framesel.stages.gathered import keys_of, rows_of
from framesel.workspace import Workspace

CONTROL = "control"
"""The slice of the budget that is drawn at random, as ``cover`` names it."""

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Uncertainty:
    """Means over frames, by the scores that the round's own detector gave.

    Attributes:
        picked: Of the picks that were not drawn at random.
        picks: How many of them have a score.
        control: Of the picks that were.
        controls: How many of them have a score.
        pool: Of all frames: what frames drawn at random have on average.
        error: Mean chance of an error over all frames; nan where scores are not calibrated.
    """

    picked: float
    picks: int
    control: float
    controls: int
    pool: float
    error: float

    @property
    def ratio(self) -> float:
        """Picked against random: controls where there are any, else all frames; nan: not known."""
        random = self.control if self.controls else self.pool
        return self.picked / random if random > 0 else float("nan")

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "picked": number(self.picked),
            "picks": self.picks,
            "control": number(self.control),
            "controls": self.controls,
            "pool": number(self.pool),
            "error": number(self.error),
            "ratio": number(self.ratio),
        }


def uncertainty(workspace: Workspace, this: Round, keys: Mapping[str, str]) -> Uncertainty | None:
    """Compares a round's picks with random ones; None where there were no scores.

    Args:
        workspace: Where.
        this: The round.
        keys: Folders of the stages behind its selection (``behind``).
    """
    path = workspace.stage("scores", keys.get("scores", "none")) / "all.parquet"
    if this.selection is None or not path.exists():
        return None
    scores = table_files.read(path, columns=["video_no", "pts", "utility", "p_error"])
    alive = pa.array(sorted(Catalog(workspace).live), pa.int32())
    scores = scores.filter(pa.compute.is_in(scores["video_no"], alive))
    picks = this.picks(workspace)
    rows = rows_of(
        keys_of(scores["video_no"], scores["pts"]), keys_of(picks["video_no"], picks["pts"])
    )
    utility = _numbers(scores["utility"])
    drawn = np.array([source == CONTROL for source in picks["source"].to_pylist()], np.bool_)
    picked, control = (_known(utility[rows[mine & (rows >= 0)]]) for mine in (~drawn, drawn))
    return Uncertainty(
        _mean(picked),
        len(picked),
        _mean(control),
        len(control),
        _mean(_known(utility)),
        _mean(_known(_numbers(scores["p_error"]))),
    )


def _numbers(column: pa.ChunkedArray) -> F64:
    """With nan for null."""
    return np.asarray(column.to_numpy(), np.float64)


def _known(values: F64) -> F64:
    return values[np.isfinite(values)]


def _mean(values: F64) -> float:
    return float(values.mean()) if len(values) else float("nan")
