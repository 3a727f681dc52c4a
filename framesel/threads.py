"""How many threads a process computes with: said here, and nowhere else.

A process that runs alone takes all cores; workers beside one another take one each
(:mod:`framesel.runners.processes`). Decoders and engines are told their number when they are made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""What libraries read when they are loaded; the first is also read here."""

_limits: list[int] = []


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count() -> int:
    """Threads for a computation: the limit, what OMP_NUM_THREADS says, or one for each core."""
    said = os.environ.get(VARIABLES[0], "")
    return _limits[-1] if _limits else int(said) if said.isdecimal() and int(said) else cores()


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """No computation inside takes more threads; outside it is as before.

    Args:
        threads: For each library that is loaded by now, and for our own pools.
    """
    from threadpoolctl import threadpool_limits

    _limits.append(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        _limits.pop()
