"""Where a training was when it was killed: everything that the next step depends on.

One safetensors file: the weights, their moving average, the optimiser's memory and, where they are
kept, the best weights so far, all in full precision; in its header how many steps were done and
what the judge said. Draws depend on the step alone, so no generator's state is needed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError
from torch import Tensor

from framesel.errors import WeightsError
from framesel.model_files import read_safetensors_header
from framesel.workspace import write_bytes

FOLDER = "checkpoint"
FILE = "state.safetensors"
ENTRY = "framesel_training"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a training is.

    Attributes:
        identity: Of settings, pictures, classes and initial weights.
        iteration: Steps done.
        scores: (step, score) of each look.
        kept: Step of the best look; 0: there was none.
    """

    identity: str
    iteration: int = 0
    scores: tuple[tuple[int, float], ...] = ()
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place and the tensors there: ``weights``, ``average``, ``optimiser`` and ``best``."""

    place: Place
    parts: dict[str, dict[str, Tensor]] = field(default_factory=dict)


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Replaces the checkpoint of a training; a kill leaves the old one or the new one."""
    from safetensors.torch import save as packed

    tensors = {
        f"{part}|{name}": tensor.detach().cpu().contiguous()
        for part, found in checkpoint.parts.items()
        for name, tensor in found.items()
    }
    text = json.dumps(asdict(checkpoint.place))
    write_bytes(folder / FOLDER / FILE, packed(tensors, metadata={ENTRY: text}))


def load(folder: Path, identity: str) -> tuple[Checkpoint | None, str]:
    """The checkpoint of a training, and why there is none where one lies there nevertheless.

    Args:
        folder: Of the training.
        identity: What the checkpoint must have been made with.
    """
    from safetensors.torch import load_file

    path = folder / FOLDER / FILE
    if not path.exists():
        return None, ""
    try:
        found = json.loads(read_safetensors_header(path).metadata[ENTRY])
        scores = tuple((int(step), float(score)) for step, score in found["scores"])
        place = Place(str(found["identity"]), int(found["iteration"]), scores, int(found["kept"]))
        if place.identity != identity:
            return None, (
                "the checkpoint there belongs to other settings, pictures, weights or versions: "
                "begun anew"
            )
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in load_file(path).items():
            part, _, name = key.partition("|")
            parts.setdefault(part, {})[name] = tensor
    except (OSError, SafetensorError, WeightsError, ValueError, KeyError, TypeError) as error:
        return None, f"the checkpoint there cannot be read ({error}): begun anew"
    return Checkpoint(place, parts), ""


def remove(folder: Path) -> None:
    """Removes the checkpoint of a training that is done."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
