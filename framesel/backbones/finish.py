"""The last touch after pretraining: a head that whitens.

The features are rotated to their principal axes, the first ``dim`` are kept and scaled down by a
power of their deviation (Jégou and Chum, "Negative evidences and co-occurrences in image retrieval:
the benefit of PCA and whitening", 2012). The statistics of the normalisation layers stay those of
the augmented views: taking them again on plain pictures made neighbours of other scenes less pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from framesel.backbones.architectures import Trunk
from framesel.backbones.frame_cache import FrameCache
from framesel.backbones.preprocessing import Preprocessing
from framesel.backbones.pretrain_settings import PretrainSettings

MOST_FRAMES = 4096
CHUNK = 64
SMALLEST_SHARE = 1e-3  # of the largest variance: what lies below it is not blown up


def _pictures(
    frames: FrameCache, preprocessing: Preprocessing, device: torch.device
) -> Iterator[Tensor]:
    """Evenly spaced frames as the trunk sees them, in chunks."""
    mean = torch.tensor(preprocessing.mean, device=device).view(1, 3, 1, 1)
    std = torch.tensor(preprocessing.std, device=device).view(1, 3, 1, 1)
    count = min(MOST_FRAMES, len(frames))
    rows = np.linspace(0, len(frames) - 1, count).astype(int)
    for part in np.array_split(rows, max(1, count // CHUNK)):
        pixels = torch.from_numpy(frames.pixels[part]).to(device).float() / 255.0
        yield ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


def whitening_head(features: Tensor, dim: int, power: float) -> tuple[Tensor, Tensor]:
    """Weight (dim, f) and bias (dim,) that centre, rotate and scale features (n, f).

    Where ``dim`` exceeds the number of features the rest of the rows is zero.
    """
    rows = features.double()
    mean = rows.mean(dim=0)
    covariance = (rows - mean).T @ (rows - mean) / len(rows)
    variances, axes = torch.linalg.eigh(covariance)
    variances, axes = variances.flip(0), axes.flip(1)
    # Eigenvectors are known up to their sign: fix it, so that equal runs give equal bytes.
    largest = axes.abs().argmax(dim=0)
    axes = axes * axes.gather(0, largest[None]).sign()
    kept = min(dim, rows.shape[1])
    floor = variances.max().clamp(min=1e-12) * SMALLEST_SHARE
    scales = variances[:kept].clamp(min=floor).pow(-power / 2)
    weight = torch.zeros(dim, rows.shape[1], dtype=torch.float64, device=rows.device)
    weight[:kept] = axes[:, :kept].T * scales[:, None]
    return weight.float(), (-(weight @ mean)).float()


@torch.no_grad()
def finished(
    trunk: Trunk,
    frames: FrameCache,
    settings: PretrainSettings,
    preprocessing: Preprocessing,
    device: torch.device,
) -> dict[str, Tensor]:
    """State of the finished backbone: ``trunk.…``, ``head.weight`` and ``head.bias``."""
    trunk.eval()
    features = torch.cat([trunk(chunk) for chunk in _pictures(frames, preprocessing, device)])
    weight, bias = whitening_head(features, settings.dim, settings.whitening)
    tensors = {f"trunk.{name}": value for name, value in trunk.state_dict().items()}
    return tensors | {"head.weight": weight, "head.bias": bias}
