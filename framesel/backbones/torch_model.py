"""Backbones on torch: fp32 on the CPU, autocast to fp16 on a GPU with pinned prefetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from framesel.backbones.backbone import Engine, Vectors
from framesel.backbones.embedder import Embedder
from framesel.backbones.preprocessing import Image
from framesel.errors import UsageError
from framesel.runtime import torch_threads


def cpu_engine(module: Embedder, threads: int) -> Engine:
    """An engine of fp32 on the CPU."""
    model = module.eval().to(memory_format=torch.channels_last)

    def run(blocks: Iterable[Image]) -> Iterator[Vectors]:
        for block in blocks:
            with torch_threads(threads), torch.inference_mode():
                rows: Vectors = model(torch.from_numpy(block)).numpy()
            yield rows

    return run


def cuda_engine(module: Embedder, device: str) -> Engine:
    """An engine of fp16 autocast on one GPU.

    A block is resized into pinned memory and sent while the GPU still computes the one before: two
    buffers take turns, and results are fetched one block late.

    Args:
        module: Is moved to the GPU.
        device: ``cuda`` or ``cuda:N``.

    Raises:
        UsageError: torch cannot use that GPU.
    """
    target = torch.device(device)
    if not torch.cuda.is_available() or (target.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"torch cannot use {device} here: check the driver, or take device cpu")
    model = module.eval().to(memory_format=torch.channels_last).to(target)

    def launch(block: Image, pinned: torch.Tensor) -> torch.Tensor:
        pinned.copy_(torch.from_numpy(block))
        with torch.inference_mode(), torch.autocast("cuda", torch.float16):
            rows: torch.Tensor = model(pinned.to(target, non_blocking=True))
        return rows

    def run(blocks: Iterable[Image]) -> Iterator[Vectors]:
        buffers: list[torch.Tensor] = []
        waiting: torch.Tensor | None = None
        for number, block in enumerate(blocks):
            if len(buffers) < 2:
                buffers.append(torch.empty(block.shape, dtype=torch.uint8, pin_memory=True))
            # Fetching block k-1 below waits for it, so the buffer of block k-2 is free by now.
            launched = launch(block, buffers[number % 2])
            if waiting is not None:
                yield _fetched(waiting)
            waiting = launched
        if waiting is not None:
            yield _fetched(waiting)

    return run


def _fetched(rows: torch.Tensor) -> Vectors:
    fetched: Vectors = rows.float().cpu().numpy().astype(np.float32, copy=False)
    return fetched
