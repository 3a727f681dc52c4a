"""Images to vectors. One file for each source of models; pretraining.

Nothing heavy is imported before it is used: ``describe`` and ``choose_runtime`` need no torch.
"""

from framesel.backbones.backbone import Backbone, BackboneCard
from framesel.backbones.kept import KeptModel
from framesel.backbones.registry import batch_of, describe, load
from framesel.runtime import Runtime, choose_runtime

__all__ = [
    "Backbone",
    "BackboneCard",
    "KeptModel",
    "Runtime",
    "batch_of",
    "choose_runtime",
    "describe",
    "load",
]
