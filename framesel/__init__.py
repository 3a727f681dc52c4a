"""framesel chooses the video frames whose labels teach a detector most.

>>> import framesel
>>> picks = framesel.select(vectors, budget=500, strategy="k_center")  # doctest: +SKIP
>>> framesel.run("videos/", "ws", budget=200)  # doctest: +SKIP

``run``, ``plan``, ``train``, ``next_round`` and ``loop`` are the commands of those names. The
functions load on first use: importing framesel loads neither numba nor torch nor a decoder.
``framesel.plots`` draws what a workspace holds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framesel.errors import FrameselError
from framesel.quiet import silence

if TYPE_CHECKING:
    from framesel.api import loop, next_round, plan, run, train
    from framesel.selection import Duplicates, Picks, near_duplicates, select

__version__ = "0.1.0"

# First of all: some of the libraries below phone home while they are imported.
silence()

_LAZY = {
    **dict.fromkeys(("Duplicates", "Picks", "near_duplicates", "select"), "framesel.selection"),
    **dict.fromkeys(("loop", "next_round", "plan", "run", "train"), "framesel.api"),
}

__all__ = [
    "Duplicates",
    "FrameselError",
    "Picks",
    "__version__",
    "loop",
    "near_duplicates",
    "next_round",
    "plan",
    "run",
    "select",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "plots":
        return import_module("framesel.plots")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
