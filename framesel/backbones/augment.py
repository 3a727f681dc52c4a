"""Random views for self-supervised training, computed on whole batches of tensors.

One affine sampling does crop, zoom, aspect, turn and flip at once; colour, blur and noise are a few
tensor operations. On a CPU this is an order of magnitude cheaper than views made image by image.
The strengths follow what makes two frames duplicates: small shifts and zooms, exposure,
re-encoding, noise and blur (after Chen et al., "A Simple Framework for Contrastive Learning",
2020).
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from framesel.backbones.augmentation import Augmentation

GRAY = (0.299, 0.587, 0.114)


def _uniform(count: int, low: float, high: float, rng: Generator) -> Tensor:
    return torch.rand(count, generator=rng, device=rng.device) * (high - low) + low


def _chance(count: int, share: float, rng: Generator) -> Tensor:
    return torch.rand(count, generator=rng, device=rng.device) < share


def _crops(images: Tensor, view_px: int, how: Augmentation, rng: Generator) -> Tensor:
    """Random crops, turned and flipped, resampled to (n, 3, view_px, view_px)."""
    count = len(images)
    side = _uniform(count, how.min_area, 1.0, rng).sqrt()
    log_aspect = math.log(how.max_aspect) / 2
    stretch = torch.exp(_uniform(count, -log_aspect, log_aspect, rng))
    width, height = (side * stretch).clamp(max=1.0), (side / stretch).clamp(max=1.0)
    turn = torch.deg2rad(_uniform(count, -how.max_turn_deg, how.max_turn_deg, rng))
    mirror = torch.where(_chance(count, how.flip, rng), -1.0, 1.0)
    theta = torch.zeros(count, 2, 3, device=images.device)
    theta[:, 0, 0] = mirror * width * torch.cos(turn)
    theta[:, 0, 1] = -height * torch.sin(turn)
    theta[:, 1, 0] = mirror * width * torch.sin(turn)
    theta[:, 1, 1] = height * torch.cos(turn)
    theta[:, 0, 2] = (1.0 - width) * _uniform(count, -1.0, 1.0, rng)
    theta[:, 1, 2] = (1.0 - height) * _uniform(count, -1.0, 1.0, rng)
    grid = functional.affine_grid(theta, [count, 3, view_px, view_px], align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _recolour(images: Tensor, how: Augmentation, rng: Generator) -> Tensor:
    """Exposure, contrast, gamma, tint and loss of colour, one draw for each image."""
    count = len(images)
    gamma = torch.exp(_uniform(count, -how.gamma, how.gamma, rng)).view(-1, 1, 1, 1)
    images = images.clamp(min=1e-4).pow(gamma)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    contrast = 1 + _uniform(count, -how.contrast, how.contrast, rng).view(-1, 1, 1, 1)
    gain = 1 + _uniform(count, -how.brightness, how.brightness, rng).view(-1, 1, 1, 1)
    tint = 1 + _uniform(count * 3, -how.tint, how.tint, rng).view(count, 3, 1, 1)
    images = ((images - mean) * contrast + mean) * gain * tint
    weights = torch.tensor(GRAY, device=images.device).view(1, 3, 1, 1)
    gray = (images * weights).sum(dim=1, keepdim=True).expand_as(images)
    fades = _chance(count, how.gray, rng).view(-1, 1, 1, 1)
    return torch.where(fades, gray, images)


def _blur(images: Tensor, rng: Generator) -> Tensor:
    """Gaussian blur over five pixels, a sigma of 0.4 to 1.5 for each image."""
    count, channels, height, width = images.shape
    sigma = _uniform(count, 0.4, 1.5, rng).view(-1, 1)
    taps = torch.exp(-(torch.arange(-2.0, 3.0, device=images.device) ** 2) / (2 * sigma**2))
    taps = (taps / taps.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    flat = functional.pad(
        images.reshape(1, count * channels, height, width), (2, 2, 2, 2), "reflect"
    )
    flat = functional.conv2d(flat, taps.view(-1, 1, 1, 5), groups=count * channels)
    flat = functional.conv2d(flat, taps.view(-1, 1, 5, 1), groups=count * channels)
    return flat.view(count, channels, height, width)


def _degrade(images: Tensor, how: Augmentation, rng: Generator) -> Tensor:
    """Blur, loss of resolution and noise, each on its share of the images."""
    count = len(images)
    hit = _chance(count, how.blur, rng).nonzero().flatten()
    if len(hit):
        images = images.index_copy(0, hit, _blur(images[hit], rng))
    hit = _chance(count, how.coarse, rng).nonzero().flatten()
    if len(hit):
        size = images.shape[-1]
        small = functional.interpolate(images[hit], size=size // 2, mode="area")
        back = functional.interpolate(small, size=size, mode="bilinear", align_corners=False)
        images = images.index_copy(0, hit, back)
    hit = _chance(count, how.noise, rng).nonzero().flatten()
    if len(hit):
        std = _uniform(len(hit), 0.0, how.noise_std, rng).view(-1, 1, 1, 1)
        noise = torch.randn(images[hit].shape, generator=rng, device=rng.device) * std
        images = images.index_add(0, hit, noise)
    return images


def random_views(images: Tensor, view_px: int, how: Augmentation, rng: Generator) -> Tensor:
    """One random view of each image.

    Args:
        images: (n, 3, h, w) uint8.
        view_px: Side of the square views.
        how: Strengths.
        rng: Source of every draw; the same state gives the same views.

    Returns:
        (n, 3, view_px, view_px) float32 in [0, 1].
    """
    views = _crops(images.to(torch.float32).div_(255.0), view_px, how, rng)
    views = _degrade(_recolour(views, how, rng), how, rng)
    return views.clamp_(0.0, 1.0)
