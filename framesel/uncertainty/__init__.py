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
    from framesel.uncertainty.calibration import (
        Calibration,
        auroc,
        auroc_interval,
        calibrate,
        difficulty,
    )
    from framesel.uncertainty.combine import product, utility, weighted_sum, zscore_max
    from framesel.uncertainty.committee import (
        average_kl,
        consensus_entropy,
        max_disagreement,
        variation_ratio,
        variation_ratio_of_mean,
        vote_entropy,
    )
    from framesel.uncertainty.compact import dense, full_logits
    from framesel.uncertainty.consistency import inconsistency
    from framesel.uncertainty.disagreement import disagreement_scores
    from framesel.uncertainty.distribution import from_scores, with_background
    from framesel.uncertainty.expected_error import alc
    from framesel.uncertainty.laplace import LastLayerLaplace, probit
    from framesel.uncertainty.matching import iou, match
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
    from framesel.uncertainty.surroundings import density, novelty, typicality
    from framesel.uncertainty.temporal import temporal_scores

_HOMES = {
    "Boxes": "boxes",
    "Calibration": "calibration",
    "LastLayerLaplace": "laplace",
    "aggregate": "aggregation",
    "alc": "expected_error",
    "auroc": "calibration",
    "auroc_interval": "calibration",
    "average_kl": "committee",
    "badge_sketch": "model_change",
    "badge_vectors": "model_change",
    "bald": "bayesian",
    "binary_entropy": "one_pass",
    "box_gradient_length": "model_change",
    "box_gradient_norm": "model_change",
    "box_scores": "one_pass",
    "calibrate": "calibration",
    "class_weights": "aggregation",
    "consensus_entropy": "committee",
    "dense": "compact",
    "density": "surroundings",
    "difficulty": "calibration",
    "disagreement_scores": "disagreement",
    "entropy": "one_pass",
    "expected_gradient_length": "model_change",
    "from_scores": "distribution",
    "full_logits": "compact",
    "gradient_norm": "model_change",
    "inconsistency": "consistency",
    "iou": "matching",
    "least_confidence": "one_pass",
    "localisation_variance": "place",
    "margin": "one_pass",
    "match": "matching",
    "max_disagreement": "committee",
    "mc_dropout": "bayesian",
    "novelty": "surroundings",
    "predictive_variance": "bayesian",
    "probit": "laplace",
    "product": "combine",
    "side_entropy": "place",
    "side_moments": "place",
    "temporal_scores": "temporal",
    "typicality": "surroundings",
    "utility": "combine",
    "variation_ratio": "committee",
    "variation_ratio_of_mean": "committee",
    "vote_entropy": "committee",
    "weighted_sum": "combine",
    "with_background": "distribution",
    "zscore_max": "combine",
}

__all__ = [
    "Boxes",
    "Calibration",
    "LastLayerLaplace",
    "aggregate",
    "alc",
    "auroc",
    "auroc_interval",
    "average_kl",
    "badge_sketch",
    "badge_vectors",
    "bald",
    "binary_entropy",
    "box_gradient_length",
    "box_gradient_norm",
    "box_scores",
    "calibrate",
    "class_weights",
    "consensus_entropy",
    "dense",
    "density",
    "difficulty",
    "disagreement_scores",
    "entropy",
    "expected_gradient_length",
    "from_scores",
    "full_logits",
    "gradient_norm",
    "inconsistency",
    "iou",
    "least_confidence",
    "localisation_variance",
    "margin",
    "match",
    "max_disagreement",
    "mc_dropout",
    "novelty",
    "predictive_variance",
    "probit",
    "product",
    "side_entropy",
    "side_moments",
    "temporal_scores",
    "typicality",
    "utility",
    "variation_ratio",
    "variation_ratio_of_mean",
    "vote_entropy",
    "weighted_sum",
    "with_background",
    "zscore_max",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
