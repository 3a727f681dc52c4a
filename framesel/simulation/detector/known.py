"""What an arm could know at each budget without the judged pictures: for the rules that stop."""

from __future__ import annotations

from framesel.selection.vectors.arrays import I64
from framesel.simulation.detector.trust import Evidence
from framesel.simulation.detector.world import World


def known(
    world: World, before: I64, taken: I64, evidence: Evidence, *, hears: bool
) -> dict[str, float]:
    """Figures.

    Args:
        world: The pool.
        before: Rows that were labelled a batch ago; none in the first batch.
        taken: Rows that are labelled.
        evidence: What the detector's doubt was worth so far.
        hears: Whether the arm hears its detector.
    """
    return {}
