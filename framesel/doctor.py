"""What this machine has, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from framesel import __version__, threads
from framesel.settings import RunSettings

BASE = (
    "av faiss-cpu lightly numba numpy opencv-python pyarrow pydantic safetensors scikit-learn "
    "scipy torch torchvision trackers ultralytics"
).split()

EXTRAS = {
    "cvat": ("cvat-sdk", "pushes tasks into CVAT and pulls labels from it"),
    "desk": ("fastapi", "`framesel review`, the desk at which picks are reviewed"),
    "label-studio": ("httpx", "pushes tasks into Label Studio and pulls labels from it"),
    "openvino": ("openvino", "embeds several times faster on CPUs with bf16 units"),
    "ray": ("ray", "runs on a cluster: run.runner: ray"),
    "s3": ("s3fs", "reads videos from, and keeps workspaces in, S3 and what speaks its protocol"),
    "timm": ("timm", "backbones such as timm:vit_small_patch14_dinov2.lvd142m"),
}

CODECS = ("h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg", "ffv1")


def examine() -> Iterator[str]:
    """Lines for a person, in order of what goes wrong most often."""
    yield f"framesel {__version__}, Python {sys.version.split()[0]}, {platform.platform()}"
    run = RunSettings()
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    yield f"cores {threads.cores()}, memory to take {run.memory():.1f} GB, free disk {free:.0f} GB"
    yield from _packages()
    yield from _devices()
    yield from _codecs()


def _packages() -> Iterator[str]:
    yield "packages:"
    for name in BASE:
        yield f"  {name:15} {_version(name) or 'MISSING: pip install framesel'}"
    for extra, (name, purpose) in EXTRAS.items():
        missing = f"not installed ({purpose}): pip install 'framesel[{extra}]'"
        yield f"  {name:15} {_version(name) or missing}"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> Iterator[str]:
    from framesel import backbones

    yield "devices:"
    yield f"  networks run as {backbones.choose_runtime('auto')}"
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield f"  cuda:{index} {properties.name}, {properties.total_memory / 1e9:.0f} GB"
    if not torch.cuda.is_available():
        yield "  no CUDA device: training is slow here, everything else works"


def _codecs() -> Iterator[str]:
    if importlib.util.find_spec("av") is None:
        return
    import av

    versions = ", ".join(f"{k} {'.'.join(map(str, v))}" for k, v in av.library_versions.items())
    yield f"codecs ({versions}):"
    available = av.codecs_available
    yield "  decodes " + ", ".join(c for c in CODECS if c in available or f"lib{c}" in available)
    absent = [c for c in CODECS if c not in available]
    if absent:
        yield f"  cannot decode {', '.join(absent)}: use PyAV's own wheels (pip install av)"
