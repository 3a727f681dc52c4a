"""Backbones on OpenVINO: fp32, bf16 where the processor has units for it, int8 only if asked for.

The torch module is converted in memory, in one fixed shape. Before the result is used it must agree
with torch fp32 on a probe batch; where it does not, torch is used and a warning says so.
"""

from __future__ import annotations

import warnings

import torch

from framesel.backbones.backbone import Engine
from framesel.backbones.embedder import Embedder
from framesel.backbones.kept import KeptModel, read, written
from framesel.backbones.openvino_engine import LEAST_COS, agreement, engine_of, probe_block
from framesel.backbones.quantise import quantised
from framesel.backbones.torch_model import cpu_engine
from framesel.runtime import Runtime, converted, require_openvino

CALIBRATION_PICTURES = 32


def checked_engine(
    name: str,
    module: Embedder,
    size_px: int,
    batch: int,
    threads: int,
    runtime: Runtime,
    kept: KeptModel | None = None,
) -> Engine:
    """The OpenVINO engine where it agrees with torch fp32, else the torch engine and a warning.

    Args:
        name: For the warning.
        module: Stays as it is.
        size_px: Side of the pictures.
        batch: Pictures in a block.
        threads: On the CPU.
        runtime: One of those in ``LEAST_COS``.
        kept: Where the converted model is to be kept, if it is used.

    Raises:
        MissingExtraError: openvino is not installed.
    """
    require_openvino("the OpenVINO runtime")
    pictures = probe_block(batch, size_px)
    twin: torch.nn.Module = module
    if runtime is Runtime.OPENVINO_INT8:
        twin = quantised(module, torch.from_numpy(probe_block(CALIBRATION_PICTURES, size_px)))
    reference = cpu_engine(module, threads)
    expected = next(reference(iter([pictures])))
    with written(converted(twin, (batch, size_px, size_px, 3))) as folder:
        engine = engine_of(read(folder), threads, runtime)
        cos = agreement(engine, expected, pictures)
        if cos >= LEAST_COS[runtime]:
            if kept is not None:
                kept.keep(folder, expected)
            return engine
    warnings.warn(
        f"backbone {name}: {runtime} agrees with torch fp32 only to a cosine of {cos:.5f} "
        f"(at least {LEAST_COS[runtime]}), so torch fp32 is used, which is slower",
        RuntimeWarning,
        stacklevel=2,
    )
    return reference
