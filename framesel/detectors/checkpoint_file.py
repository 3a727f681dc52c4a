"""YOLO checkpoints from outside, read without running anything that is in them.

A ``.pt`` of ultralytics is a pickle of the whole model. Here it is read with ``weights_only``, and
every class that it names is replaced by an inert one: no code of ultralytics, torch.nn or the file
runs. What comes out is the architecture (a dict), the names of the classes and the tensors; the
model is built anew from these.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from framesel.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

# Classes that a checkpoint may name. They are never imported: see ``Inert``.
KNOWN = re.compile(
    r"ultralytics\.(nn|yolo|utils|models|cfg|data|engine)(\.\w+)+"
    r"|torch\.nn\.modules(\.\w+)+"
    r"|pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path"
    r"|numpy(\._?core)?(\.multiarray)?\.(scalar|_reconstruct|dtype|ndarray)"
    r"|numpy\.dtypes\.\w+"
)
MODEL = re.compile(r"ultralytics\.nn\.tasks\.(\w*Model\w*)")
DETECTORS = ("DetectionModel", "YOLOv10DetectionModel")
SLACK_BYTES = 1_000_000
MOST_PARTS = 20_000
RETRAIN = "Give a checkpoint that ultralytics wrote after training a detector, such as best.pt."
TRUST = (
    "If you trust whoever made the file, write trust_weights: true, which lets it run any program."
)


@dataclass(frozen=True)
class Checkpoint:
    """What is taken from a file.

    Attributes:
        architecture: The model's ``yaml``: layers as lists of from, number, module, arguments.
        names: Class names by number, as found.
        state: Tensors by name.
        activations: Class of each activation by its module's name.
    """

    architecture: dict[str, Any]
    names: Any
    state: dict[str, Tensor]
    activations: dict[str, str]


class Inert:
    """Stands for any class of a checkpoint: takes every argument and keeps nothing but a dict."""

    origin = ""  # full name of the class that it stands for

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        """Arguments are ignored."""
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update({str(key): value for key, value in state.items()})


def read_checkpoint(path: Path) -> Checkpoint:
    """Architecture, names and tensors of a detection model's checkpoint.

    Raises:
        WeightsError: It is no checkpoint, is damaged, names classes that are not known, or holds
            another kind of model.
    """
    _check_archive(path)
    named = _classes_named(path)
    content = _load_inert(path, named)
    model = _model_of(content, path)
    parts = vars(model)
    architecture = parts.get("yaml")
    if not isinstance(architecture, dict):
        raise WeightsError(f"{path}: the model in it does not say its architecture. {RETRAIN}")
    state, activations = _tensors(model, path)
    return Checkpoint(architecture, parts.get("names"), state, activations)


def _check_archive(path: Path) -> None:
    """Raise WeightsError where it is no archive of torch, or unpacks to more than it is."""
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            named = archive.namelist()
    except OSError as error:
        raise WeightsError(f"{path}: cannot read the weights ({error}). Check the path.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WeightsError(
            f"{path}: is no checkpoint of torch, or only a part of one ({error}). Fetch it again."
        ) from error
    if not any(name.endswith("/data.pkl") for name in named):
        raise WeightsError(f"{path}: is an archive, but no checkpoint of torch. {RETRAIN}")
    if unpacked > 2 * size + SLACK_BYTES:
        raise WeightsError(
            f"{path}: {size} bytes claim to unpack to {unpacked}, so it is not opened. {RETRAIN}"
        )


def _classes_named(path: Path) -> list[str]:
    """Every class or function that the pickle names, beyond torch's own harmless ones.

    Raises:
        WeightsError: One of them is not known, or the model is of another kind.
    """
    import torch

    try:
        named = sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except (UnpicklingError, RuntimeError, ValueError, EOFError, IndexError, OSError) as error:
        raise _damaged(path, error) from error
    foreign = [name for name in named if not KNOWN.fullmatch(name)]
    if foreign:
        raise WeightsError(
            f"{path}: the file wants to run {', '.join(foreign[:5])}, which no YOLO checkpoint "
            f"needs, so it is not opened. {TRUST}"
        )
    for name in named:
        found = MODEL.fullmatch(name)
        if found and found[1] not in DETECTORS:
            raise WeightsError(
                f"{path}: holds a {found[1]}; only detection models of YOLO are understood, not "
                f"segmentation, pose, classification, World or RT-DETR. {RETRAIN}"
            )
    return named


def _load_inert(path: Path, named: list[str]) -> Any:
    import torch

    inert: list[Any] = [
        (type(name.rpartition(".")[2], (Inert,), {"origin": name}), name) for name in named
    ]
    try:
        with torch.serialization.safe_globals(inert), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles by other protocols, which are refused
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # A hostile pickle can make the reader fail in any way.
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> WeightsError:
    first = str(error).strip().partition("\n")[0]
    return WeightsError(
        f"{path}: the checkpoint is damaged ({type(error).__name__}: {first}). Fetch it again."
    )


def _model_of(content: Any, path: Path) -> Inert:
    """The model inside a checkpoint: the averaged one where there are two."""
    held = content if isinstance(content, dict) else {"model": content}
    for model in (held.get("ema"), held.get("model")):
        if isinstance(model, Inert) and "_modules" in vars(model):
            if type(model).__name__ in DETECTORS:
                return model
            raise WeightsError(f"{path}: holds a {type(model).__name__}, no YOLO model. {RETRAIN}")
    raise WeightsError(
        f"{path}: there is no model in it, perhaps only tensors, so its architecture is unknown. "
        f"{RETRAIN}"
    )


def _tensors(model: Inert, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """State by name and activations by name, as ``nn.Module`` keeps them."""
    import torch

    state: dict[str, Tensor] = {}
    activations: dict[str, str] = {}
    for name, part in _parts(model, path):
        if part.origin.startswith("torch.nn.modules.activation."):
            activations[name] = type(part).__name__
        for group in ("_parameters", "_buffers"):
            for key, tensor in _items(part, group):
                if isinstance(tensor, torch.Tensor) and _is_plain(tensor):
                    state[f"{name}.{key}" if name else key] = tensor.detach()
    held = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if held > 2 * path.stat().st_size + SLACK_BYTES:
        raise WeightsError(f"{path}: its tensors claim more than the file holds. Fetch it again.")
    return state, activations


def _parts(model: Inert, path: Path) -> Iterator[tuple[str, Inert]]:
    """Every module with its name, the model itself first."""
    waiting = [("", model)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        name, part = waiting.pop()
        yield name, part
        for key, child in _items(part, "_modules"):
            if isinstance(child, Inert):
                waiting.append((f"{name}.{key}" if name else key, child))
    raise WeightsError(f"{path}: its modules are nested without end. {RETRAIN}")


def _items(part: Inert, group: str) -> list[tuple[str, Any]]:
    found = vars(part).get(group)
    return [(str(key), value) for key, value in found.items()] if isinstance(found, dict) else []


def _is_plain(tensor: Tensor) -> bool:
    import torch

    return tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_meta
