"""Sheets whose curves are known, for tests of what is read from them."""

from collections.abc import Mapping

import numpy as np

from framesel.selection.vectors.arrays import F64
from framesel.simulation.detector.sheet import Sheet

BUDGETS = (10, 100, 1000)


def sheet_of(
    curves: Mapping[str, list[float]],
    *,
    full: float = 0.8,
    seeds: int = 1,
    noise: float = 0.0,
    boxes: Mapping[str, list[float]] | None = None,
    setting: str = "dwell",
) -> Sheet:
    """Each arm's mAP50 at 10, 100 and 1,000 frames; as many samples of the videos as 50.

    Args:
        curves: By arm.
        full: What the detector of all frames reaches.
        seeds: How many, equal but for noise.
        noise: Of each value, everywhere.
        boxes: Labelled boxes by arm; left out: two for each frame.
    """
    rng = np.random.default_rng(0)
    shape = (len(curves), seeds, len(BUDGETS), 51)
    heights = np.array(list(curves.values()))[:, None, :, None]
    values = heights + noise * rng.standard_normal(shape)
    frames = np.broadcast_to(np.array(BUDGETS, np.float64), shape[:3])
    told = np.array([(boxes or {}).get(a, [2.0 * b for b in BUDGETS]) for a in curves])
    figures: dict[str, F64] = {
        "frames": frames,
        "boxes": np.broadcast_to(told[:, None, :], shape[:3]),
    }
    return Sheet(
        setting=setting,
        arms=tuple(curves),
        seeds=tuple(range(seeds)),
        budgets=BUDGETS,
        figures=figures,
        drawn={"map50": values, "rare_recall": values},
        full={"map50": np.full((seeds, 51), full), "rare_recall": np.full((seeds, 51), full)},
    )
