"""What came of one arm with one seed, on disk: a small file that grows budget by budget."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.selection.vectors.arrays import I64
from framesel.workspace import write_bytes

VERSION = 1
"""Raised by hand whenever equal settings give other results: then nothing old is taken up."""

Array = NDArray[Any]

_BROKEN = (zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class Record:
    """One arm, one seed, so far as it got.

    Attributes:
        setting: Name of the setting.
        arm: Name of the arm.
        seed: Of the setting, the strategy and the training.
        budgets: (k,) those that are done, rising.
        picks: For each of them the rows of the pool that were labelled, in order of picking.
        figures: By name (k,) float64, one number for each budget.
        drawn: By name (k, 1 + b) float32: the figure and its values in b samples of the judged
            videos, the same samples for all arms and seeds.
        notes: By name an array of any shape: what is needed to go on.
    """

    setting: str
    arm: str
    seed: int
    budgets: tuple[int, ...] = ()
    picks: tuple[I64, ...] = ()
    figures: Mapping[str, Array] = field(default_factory=dict)
    drawn: Mapping[str, Array] = field(default_factory=dict)
    notes: Mapping[str, Array] = field(default_factory=dict)

    def grown(
        self,
        budget: int,
        picks: I64,
        figures: Mapping[str, float],
        drawn: Mapping[str, Array],
        notes: Mapping[str, Array],
    ) -> Self:
        """The same with one more budget; ``notes`` replace those before."""
        return type(self)(
            self.setting,
            self.arm,
            self.seed,
            (*self.budgets, budget),
            (*self.picks, picks),
            {name: _longer(self.figures, name, np.array([v])) for name, v in figures.items()},
            {name: _longer(self.drawn, name, values[None]) for name, values in drawn.items()},
            notes,
        )


def _longer(before: Mapping[str, Array], name: str, last: Array) -> Array:
    return np.concatenate([before[name], last]) if name in before else last


@dataclass(frozen=True)
class Store:
    """A folder of records."""

    folder: Path

    def path(self, record: Record, identity: Mapping[str, Any]) -> Path:
        """Where a record lies.

        Args:
            record: Its names.
            identity: All that decides what comes of it.
        """
        text = json.dumps({"version": VERSION, **identity}, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = f"{_plain(record.arm)}-{record.seed}-{digest}.npz"
        return self.folder / _plain(record.setting) / name

    def write(self, path: Path, record: Record) -> None:
        """Writes a record, whole or not at all."""
        head = {
            "setting": record.setting,
            "arm": record.arm,
            "seed": record.seed,
            "budgets": record.budgets,
        }
        arrays: dict[str, Array] = {"head": np.array(json.dumps(head))}
        arrays |= {f"picks/{at}": rows for at, rows in enumerate(record.picks)}
        for kind in ("figures", "drawn", "notes"):
            arrays |= {f"{kind}/{name}": v for name, v in getattr(record, kind).items()}
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # names are no keywords
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, file.getvalue())

    def read(self, path: Path) -> Record | None:
        """The record of a file; None where there is none.

        Raises:
            UsageError: The file is damaged.
        """
        if not path.exists():
            return None
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                head = json.loads(str(arrays["head"]))
                parts: dict[str, dict[str, Array]] = {"figures": {}, "drawn": {}, "notes": {}}
                for name in arrays.files:
                    kind, _, rest = name.partition("/")
                    if kind in parts:
                        parts[kind][rest] = arrays[name]
                picks = tuple(arrays[f"picks/{at}"] for at in range(len(head["budgets"])))
            budgets = tuple(int(budget) for budget in head["budgets"])
            return Record(
                str(head["setting"]), str(head["arm"]), int(head["seed"]), budgets, picks, **parts
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError, *_BROKEN) as error:
            raise UsageError(f"{path} is damaged ({error}); remove it and run again") from None


def _plain(name: str) -> str:
    """A name for a file."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "arm"
