"""One arm with one seed: choose, label, train, judge, and again with more labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from framesel.selection.vectors.arrays import F64, I64
from framesel.simulation.detector.arms import Arm
from framesel.simulation.detector.choice import Batch, Said, choose
from framesel.simulation.detector.heard import Heard, errors
from framesel.simulation.detector.known import known
from framesel.simulation.detector.results import Record
from framesel.simulation.detector.trust import Evidence
from framesel.simulation.detector.world import World
from framesel.stages.scores import Scores

Keep = Callable[[Record], None]


def run(world: World, arm: Arm, budgets: Sequence[int], record: Record, keep: Keep) -> Record:
    """Lets an arm spend one budget after the other, from where its record ends.

    Args:
        world: What it chooses from and is judged by.
        arm: How it chooses.
        budgets: Rising.
        record: What is done already; empty at the beginning.
        keep: Is given the record after each budget.
    """
    evidence = Evidence.of(record.notes)
    taken = record.picks[-1] if record.picks else np.empty(0, np.int64)
    for step in range(len(record.budgets), len(budgets)):
        said = _said(world, arm, taken, evidence) if step else None
        had = taken[:0] if arm.anew else taken
        batch = choose(world, arm, had, budgets[step] - len(had), step, said)
        evidence = _tested(world, evidence, step, batch, said)
        before, taken = taken, np.concatenate([had, batch.rows])
        about = known(world, before, taken, batch, said, evidence)
        figures = {**world.costs(taken), **_told(evidence, said), **about}
        record = record.grown(budgets[step], taken, figures, world.figures(taken), evidence.notes())
        keep(record)
    return record


def run_full(world: World, record: Record) -> Record:
    """The detector that learns from all pictures of the pool."""
    rows = np.arange(len(world.pool), dtype=np.int64)
    return record.grown(len(rows), rows, world.costs(rows), world.figures(rows), {})


def _said(world: World, arm: Arm, taken: I64, evidence: Evidence) -> Said | None:
    """What the detector that learnt from the picks so far tells the arm."""
    if arm.hears == "nothing":
        return None
    heard = world.heard(taken)
    if arm.hears == "entropy":
        return Said(heard, heard.entropy)
    if arm.hears == "classes" or (arm.hears == "trusted" and not evidence.trust().earned):
        return Said(heard, None)
    return Said(heard, _chance(heard, evidence) if arm.calibrated else heard.doubt)


def _chance(heard: Heard, evidence: Evidence) -> F64:
    """(n,) chance of an error in each picture, as earlier picks taught it."""
    doubt = heard.doubt
    if not len(evidence.error):
        return doubt
    return np.maximum(evidence.calibration().probability(doubt), Scores().floor)


def _tested(
    world: World, evidence: Evidence, step: int, batch: Batch, said: Said | None
) -> Evidence:
    """The evidence with what the labels of a batch say of the detector that was heard."""
    if said is None:
        return evidence
    rows = batch.rows[batch.fair]
    wrong = errors(said.heard.boxes.pick(rows), world.truth(rows))
    return evidence.joined(step, said.heard.doubt[rows], wrong)


def _told(evidence: Evidence, said: Said | None) -> dict[str, float]:
    """For the tables: what doubt is worth so far, and whether it was heard."""
    trust = evidence.trust()
    return {
        "auroc": trust.auroc,
        "tested": float(trust.frames),
        "heard": float(said is not None and said.utility is not None),
    }
