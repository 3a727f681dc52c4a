"""The same picks in every process, on one thread and on several, today and tomorrow."""

import hashlib
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from framesel.selection import STRATEGIES
from framesel.selection.limits import settings

from .footage import footage

SCRIPT = "from tests.selection.test_same_everywhere import picks; print(picks())"

# Of strategies whose every step is this package's own arithmetic. They change with the algorithm
# only: then say so in the changelog, since users will see other picks.
TODAY = {
    "cover": "fd6914895fb5",
    "facility_location": "17e1549556e9",
    "herding": "bdda54f5aada",
    "k_center": "da8222e240c6",
    "log_det": "a85226b39f02",
    "objects": "1bbb5f022d90",
    "ranked_batch": "26b2f0be8996",
    "stratified": "8ee6269493e3",
    "top_k": "f4bf18fc3cff",
}


@cache
def picks() -> dict[str, list[int]]:
    """Twenty-five picks of every strategy from the same frames, by rank."""
    candidates = footage("walk", n=400, dim=48)
    return {
        name: kind()
        .select(
            candidates, 25, candidates.vectors[3:5], settings.Limits(), np.random.default_rng(7)
        )
        .indices.tolist()
        for name, kind in sorted(STRATEGIES.items())
    }


def digest(rows: list[int]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12]


def in_a_process(threads: int) -> str:
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_the_same_picks_in_every_process_whatever_the_threads() -> None:
    assert in_a_process(1) == in_a_process(2) == str(picks())


@pytest.mark.parametrize("name", sorted(TODAY))
def test_the_same_picks_tomorrow(name: str) -> None:
    assert digest(picks()[name]) == TODAY[name]
