"""Which numeric runtime computes vectors and detections: a rule on what the machine has.

The runtime changes numbers a little, so it belongs to the fingerprint of a stage and all workers of
a run must have the same. Nothing here imports torch before it is used.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from torch import nn

CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


class Runtime(StrEnum):
    """Library and precision."""

    TORCH_FP32 = "torch-fp32"
    OPENVINO_FP32 = "openvino-fp32"
    OPENVINO_BF16 = "openvino-bf16"
    OPENVINO_INT8 = "openvino-int8"
    CUDA_FP16 = "cuda-fp16"


def cuda_devices() -> int:
    """How many GPUs NVIDIA's management library counts; 0 without it.

    It is asked instead of CUDA itself because starting CUDA here would break forked workers.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return 0
    name = "nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError:
        return 0
    if library.nvmlInit_v2() != 0:
        return 0
    count = ctypes.c_uint(0)
    status = library.nvmlDeviceGetCount_v2(ctypes.byref(count))
    library.nvmlShutdown()
    return int(count.value) if status == 0 else 0


def torch_has_cuda() -> bool:
    """Whether the installed torch was built with CUDA, judged by its files."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    libraries = Path(spec.origin).parent / "lib"
    return any((libraries / name).exists() for name in ("libtorch_cuda.so", "torch_cuda.dll"))


def cpu_has_bf16() -> bool:
    """Whether the processor has bf16 units (Linux on x86 tells; elsewhere the answer is no)."""
    try:
        text = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^flags\s*:(.*)$", text, flags=re.MULTILINE)
    return flags is not None and bool(BF16_FLAGS & set(flags.group(1).split()))


def openvino_installed() -> bool:
    """Whether openvino can be imported; it is not imported."""
    return importlib.util.find_spec("openvino") is not None


def check_device(device: str) -> None:
    """Raise UsageError where ``device`` is not one of auto, cpu, cuda, cuda:N."""
    if not DEVICE.fullmatch(device):
        raise UsageError(f"unknown device {device!r}: expected auto, cpu, cuda or cuda:N")


def choose_runtime(device: str = "auto", *, here: bool = True) -> Runtime:
    """The runtime for this machine.

    A GPU that torch can use comes first, then OpenVINO (in bf16 on processors that have units for
    it), then torch. In fp32 OpenVINO gives torch's vectors to the fifth decimal of the cosine, and
    small convolutional networks at more than twice the speed.
    ``Runtime.OPENVINO_INT8`` is never chosen: whoever wants it passes it to ``load``.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        here: Whether this machine does the work. If others do, a GPU that is asked for is theirs.

    Raises:
        UsageError: The device is unknown, or a GPU is asked for that is not there.
    """
    check_device(device)
    if device == "cuda" and not here:
        return Runtime.CUDA_FP16
    gpus = cuda_devices() if device != "cpu" and torch_has_cuda() else 0
    if device.startswith("cuda"):
        wanted = int(device.partition(":")[2] or 0)
        if wanted >= gpus:
            raise UsageError(
                f"device {device} was asked for, but {gpus} GPUs can be used here: check the "
                "NVIDIA driver, CUDA_VISIBLE_DEVICES and that torch is a CUDA build, or take "
                "device cpu"
            )
    if gpus:
        return Runtime.CUDA_FP16
    if openvino_installed():
        return Runtime.OPENVINO_BF16 if cpu_has_bf16() else Runtime.OPENVINO_FP32
    return Runtime.TORCH_FP32


def require_openvino(purpose: str) -> None:
    """Raise MissingExtraError where openvino is not installed."""
    if not openvino_installed():
        raise MissingExtraError("openvino", "openvino", purpose)


def converted(module: nn.Module, shape: tuple[int, ...]) -> Any:
    """A torch module as an OpenVINO model of one fixed shape.

    Args:
        module: Takes one tensor of bytes; is put into evaluation mode.
        shape: Of that tensor.
    """
    import openvino
    import torch
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example = torch.zeros(*shape, dtype=torch.uint8)
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracer warns of shapes that it freezes: a fixed shape is what is wanted here.
        warnings.simplefilter("ignore")
        # Left to itself the tracer runs the module twice more to check what it wrote down. Whoever
        # calls this compares the compiled model with the module anyway.
        traced = TorchScriptPythonDecoder(
            module.eval(), example_input=example, trace_kwargs={"check_trace": False}
        )
        return openvino.convert_model(traced, example_input=example, input=[list(shape)])


def compiled(model: Any, hint: str, threads: int) -> Any:
    """An OpenVINO model, ready for this processor.

    Left to itself OpenVINO ties its threads to cores, counted from the first: in each of several
    processes, so that all of them would share one core.

    Args:
        model: From ``converted``, or read from a file.
        hint: Precision: ``f32`` or ``bf16``.
        threads: To compute with.
    """
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(model, "CPU", settings)


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Torch's thread count is ``threads`` inside and the caller's again outside."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
