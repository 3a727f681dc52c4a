"""The control slice: frames drawn by nothing but how much footage they stand for."""

from __future__ import annotations

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.strategy import copies_of
from framesel.selection.vectors.arrays import F32, I64


def control_order(candidates: Candidates, already: F32, rng: np.random.Generator) -> I64:
    """All candidates, drawn one after the other without replacement in proportion to mass.

    Exponential clocks with rate mass, in the order in which they ring (Efraimidis & Spirakis,
    "Weighted random sampling with a reservoir", Information Processing Letters 97, 2006). It
    depends on nothing that other slices do, so what it buys tells what footage is like; candidates
    that are copies of ``already`` bit for bit come last.

    Args:
        candidates: Whose mass counts.
        already: (m, d) float32 unit rows.
        rng: The source of chance.

    Returns:
        (n,) int64 rows.
    """
    clocks = rng.standard_exponential(len(candidates)) / candidates.mass
    copies = copies_of(candidates.vectors, already)
    return np.lexsort((clocks, copies)).astype(np.int64)
