"""Labelled pictures → weights: one loop, one file for each family of detectors.

``examples.freeze`` writes what a training sees, ``train`` learns from it. The names below load on
first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framesel.training.examples import Example, freeze, read
    from framesel.training.learners import digest_of, prefix_of
    from framesel.training.loop import train
    from framesel.training.progress import Progress, Trained

_HOMES = {
    "Example": "examples",
    "freeze": "examples",
    "read": "examples",
    "digest_of": "learners",
    "prefix_of": "learners",
    "Progress": "progress",
    "Trained": "progress",
    "train": "loop",
}

__all__ = ["Example", "Progress", "Trained", "digest_of", "freeze", "prefix_of", "read", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
