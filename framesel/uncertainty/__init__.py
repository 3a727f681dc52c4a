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
    from framesel.uncertainty.bayesian import bald, mc_dropout, predictive_variance
    from framesel.uncertainty.boxes import Boxes
    from framesel.uncertainty.committee import (
        average_kl,
        consensus_entropy,
        max_disagreement,
        variation_ratio,
        variation_ratio_of_mean,
        vote_entropy,
    )
    from framesel.uncertainty.compact import dense, full_logits
    from framesel.uncertainty.distribution import from_scores, with_background
    from framesel.uncertainty.expected_error import alc
    from framesel.uncertainty.laplace import LastLayerLaplace, probit
    from framesel.uncertainty.model_change import (
        badge_sketch,
        badge_vectors,
        box_gradient_length,
        box_gradient_norm,
        expected_gradient_length,
        gradient_norm,
    )
    from framesel.uncertainty.one_pass import (
        binary_entropy,
        box_scores,
        entropy,
        least_confidence,
        margin,
    )
    from framesel.uncertainty.place import localisation_variance, side_entropy, side_moments

_HOMES = {
    "Boxes": "boxes",
    "LastLayerLaplace": "laplace",
    "aggregate": "aggregation",
    "alc": "expected_error",
    "average_kl": "committee",
    "badge_sketch": "model_change",
    "badge_vectors": "model_change",
    "bald": "bayesian",
    "binary_entropy": "one_pass",
    "box_gradient_length": "model_change",
    "box_gradient_norm": "model_change",
    "box_scores": "one_pass",
    "class_weights": "aggregation",
    "consensus_entropy": "committee",
    "dense": "compact",
    "entropy": "one_pass",
    "expected_gradient_length": "model_change",
    "from_scores": "distribution",
    "full_logits": "compact",
    "gradient_norm": "model_change",
    "least_confidence": "one_pass",
    "localisation_variance": "place",
    "margin": "one_pass",
    "max_disagreement": "committee",
    "mc_dropout": "bayesian",
    "predictive_variance": "bayesian",
    "probit": "laplace",
    "side_entropy": "place",
    "side_moments": "place",
    "variation_ratio": "committee",
    "variation_ratio_of_mean": "committee",
    "vote_entropy": "committee",
    "with_background": "distribution",
}

__all__ = [
    "Boxes",
    "LastLayerLaplace",
    "aggregate",
    "alc",
    "average_kl",
    "badge_sketch",
    "badge_vectors",
    "bald",
    "binary_entropy",
    "box_gradient_length",
    "box_gradient_norm",
    "box_scores",
    "class_weights",
    "consensus_entropy",
    "dense",
    "entropy",
    "expected_gradient_length",
    "from_scores",
    "full_logits",
    "gradient_norm",
    "least_confidence",
    "localisation_variance",
    "margin",
    "max_disagreement",
    "mc_dropout",
    "predictive_variance",
    "probit",
    "side_entropy",
    "side_moments",
    "variation_ratio",
    "variation_ratio_of_mean",
    "vote_entropy",
    "with_background",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
