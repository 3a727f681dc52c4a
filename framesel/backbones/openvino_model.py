"""Backbones on OpenVINO: fp32, bf16 where the processor has units for it, int8 only if asked for.

The torch module is converted in memory, in one fixed shape. Before the result is used it must agree
with torch fp32 on a probe batch; where it does not, torch is used and a warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import numpy as np
import torch

from framesel.backbones.backbone import Engine, Vectors
from framesel.backbones.embedder import Embedder
from framesel.backbones.preprocessing import Image
from framesel.backbones.quantise import quantised
from framesel.backbones.torch_model import cpu_engine
from framesel.runtime import Runtime, compiled, converted, require_openvino

LEAST_COS = {
    Runtime.OPENVINO_FP32: 0.99999,
    Runtime.OPENVINO_BF16: 0.999,
    Runtime.OPENVINO_INT8: 0.98,
}
CALIBRATION_PICTURES = 32


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


def openvino_engine(module: Embedder, size_px: int, batch: int, threads: int, hint: str) -> Engine:
    """An engine that computes in ``hint`` (``f32`` or ``bf16``) with a fixed number of threads.

    Raises:
        MissingExtraError: openvino is not installed.
    """
    require_openvino("the OpenVINO runtime")
    model = compiled(converted(module, (batch, size_px, size_px, 3)), hint, threads)
    request = model.create_infer_request()

    def run(blocks: Iterable[Image]) -> Iterator[Vectors]:
        for block in blocks:
            yield np.array(request.infer([block])[0], np.float32)

    return run


def agreement(engine: Engine, reference: Engine, block: Image) -> float:
    """Smallest cosine between the unit rows that two engines give for a block."""
    ours, theirs = next(engine(iter([block]))), next(reference(iter([block])))
    return float((ours * theirs).sum(axis=1).min())


def checked_engine(
    name: str, module: Embedder, size_px: int, batch: int, threads: int, runtime: Runtime
) -> Engine:
    """The OpenVINO engine where it agrees with torch fp32, else the torch engine and a warning.

    Args:
        name: For the warning.
        module: Stays as it is.
        size_px: Side of the pictures.
        batch: Pictures in a block.
        threads: On the CPU.
        runtime: One of those in ``LEAST_COS``.
    """
    pictures = probe_block(batch, size_px)
    twin = module
    if runtime is Runtime.OPENVINO_INT8:
        twin = quantised(module, torch.from_numpy(probe_block(CALIBRATION_PICTURES, size_px)))
    hint = "bf16" if runtime is Runtime.OPENVINO_BF16 else "f32"
    engine = openvino_engine(twin, size_px, batch, threads, hint)
    reference = cpu_engine(module, threads)
    cos = agreement(engine, reference, pictures)
    if cos >= LEAST_COS[runtime]:
        return engine
    warnings.warn(
        f"backbone {name}: {runtime} agrees with torch fp32 only to a cosine of {cos:.5f} "
        f"(at least {LEAST_COS[runtime]}), so torch fp32 is used, which is slower",
        RuntimeWarning,
        stacklevel=2,
    )
    return reference
