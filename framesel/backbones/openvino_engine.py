"""Runs a backbone that was converted to OpenVINO: fp32, bf16 where the processor has units for it.

Nothing here needs torch. How far it agrees with torch fp32 is seen on pictures that never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from framesel.backbones.backbone import Engine, Vectors
from framesel.backbones.preprocessing import Image
from framesel.runtime import Runtime, compiled

LEAST_COS = {
    Runtime.OPENVINO_FP32: 0.99999,
    Runtime.OPENVINO_BF16: 0.999,
    Runtime.OPENVINO_INT8: 0.98,
}
"""Cosine of each probe picture's vector with torch's, at least."""


def probe_block(batch: int, size_px: int) -> Image:
    """Fixed pictures with content at several scales, (batch, size, size, 3) uint8."""
    rng = np.random.default_rng(0)
    block = np.empty((batch, size_px, size_px, 3), np.uint8)
    for number in range(batch):
        cells = 2 ** (1 + number % 4)
        coarse = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        steps = np.arange(size_px) * cells // size_px
        noise = rng.integers(-12, 13, (size_px, size_px, 3))
        block[number] = np.clip(coarse[steps][:, steps] + noise, 0, 255)
    return block


def engine_of(model: Any, threads: int, runtime: Runtime) -> Engine:
    """An engine with a fixed number of threads around a converted model.

    Args:
        model: Of OpenVINO; takes (batch, size, size, 3) uint8, gives (batch, dim).
        threads: To compute with.
        runtime: One of those in ``LEAST_COS``; only bf16 is a matter of how it is compiled.
    """
    hint = "bf16" if runtime is Runtime.OPENVINO_BF16 else "f32"
    request = compiled(model, hint, threads).create_infer_request()

    def run(blocks: Iterable[Image]) -> Iterator[Vectors]:
        for block in blocks:
            yield np.array(request.infer([block])[0], np.float32)

    return run


def agreement(engine: Engine, expected: Vectors, block: Image) -> float:
    """Smallest cosine between the unit rows that an engine gives for a block and those expected."""
    return float((next(engine(iter([block]))) * expected).sum(axis=1).min())
