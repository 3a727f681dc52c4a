"""YOLO networks on OpenVINO: fp32, and bf16 where the processor has units for it.

Our module is converted in memory, one model for each shape of its input, so class logits, sides and
features are all there. Before one is used it must agree with torch fp32 on a probe picture; where
it does not, torch is used and a warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from framesel.detectors.detector import Image
from framesel.detectors.torch_engine import Engine, cpu_engine, sift
from framesel.detectors.yolo_boxes import Rows
from framesel.detectors.yolo_check import probe_picture
from framesel.detectors.yolo_network import YoloNetwork
from framesel.runtime import Runtime, compiled, converted, torch_threads

LEAST_COS = {Runtime.OPENVINO_FP32: 0.99999, Runtime.OPENVINO_BF16: 0.999}


def model_of(
    network: YoloNetwork, shape_hw: tuple[int, int], threads: int, runtime: Runtime
) -> Any:
    """The network as an OpenVINO model for one picture of that shape."""
    hint = "bf16" if runtime is Runtime.OPENVINO_BF16 else "f32"
    return compiled(converted(network, (1, *shape_hw, 3)), hint, threads)


def openvino_engine(model: Any, levels: int, floor: float) -> Engine:
    """An engine around a compiled model.

    Args:
        model: From ``model_of``.
        levels: Of the network.
        floor: Logit from which rows are given.
    """
    request = model.create_infer_request()

    def run(blocks: Iterable[Image]) -> Iterator[list[Rows]]:
        for block in blocks:
            # The outputs are read before the next block overwrites them: no copy is needed.
            found = request.infer([block], share_inputs=True, share_outputs=True)
            outputs = tuple(torch.from_numpy(found[n]) for n in range(len(model.outputs)))
            with torch.inference_mode(), torch_threads(1):
                rows = sift(outputs, levels, floor)
            yield rows

    return run


def agreement(network: YoloNetwork, model: Any, shape_hw: tuple[int, int]) -> float:
    """Smallest cosine between an output of a compiled model and torch's, on a probe picture."""
    picture = probe_picture(*shape_hw)
    with torch.inference_mode():
        expected = [tensor.numpy().ravel() for tensor in network(torch.from_numpy(picture))]
    found = [np.ravel(part) for part in model(picture).values()]
    return min(_cosine(a, b) for a, b in zip(expected, found, strict=True))


def checked_engine(
    name: str,
    network: YoloNetwork,
    shape_hw: tuple[int, int],
    floor: float,
    threads: int,
    runtime: Runtime,
) -> Engine:
    """The OpenVINO engine where it agrees with torch fp32, else the torch engine and a warning.

    Args:
        name: For the warning.
        network: What to run.
        shape_hw: Height and width of its input.
        floor: Logit from which rows are given.
        threads: On the CPU.
        runtime: One of those in ``LEAST_COS``.
    """
    try:
        model = model_of(network, shape_hw, threads, runtime)
        cos = agreement(network, model, shape_hw)
        why = (
            f"agrees with torch fp32 only to a cosine of {cos:.5f} (at least {LEAST_COS[runtime]})"
        )
    except RuntimeError as error:
        # What OpenVINO cannot convert or compile depends on the layers of the model.
        cos, why = -1.0, f"cannot run it ({str(error).strip().splitlines()[0]})"
    if cos >= LEAST_COS[runtime]:
        return openvino_engine(model, len(network.strides), floor)
    warnings.warn(
        f"detector {name}: {runtime} {why}, so torch fp32 is used, which is slower",
        RuntimeWarning,
        stacklevel=2,
    )
    return cpu_engine(network, floor, threads)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one.astype(np.float64), other.astype(np.float64)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else float(np.array_equal(a, b))
