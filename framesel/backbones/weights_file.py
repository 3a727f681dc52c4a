"""Our own weights file: safetensors whose header names the architecture and the preprocessing.

Matrices and kernels are stored as fp16, everything that is one-dimensional as fp32. Reading the
header needs neither torch nor the tensors.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framesel.backbones.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from framesel.errors import WeightsError
from framesel.model_files import read_safetensors_header

if TYPE_CHECKING:
    from torch import Tensor

METADATA_KEY = "framesel"

Colour = tuple[float, float, float]


class WeightsHeader(BaseModel):
    """What a weights file says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Annotated[int, Field(ge=1, le=1)] = 1
    architecture: str
    dim: Annotated[int, Field(ge=1, le=65536)]
    size_px: Annotated[int, Field(ge=8, le=4096)]
    mean: Colour = IMAGENET_MEAN
    std: Colour = IMAGENET_STD

    def preprocessing(self) -> Preprocessing:
        """The preprocessing that these weights were trained with."""
        return Preprocessing(self.size_px, self.mean, self.std)


def read_weights_header(path: Path) -> WeightsHeader:
    """The header of one of our weights files.

    Raises:
        WeightsError: The file is damaged or was not written by framesel.
    """
    metadata = read_safetensors_header(path).metadata
    if METADATA_KEY not in metadata:
        raise WeightsError(
            f"{path}: the safetensors metadata has no entry {METADATA_KEY!r} that names the "
            "architecture. Name it yourself: timm:NAME@PATH or torchvision:NAME@PATH."
        )
    try:
        return WeightsHeader.model_validate_json(metadata[METADATA_KEY])
    except ValidationError as error:
        raise WeightsError(
            f"{path}: the metadata {METADATA_KEY!r} is not understood: {error}"
        ) from error


def save_weights(path: Path, header: WeightsHeader, tensors: dict[str, Tensor]) -> None:
    """Write a weights file under a temporary name, sync it and rename it.

    Args:
        path: Where; parents are made.
        header: What the file says about itself.
        tensors: The state of the module; counters (integers) are left out.
    """
    import torch
    from safetensors.torch import save_file

    stored = {
        name: tensor.detach().cpu().to(torch.float16 if tensor.ndim > 1 else torch.float32)
        for name, tensor in tensors.items()
        if tensor.is_floating_point()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    contiguous = {name: tensor.contiguous() for name, tensor in stored.items()}
    save_file(contiguous, temporary, metadata={METADATA_KEY: header.model_dump_json()})
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o644)
    temporary.replace(path)
