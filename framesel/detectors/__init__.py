"""Pictures to boxes with full class distributions. One file for each family.

The names below load on first use; ``describe`` needs neither torch nor ultralytics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framesel.detectors.detector import (
        Detections,
        Detector,
        DetectorCard,
        DetectorInfo,
        DetectSettings,
        LastLayer,
    )
    from framesel.detectors.registry import SOURCES, describe, load

_HOMES = {
    "Detections": "detector",
    "DetectSettings": "detector",
    "Detector": "detector",
    "DetectorCard": "detector",
    "DetectorInfo": "detector",
    "LastLayer": "detector",
    "SOURCES": "registry",
    "describe": "registry",
    "load": "registry",
}

__all__ = [
    "SOURCES",
    "DetectSettings",
    "Detections",
    "Detector",
    "DetectorCard",
    "DetectorInfo",
    "LastLayer",
    "describe",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
