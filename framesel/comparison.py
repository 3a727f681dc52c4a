"""`framesel compare`: two selections of one workspace, side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import tables
from framesel.catalog import Catalog
from framesel.chosen import Chosen
from framesel.planning import changes
from framesel.selection.vectors.arrays import chord
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import gathered
from framesel.stages.gathered import Dataset
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        chosen: The selection.
        rows: (k,) rows of its picks in the dataset, by rank.
        distance: (n,) from each good frame of the dataset to its nearest pick.
    """

    chosen: Chosen
    rows: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Two selections on the same frames.

    Attributes:
        sides: Both.
        names: What they are called.
        only: For each side its picks that the other has not, by rank, in words.
    """

    sides: tuple[Side, Side]
    names: tuple[str, str]
    only: tuple[list[str], list[str]]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """What is compared, and how it is on either side."""
        a, b = (set(side.rows.tolist()) for side in self.sides)
        yield from self._row("picks", lambda side: f"{len(side.rows):,}")
        yield "picked by both", f"{len(a & b):,}", ""
        yield from self._row("videos with a pick", _videos)
        yield from self._row("from a frame to its pick, mean", lambda s: f"{s.distance.mean():.3f}")
        yield from self._row("the same, at most", lambda side: f"{side.distance.max():.3f}")
        yield from self._row("pick to earlier pick, median", _apart)
        yield from self._row("frames they stand for", _mass)
        yield from self._row("slices of the budget", _slices)
        yield from self._row("certified", _certified)
        left, right = (side.chosen.identity for side in self.sides)
        for change in changes(left, right):
            place, _, values = change.partition(": ")
            before, _, after = values.partition(" → ")
            yield place, before, after

    def _row(self, what: str, cell: Callable[[Side], str]) -> Iterator[tuple[str, str, str]]:
        left, right = (cell(side) for side in self.sides)
        if left or right:
            yield what, left, right


def compare(workspace: Workspace, a: Chosen, b: Chosen) -> Comparison:
    """Both selections, judged by the vectors that the first was chosen with.

    Raises:
        StageError: The vectors are not there any more.
    """
    needs = a.identity["needs"]
    catalog = Catalog(workspace)
    keys = {name: needs[name] for name in ("frames", "embeddings")}
    inputs = GatherInputs(workspace, keys, catalog, pa.table({}))
    # Looking costs what choosing did; whoever could choose can look.
    data = gathered.read(inputs, ["t_s"], RunSettings(memory_gb=1e6))
    good = _good(data, a)
    left, right = (_side(data, good, one) for one in (a, b))
    names = _names(a, b)
    only = (_only(catalog, left, right), _only(catalog, right, left))
    return Comparison((left, right), names, only)


def _names(a: Chosen, b: Chosen) -> tuple[str, str]:
    def name(one: Chosen) -> str:
        strategy = one.identity["fields"]["strategy"]["name"]
        return f"{one.name}: {strategy} ({one.folder.name})"

    return name(a), name(b)


def _good(data: Dataset, one: Chosen) -> npt.NDArray[np.bool_]:
    """(n,) frames that the quality gate let through."""
    rejected = one.left_out.filter(
        pa.compute.equal(one.left_out["why"].cast(pa.string()), "rejected")
    )
    good = np.ones(len(data), np.bool_)
    rows = data.rows(rejected["video_no"], rejected["pts"])
    good[rows[rows >= 0]] = False
    return good


def _side(data: Dataset, good: npt.NDArray[np.bool_], one: Chosen) -> Side:
    from framesel.selection.vectors.nearest_chosen import nearest_chosen

    rows = data.rows(one.picks["video_no"], one.picks["pts"])
    rows = rows[rows >= 0]
    _, cosines = nearest_chosen(data.vectors[good], data.vectors[rows])
    return Side(one, rows, chord(cosines))


def _only(catalog: Catalog, side: Side, other: Side) -> list[str]:
    known = {(row["video_no"], row["pts"]) for row in other.chosen.picks.to_pylist()}
    lines = []
    for row in side.chosen.picks.to_pylist():
        if (row["video_no"], row["pts"]) not in known:
            name = Path(catalog.videos[row["video_no"]]["path"]).name
            lines.append(f"{row['rank']:5d}  {name}@{row['t_s']:.3f}  {row['reason']}")
    return lines


def _videos(side: Side) -> str:
    return f"{len(set(side.chosen.picks['video_no'].to_pylist())):,}"


def _apart(side: Side) -> str:
    found = [d for d in side.chosen.picks["nearest_distance"].to_pylist() if d is not None]
    return f"{np.median(found):.3f}" if found else ""


def _mass(side: Side) -> str:
    return f"{pa.compute.sum(side.chosen.picks['mass']).as_py() or 0:,.0f}"


def _slices(side: Side) -> str:
    counts = Counter(side.chosen.picks["source"].to_pylist())
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if name)


def _certified(side: Side) -> str:
    entry = (side.chosen.picks.schema.metadata or {}).get(f"{tables.PREFIX}certificate".encode())
    sure: dict[str, Any] | None = json.loads(entry) if entry else None
    if not sure:
        return ""
    return f"{sure['what']} {sure['achieved']:.4g}; none is better than {sure['bound']:.4g}"
