"""What a detector does not know: boxes in, a score for each picture out.

The functions of plain probability arrays serve classifiers and segmentation maps as well. The names
below load on first use; none is called like a module, which would hide it once loaded. Nothing here
touches the disk, and nothing loads torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framesel.uncertainty.aggregation import aggregate, class_weights
    from framesel.uncertainty.boxes import Boxes
    from framesel.uncertainty.compact import dense, full_logits
    from framesel.uncertainty.distribution import from_scores, with_background
    from framesel.uncertainty.one_pass import (
        binary_entropy,
        box_scores,
        entropy,
        least_confidence,
        margin,
    )

_HOMES = {
    "Boxes": "boxes",
    "aggregate": "aggregation",
    "binary_entropy": "one_pass",
    "box_scores": "one_pass",
    "class_weights": "aggregation",
    "dense": "compact",
    "entropy": "one_pass",
    "from_scores": "distribution",
    "full_logits": "compact",
    "least_confidence": "one_pass",
    "margin": "one_pass",
    "with_background": "distribution",
}

__all__ = [
    "Boxes",
    "aggregate",
    "binary_entropy",
    "box_scores",
    "class_weights",
    "dense",
    "entropy",
    "from_scores",
    "full_logits",
    "least_confidence",
    "margin",
    "with_background",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
