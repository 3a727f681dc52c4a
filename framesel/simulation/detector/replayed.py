"""Stop rules on recorded curves: when each would have ended the labelling, and at what loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from framesel.simulation.detector.arms import Arm
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.results import Record
from framesel.simulation.detector.sheet import BOX_S, FRAME_S
from framesel.simulation.results_text import Grid
from framesel.stopping.judge import Known
from framesel.stopping.replay import Replayed, replay
from framesel.stopping.settings import Stop

RULES: Final = Stop(point_value=1.0, hour_cost=1.0)
"""The thresholds of recipes; one point (0.01) is worth an hour of labelling."""


def curve(record: Record, *, informed: bool) -> list[Known]:
    """What was known at each budget of a trial.

    Args:
        record: Of an arm that adds to its picks.
        informed: Whether its picks were made for their uncertainty.
    """
    figures, drawn = record.figures, record.drawn[MAIN]
    spent = FRAME_S * figures["frames"] + BOX_S * figures["boxes"]
    ahead = [*np.diff(spent).tolist(), float("nan")]
    return [
        Known(
            labels=int(figures["frames"][k]),
            metric=float(drawn[k, 0]),
            error=float(np.nanstd(drawn[k, 1:])),
            agreement=float(figures["agreement"][k]),
            kappa=float(figures["kappa"][k]),
            uncertain=float(figures["uncertain"][k]),
            ratio=float(figures["ratio"][k]),
            informed=informed and bool(figures["heard"][k]),
            uncovered=float(figures["uncovered"][k]),
            radius=float(figures["radius"][k]),
            batch_s=ahead[k],
        )
        for k in range(len(record.budgets))
    ]


def replay_grid(
    title: str, records: Iterable[Record], arms: Sequence[Arm], stop: Stop
) -> Grid | None:
    """Each rule on each arm, mean over seeds; None where no arm adds to its picks.

    Args:
        title: Detector and setting.
        records: Of one setting, all finished.
        arms: Of those.
        stop: The thresholds.
    """
    done = list(records)
    rows: list[tuple[str, ...]] = []
    for arm in arms:
        mine = [record for record in done if record.arm == arm.name]
        if arm.anew or not mine:
            continue
        told = [replay(curve(r, informed=arm.hears != "nothing"), stop) for r in mine]
        rows += [(arm.name, *_row(rule)) for rule in zip(*told, strict=True)]
    head = ("arm", "rule", "seeds that end", "labels by then", "saved", f"{MAIN} lost")
    return Grid(f"{title}: stop rules on these curves", head, tuple(rows)) if rows else None


def _row(rule: Sequence[Replayed]) -> tuple[str, ...]:
    """One rule over all seeds; a seed that it never ends saves and loses nothing."""
    ended = [one for one in rule if one.round is not None]
    return (
        rule[0].rule,
        f"{len(ended)} of {len(rule)}",
        f"{np.mean([one.labels for one in rule]):.0f}",
        f"{np.mean([one.saved for one in rule]):.0%}",
        f"{np.mean([one.lost for one in rule]):.3f}",
    )
