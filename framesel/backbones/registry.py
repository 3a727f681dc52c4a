"""Backbones by name.

``builtin``, ``timm:NAME[@WEIGHTS]``, ``torchvision:NAME[@WEIGHTS]`` or ``file:PATH``; where WEIGHTS
is a path, the weights come from that file.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from framesel.backbones.backbone import Backbone, BackboneCard, BatchedBackbone, Engine
from framesel.backbones.kept import KeptModel
from framesel.backbones.source import LoadedModel, Source
from framesel.errors import UsageError
from framesel.runtime import Runtime, check_device

SOURCES = {
    "builtin": "framesel.backbones.builtin",
    "timm": "framesel.backbones.timm",
    "torchvision": "framesel.backbones.torchvision",
    "file": "framesel.backbones.checkpoint",
}

KINDS = {
    "builtin": "trained by framesel on open footage; needs no download",
    "timm:NAME[@WEIGHTS|@PATH]": "any model of timm, e.g. timm:vit_small_patch14_dinov2.lvd142m",
    "torchvision:NAME[@WEIGHTS|@PATH]": "any classification model of torchvision",
    "file:PATH": "what `framesel pretrain` wrote, or a checkpoint that says what it is",
}
"""How they are named, for people."""


Batch: TypeAlias = int | Literal["auto"]
CPU_BATCH: Final = 4
GPU_BATCH: Final = 32


def source_of(name: str) -> Source:
    """The source that a name belongs to.

    Raises:
        UsageError: There is none; the message says which there are.
    """
    kind = name.partition(":")[0]
    if kind not in SOURCES:
        near = difflib.get_close_matches(kind, SOURCES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(
            f"unknown backbone {name!r}{hint} Known are builtin, timm:NAME[@WEIGHTS], "
            "torchvision:NAME[@WEIGHTS] and file:PATH"
        )
    return cast(Source, import_module(SOURCES[kind]))


def describe(name: str) -> BackboneCard:
    """What is known of a backbone without loading it; torch is not imported.

    Raises:
        UsageError: The name makes no sense.
        WeightsError: The weights are not there or not to be trusted.
    """
    return source_of(name).describe(name)


def load(
    name: str,
    *,
    runtime: Runtime,
    device: str = "auto",
    batch: Batch = "auto",
    threads: int = 1,
    kept_in: Path | None = None,
) -> Backbone:
    """A backbone that is ready to run.

    Args:
        name: See the module.
        runtime: From ``choose_runtime``, the same for all workers of a run.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; must fit the runtime.
        batch: Pictures in a block; every block has this shape. auto: few for a processor, which
            gains nothing from more, many for a GPU.
        threads: On the CPU.
        kept_in: Folder of models that were converted before, which is used and added to.

    Raises:
        UsageError: Name, device or runtime make no sense together.
        WeightsError: The weights are missing, damaged or do not fit.
        MissingExtraError: The source or runtime needs a package that is not installed.
    """
    check_device(device)
    if device not in ("auto", "cpu") and runtime is not Runtime.CUDA_FP16:
        raise UsageError(f"device {device} and runtime {runtime} do not fit together")
    source = source_of(name)
    card = source.describe(name)
    wanted = batch_of(batch, runtime)
    kept = KeptModel.of(kept_in, card, runtime, wanted)

    def converted() -> Backbone:
        loaded = source.load(name)
        engine = _engine(name, loaded, runtime, device, wanted, threads, kept)
        return BatchedBackbone(card, loaded.dim, loaded.size_px, wanted, engine)

    if kept is None:
        return converted()
    found = kept.load(threads)
    if found:
        return found
    with kept.alone():
        return kept.load(threads) or converted()


def batch_of(batch: Batch, runtime: str) -> int:
    """Pictures in a block: as many as asked for, or as many as pay with a runtime."""
    if batch != "auto":
        return batch
    return GPU_BATCH if runtime == Runtime.CUDA_FP16 else CPU_BATCH


def _engine(
    name: str,
    loaded: LoadedModel,
    runtime: Runtime,
    device: str,
    batch: int,
    threads: int,
    kept: KeptModel | None,
) -> Engine:
    if runtime is Runtime.CUDA_FP16:
        from framesel.backbones.torch_model import cuda_engine

        return cuda_engine(loaded.module, "cuda" if device in ("auto", "cpu") else device)
    if runtime.startswith("openvino"):
        from framesel.backbones.openvino_model import checked_engine

        size_px = loaded.size_px
        return checked_engine(name, loaded.module, size_px, batch, threads, runtime, kept)
    from framesel.backbones.torch_model import cpu_engine

    return cpu_engine(loaded.module, threads)
