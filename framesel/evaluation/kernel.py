"""How this package compiles its loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile with numba: cached on disk, strict IEEE arithmetic, one thread, no interpreter lock.

    One thread, because sums must not depend on how many a machine has.
    """
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
