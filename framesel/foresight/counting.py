"""What is known once the sample was measured, and how many frames each shard will give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from framesel import tables
from framesel.catalog import Catalog, Part, Shard
from framesel.foresight.ahead import Ahead
from framesel.foresight.costs import ShardCost
from framesel.foresight.expected import Expected, expected
from framesel.foresight.gathering import Gathered
from framesel.foresight.measuring import Measured
from framesel.planning import Step
from framesel.recipe import Recipe
from framesel.stages.refining import COARSE
from framesel.stages.windows import Windows

Rows = dict[int, dict[str, float]]
"""Of each shard, how many rows of each kind of footage."""


@dataclass(frozen=True)
class Known:
    """All that was found out.

    Attributes:
        ahead: The input.
        kinds: Of each video its kind of footage.
        measured: Of the stages.
        gathered: Of those that see everything.
        index_s: Seconds to read the place of one packet of a file.
        group_s: Seconds from keyframe to keyframe.
        first: Of the stage ``frames`` of a coarse pass; None where there is none.
    """

    ahead: Ahead
    kinds: Mapping[int, str]
    measured: Measured
    gathered: Gathered
    index_s: float
    group_s: float
    first: ShardCost | None = None

    def cost(self, name: str) -> ShardCost:
        """Of a stage that works shard by shard, by its name in the recipe."""
        if name == f"frames{COARSE}":
            assert self.first is not None
            return self.first
        if name == "windows":
            return self.measured.costs["shots"]  # which reads the same
        return self.measured.costs[name.removesuffix(COARSE)]


class Counting:
    """Frames of one recipe on the known input.

    Args:
        known: What was found out.
        recipe: What is asked for.
        step: The stage ``frames``, as far as it is done.
    """

    def __init__(self, known: Known, recipe: Recipe, step: Step) -> None:
        self.known = known
        self.recipe = recipe
        self.step = step
        self.catalog = Catalog(known.ahead.workspace)

    def expected(self, part: Part, *, first: bool = False) -> Expected:
        """Of a part, in the pass that takes what was asked for or in the coarse one before."""
        frames, coarse = self.recipe.frames, self.recipe.coarse
        sample = frames.first_look(coarse.every_s).sample if first and coarse else frames.sample
        return expected(self.catalog.videos[part.video_no], part, sample)

    @property
    def decoded(self) -> float:
        """Share of the footage that is decoded for the frames of the stage ``frames``, at most."""
        return self._promises[0]

    @cached_property
    def _promises(self) -> tuple[float, float]:
        """Shares of the footage that are decoded, and of which frames are taken."""
        if not self.recipe.coarse:
            return 1.0, 1.0
        first = sum(sum(rows.values()) for rows in self.first.values())
        shards = self.catalog.shards
        exact = sum(sum(self._promised(s, first=False).values()) for s in shards)
        windows = Windows.of(self.recipe.coarse, self.recipe.frames.sample, scored=False)
        apart_s = float(np.median(windows.apart(list(self.catalog.videos.values()))))
        return self.recipe.coarse.promised(self.known.group_s, first / max(exact, 1.0), apart_s)

    def _promised(self, shard: Shard, *, first: bool) -> dict[str, float]:
        """Frames of a shard by kind of footage, all of it looked at in the same way."""
        rates = self.known.cost(f"frames{COARSE}" if first else "frames")
        rows: dict[str, float] = defaultdict(float)
        for part in shard.parts:
            kind = self.known.kinds[part.video_no]
            rows[kind] += self.expected(part, first=first).frames * rates.rate(kind).yields
        return rows

    @cached_property
    def new(self) -> dict[int, dict[str, float]]:
        """Rows of the stage ``frames`` that a coarse pass does not have: by shard, by kind."""
        taken = self._promises[1]
        return {
            shard.number: {k: n * taken for k, n in self._promised(shard, first=False).items()}
            for shard in self.catalog.shards
        }

    @cached_property
    def first(self) -> dict[int, dict[str, float]]:
        """Rows of a coarse pass."""
        if not self.recipe.coarse:
            return {shard.number: {} for shard in self.catalog.shards}
        return {shard.number: self._promised(shard, first=True) for shard in self.catalog.shards}

    @cached_property
    def rows(self) -> dict[int, dict[str, float]]:
        """Rows of the stage ``frames``, as they are or will be: by shard, by kind of footage."""
        todo = {shard.number for shard in self.step.todo}
        found: dict[int, dict[str, float]] = {}
        for shard in self.catalog.shards:
            new, first = self.new[shard.number], self.first[shard.number]
            rows = {kind: new.get(kind, 0.0) + first.get(kind, 0.0) for kind in {**new, **first}}
            if shard.number not in todo:
                path = self._file(shard)
                true, total = float(tables.footer(path)["rows"]), sum(rows.values()) or 1.0
                rows = {kind: n * true / total for kind, n in rows.items()}
            found[shard.number] = rows
        return found

    def _file(self, shard: Shard) -> Path:
        """Where the frames of a shard lie."""
        workspace = self.known.ahead.workspace
        return workspace.shard("frames", self.step.key, shard.number)
