"""Checkpoints and the loss log of a pretraining run: what makes a killed run go on to the bit.

Order, neighbours and views are functions of (seed, step), so a checkpoint needs no generator's
state: model, optimiser, step and what the early stop remembers are all there is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from framesel.errors import StageError

CHECKPOINT = "checkpoint.pt"
LOG = "loss.jsonl"


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Remove what a kill in the middle of writing has left."""
    for name in (CHECKPOINT, LOG):
        for left in folder.glob(f".{name}.*.tmp"):
            left.unlink(missing_ok=True)


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write ``checkpoint.pt`` under a temporary name, sync it and rename it."""
    temporary = folder / f".{CHECKPOINT}.{os.getpid()}.tmp"
    torch.save(state, temporary)
    _sync(temporary)
    temporary.replace(folder / CHECKPOINT)


def load_checkpoint(folder: Path, identity: str) -> dict[str, Any] | None:
    """The last checkpoint, or None where there is none.

    Args:
        folder: Of the run.
        identity: Digest over settings and frames; that of the checkpoint must be the same.

    Raises:
        StageError: It is damaged, or belongs to other settings or frames.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        known = state["identity"]
    except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError, EOFError) as error:
        raise StageError(
            f"{path}: the checkpoint is damaged ({error}). Delete it to start pretraining again."
        ) from error
    if known != identity:
        raise StageError(
            f"{path}: the checkpoint belongs to other settings or other frames. "
            "Use another folder, or delete it to start again."
        )
    return state


class LossLog:
    """JSON lines, one an event, each with its step; no times, so that two equal runs are equal.

    Args:
        folder: Of the run.
        step: Lines of later steps are dropped: a run that goes on writes them again.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / LOG
        kept = [line for line in self._lines() if json.loads(line)["step"] <= step]
        temporary = folder / f".{LOG}.{os.getpid()}.tmp"
        temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        _sync(temporary)
        temporary.replace(self._path)

    def _lines(self) -> list[str]:
        """All complete lines; a kill can leave a last one that is cut off."""
        if not self._path.exists():
            return []
        text = self._path.read_text(encoding="utf-8")
        return text.split("\n")[:-1]

    def append(self, **event: float | int | str) -> None:
        """Add one line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    def sync(self) -> None:
        """Bring the lines so far to the disk; done before the checkpoint that relies on them."""
        _sync(self._path)
