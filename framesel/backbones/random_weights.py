"""An untrained backbone: what any trained one must beat."""

from __future__ import annotations

import hashlib

from framesel.backbones.backbone import BackboneCard, BatchedBackbone
from framesel.backbones.weights_file import WeightsHeader


def random_backbone(
    header: WeightsHeader, *, seed: int = 0, batch: int = 32, threads: int = 1
) -> BatchedBackbone:
    """The architecture of a header with its initial weights and without a head.

    Args:
        header: Architecture and preprocessing.
        seed: Of the weights.
        batch: Pictures in a block.
        threads: On the CPU.
    """
    import torch
    from torch import nn

    from framesel.backbones.architectures import build_trunk
    from framesel.backbones.embedder import Embedder
    from framesel.backbones.torch_model import cpu_engine

    preprocessing = header.preprocessing()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        trunk = build_trunk(header.architecture)
    module = Embedder(trunk, nn.Identity(), preprocessing)
    name = f"random {header.architecture} {seed}"
    digest = preprocessing.digest(hashlib.sha256(name.encode()).hexdigest())
    card = BackboneCard(name, trunk.feature_dim, header.size_px, digest)
    engine = cpu_engine(module, threads)
    return BatchedBackbone(card, trunk.feature_dim, header.size_px, batch, engine)
