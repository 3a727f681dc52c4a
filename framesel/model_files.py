"""Files of weights from outside: digests, safetensors headers, torch files without pickles."""

from __future__ import annotations

import hashlib
import json
import struct
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from framesel.errors import WeightsError

MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """Metadata, and shapes by tensor name, of any safetensors file."""

    metadata: dict[str, str]
    shapes: dict[str, tuple[int, ...]]


def file_digest(path: Path) -> str:
    """sha256 (hex) over the bytes of a file; read again once its size or time has changed.

    Raises:
        WeightsError: It cannot be read.
    """
    try:
        found = path.stat()
        return _digest(path, found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{path}: cannot read the weights ({error}). Check the path.") from error


@lru_cache(maxsize=32)
def _digest(path: Path, _inode: int, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """The header of a safetensors file, without its tensors.

    Raises:
        WeightsError: The file is missing, damaged, or no safetensors file.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(MAX_HEADER_BYTES, path.stat().st_size):
                raise WeightsError(
                    f"{path}: is not a safetensors file, or it is damaged. Fetch it again."
                )
            entries = json.loads(file.read(length))
        metadata = {str(k): str(v) for k, v in entries.pop("__metadata__", {}).items()}
        shapes = {str(k): tuple(map(int, v["shape"])) for k, v in entries.items()}
    except OSError as error:
        raise WeightsError(f"{path}: cannot read the weights ({error}). Check the path.") from error
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise WeightsError(
            f"{path}: the safetensors header is damaged ({error}). Fetch the file again."
        ) from error
    return SafetensorsHeader(metadata, shapes)


def read_torch_file(path: Path) -> dict[str, Any]:
    """What a torch file holds, read with ``weights_only``: nothing in it is executed.

    Raises:
        WeightsError: It cannot be read, is damaged, or holds more than tensors and plain values.
    """
    import torch

    try:
        with warnings.catch_warnings():
            # torch warns of pickles by others, and then refuses what it does not know anyway.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise WeightsError(
            f"{path}: the file holds more than tensors (or is damaged), so it is not opened: a "
            "pickle can run any program. Save the state dict alone, best as safetensors."
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path}: cannot read the weights ({error}). Check the path, or fetch the file again."
        ) from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, not a dict of tensors")
    return content
