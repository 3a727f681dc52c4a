"""Vectors, budget and what is chosen already in; ranked picks out. Nothing here touches the disk.

The names below load on first use, so that importing this package compiles and loads nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framesel.selection.candidates import Candidates
    from framesel.selection.duplicates.near_duplicates import Duplicates, near_duplicates
    from framesel.selection.duplicates.tau import TauAdvice, suggest_tau
    from framesel.selection.one_call import select
    from framesel.selection.picks import Picks
    from framesel.selection.registry import STRATEGIES, StrategySettings
    from framesel.selection.strategy import Strategy
    from framesel.selection.streams.registry import STREAMS, stream
    from framesel.selection.streams.streaming import Stream

_HOMES = {
    "Candidates": "candidates",
    "Duplicates": "duplicates.near_duplicates",
    "Picks": "picks",
    "STRATEGIES": "registry",
    "STREAMS": "streams.registry",
    "Strategy": "strategy",
    "StrategySettings": "registry",
    "Stream": "streams.streaming",
    "TauAdvice": "duplicates.tau",
    "near_duplicates": "duplicates.near_duplicates",
    "select": "one_call",
    "stream": "streams.registry",
    "suggest_tau": "duplicates.tau",
}

__all__ = [
    "STRATEGIES",
    "STREAMS",
    "Candidates",
    "Duplicates",
    "Picks",
    "Strategy",
    "StrategySettings",
    "Stream",
    "TauAdvice",
    "near_duplicates",
    "select",
    "stream",
    "suggest_tau",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
