"""Work on consecutive rows, shared between threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from framesel import threads

_PARTS_PER_THREAD = 4


def in_parts(count: int, job: Callable[[int, int], None]) -> None:
    """Call ``job(low, high)`` for ranges that make up 0 to ``count``, on all threads.

    What a job writes for a row must depend on that row alone; then the result is the same for any
    number of threads. A job is worth a thread where it is a kernel that holds no interpreter lock.
    """
    wide = threads.count()
    edges = np.linspace(0, count, _PARTS_PER_THREAD * wide + 1).astype(np.int64)
    parts = [(int(low), int(high)) for low, high in pairwise(edges) if low < high]
    with ThreadPoolExecutor(wide) as pool:
        for done in [pool.submit(job, low, high) for low, high in parts]:
            done.result()
