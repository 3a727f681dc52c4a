"""How much memory there is to be had, and giving back what is free."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Final

LIMITS: Final = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Where a container (cgroup version 2 or 1) says what it may take, and what it has taken."""


@cache
def half_free_gb() -> float:
    """Half of what this process could take when it first asked, in GB."""
    import psutil

    free = float(psutil.virtual_memory().available)
    left = (_left(Path(most), Path(taken)) for most, taken in LIMITS)
    return min([free, *(room for room in left if room is not None)]) / 2e9


def give_back() -> None:
    """Gives the system what this process has freed and its allocators keep for a next time.

    Of a gathering stage that is hundreds of MB, beside which workers would have no room. Where the
    C library has no such call (it is glibc's), only Arrow's is given back.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)


def _left(most: Path, taken: Path) -> float | None:
    """Bytes that a container may still take; None where it has no limit."""
    try:
        return max(0.0, float(most.read_text("ascii")) - float(taken.read_text("ascii")))
    except (OSError, ValueError):  # no such container; "max": no limit
        return None
