"""`framesel split`: train, val and test such that nothing in one was nearly seen in another."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.errors import UsageError
from framesel.labels import tables
from framesel.labels.labels import Key
from framesel.splitting.assignment import FREE, assign
from framesel.splitting.groups import By, groups, scenes
from framesel.splitting.labelled import EMPTY, Labelled
from framesel.splitting.leakage import Leakage, leakage
from framesel.splitting.near import Ints
from framesel.workspace import Workspace, write_json, write_table

SPLITS = ("train", "val", "test")
HOLDOUT = "holdout"


@dataclass(frozen=True)
class Rules:
    """How labelled frames are split.

    Attributes:
        by: What frames begin in; see ``groups.groups``.
        shares: Of train, val and test; test may be 0.
        tau: Cosine from which frames count as near neighbours; above 1: likeness does not count.
        gap_s: Seconds within which frames of a video do; 0: time does not count.
        seed: Of the search.
    """

    by: By = "component"
    shares: tuple[float, float, float] = (0.7, 0.15, 0.15)
    tau: float = 0.95
    gap_s: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        train, val, test = self.shares
        if min(train, val) <= 0 or test < 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise UsageError(
                f"shares {', '.join(f'{s:g}' for s in self.shares)}: give those of train, val and "
                "test, with the sum 1; only test may be 0"
            )
        if not self.tau > 0 or not 0 <= self.gap_s < float("inf"):
            raise UsageError("tau must be above 0, and gap-s 0 or more")

    @property
    def names(self) -> tuple[str, ...]:
        """The splits that get something."""
        return tuple(n for n, share in zip(SPLITS, self.shares, strict=True) if share > 0)


@dataclass(frozen=True)
class Split:
    """Labelled frames, split.

    Attributes:
        labelled: The n frames.
        rules: How.
        group: (n,) frames of one group are never parted.
        name: n names of splits.
        before: Earlier splits of frames that were to keep them.
    """

    labelled: Labelled
    rules: Rules
    group: Ints
    name: tuple[str, ...]
    before: Mapping[Key, str] = field(default_factory=dict)

    @cached_property
    def leaks(self) -> list[Leakage]:
        """What leaks, the holdout's included."""
        rules, footage = self.rules, self.labelled.frames.footage
        return leakage(footage, self.name, gap_s=rules.gap_s, tau=rules.tau)

    @cached_property
    def changed(self) -> dict[str, int]:
        """How many frames are in another split than before, by ``val → train`` and the like."""
        pairs = zip(self.labelled.keys, self.name, strict=True)
        moves = [(self.before[key], name) for key, name in pairs if key in self.before]
        return dict(Counter(f"{old} → {new}" for old, new in moves if old != new))

    @cached_property
    def table(self) -> pa.Table:
        """As ``tables.SPLIT``."""
        frames = self.labelled.frames
        columns = [frames.video_no, frames.pts, list(self.name), self.group]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, tables.SPLIT, strict=True)]
        return pa.Table.from_arrays(arrays, schema=tables.SPLIT)

    @cached_property
    def digest(self) -> str:
        """Changes with what was split, and how."""
        about = json.dumps([asdict(self.rules), sorted(self.counts_by_split().items())])
        digest = hashlib.sha256(about.encode())
        for column in self.table.columns:
            digest.update(json.dumps(column.to_pylist()).encode())
        return digest.hexdigest()[:12]

    def counts_by_split(self) -> dict[str, dict[str, float]]:
        """Of each split: its frames, and its boxes of each class (``EMPTY``: empty frames)."""
        names = np.array(self.name)
        columns = ("frames", *(name or "(nothing)" for name in self.labelled.classes))
        return {
            name: dict(zip(columns, self.labelled.counts[names == name].sum(axis=0), strict=True))
            for name in (*SPLITS, HOLDOUT)
            if (names == name).any()
        }

    def write(self, workspace: Workspace) -> Path:
        """Keeps it; the caller has the workspace's lock.

        Returns:
            Its folder.
        """
        folder = workspace.root / "splits" / self.digest
        batches = self.table.combine_chunks().to_batches()
        write_table(folder / "split.parquet", tables.SPLIT, batches)
        told = {
            "format": 1,
            "rules": asdict(self.rules),
            "counts": self.counts_by_split(),
            "leakage": [one.told() for one in self.leaks],
        }
        write_json(folder / "split.json", told)
        return folder

    def lines(self) -> Iterator[str]:
        """For a person: sizes, classes, what leaks, and what to mind."""
        reached = self.counts_by_split()
        total = self.labelled.counts.sum(axis=0)
        groups_of = np.array(self.name)
        for name, counts in reached.items():
            mine = len(np.unique(self.group[groups_of == name]))
            frames = counts["frames"]
            yield (
                f"{name:8}{frames:7,.0f} frames ({frames / total[0]:.1%}) in {mine:,} "
                f"group{'s' if mine != 1 else ''}"
            )
        for column, named in enumerate(self.labelled.classes, 1):
            if total[column]:
                parts = [
                    f"{name} {list(counts.values())[column] / total[column]:.0%}"
                    for name, counts in reached.items()
                ]
                what = "empty frames" if named == EMPTY else f"boxes of {named}"
                yield f"  {total[column]:7,.0f} {what}: {', '.join(parts)}"
        yield from (one.line(self.rules.gap_s, self.rules.tau) for one in self.leaks)
        yield from self.doubts()

    def doubts(self) -> Iterator[str]:
        """For a person: what to mind."""
        found = self.labelled
        largest = np.bincount(self.group).max() / len(found)
        if largest > max(self.rules.shares):
            yield (
                f"  one group holds {largest:.0%} of the frames, more than any split is to have: "
                "raise --tau or lower --gap-s, or label other footage"
            )
        with_holdout = np.array([name == HOLDOUT for name in self.name]) & ~found.held
        counts = [
            (int(with_holdout.sum()), "near neighbours of the holdout, and go with it"),
            (found.gone, "labelled, but their videos are gone: left out"),
            (
                found.between,
                "labelled between sampled frames: compared by the nearest sampled frame",
            ),
        ]
        yield from (f"  {count:,} frames are {text}" for count, text in counts if count)
        for move, count in sorted(self.changed.items()):
            yield f"  {count:,} frames changed sides, {move}: their groups grew together"


def split(labelled: Labelled, rules: Rules, before: Mapping[Key, str] | None = None) -> Split:
    """Splits what is labelled. The same input gives the same split.

    Groups with a frame of the holdout go into ``holdout`` as a whole; of the others each goes into
    one of train, val and test.

    Args:
        labelled: What is split.
        rules: How.
        before: Splits that frames had and keep, with their groups. Of a group that had several,
            train wins over val and val over test.

    Raises:
        UsageError: There are fewer groups than splits.
    """
    group = groups_of(labelled, rules)
    held = _held(labelled, group)
    counts = np.zeros((len(held), labelled.counts.shape[1]))
    np.add.at(counts, group, labelled.counts)
    free = np.flatnonzero(~held)
    shares = [share for share in rules.shares if share > 0]
    where = np.full(len(held), len(rules.names), np.int64)
    fixed = _fixed(labelled, group, rules, before or {})
    where[free] = assign(counts[free], shares, rules.seed, fixed[free])
    names = (*rules.names, HOLDOUT)
    found = tuple(names[at] for at in where[group].tolist())
    return Split(labelled, rules, group, found, before or {})


def undivided(labelled: Labelled, rules: Rules, before: Mapping[Key, str] | None = None) -> Split:
    """All of it in train but what goes with the holdout: where no val can, or shall, be had."""
    group = groups_of(labelled, rules)
    held = _held(labelled, group)[group]
    found = tuple(HOLDOUT if with_holdout else SPLITS[0] for with_holdout in held.tolist())
    return Split(labelled, rules, group, found, before or {})


def groups_of(labelled: Labelled, rules: Rules) -> Ints:
    """(n,) number of each frame's group; see ``groups.groups``."""
    where = None
    if rules.by == "scene":
        where = _scenes(labelled)
    return groups(labelled.frames.footage, rules.by, gap_s=rules.gap_s, tau=rules.tau, scenes=where)


def _held(labelled: Labelled, group: Ints) -> npt.NDArray[np.bool_]:
    """(g,) which groups go with the holdout."""
    held = np.zeros(int(group.max()) + 1, np.bool_)
    held[group[labelled.held]] = True
    return held


def _fixed(labelled: Labelled, group: Ints, rules: Rules, before: Mapping[Key, str]) -> Ints:
    """(g,) split that each group keeps, as a place in ``rules.names``; ``FREE`` for the others."""
    place = {name: at for at, name in enumerate(rules.names)}
    fixed = np.full(int(group.max()) + 1, FREE, np.int64)
    for key, at in zip(labelled.keys, group.tolist(), strict=True):
        kept = place.get(before.get(key, ""), FREE)
        if kept != FREE and (fixed[at] == FREE or kept < fixed[at]):
            fixed[at] = kept
    return fixed


def _scenes(labelled: Labelled) -> Ints:
    """(n,) scene of each labelled frame; one that was not sampled is in that of the one before."""
    sampled, frames = labelled.sampled, labelled.frames
    known = scenes(sampled.footage)
    found = np.empty(len(frames), np.int64)
    for at, (video_no, t_s) in enumerate(zip(frames.video_no, frames.t_s, strict=True)):
        mine = np.flatnonzero(sampled.video_no == video_no)
        before = int(np.searchsorted(sampled.t_s[mine], t_s + 1e-9)) - 1
        # a video that was not sampled at all is a scene of its own, with a number below all others
        found[at] = known[mine[max(0, before)]] if len(mine) else -1 - int(video_no)
    return found


def parsed_shares(text: str) -> tuple[float, float, float]:
    """``0.7,0.15,0.15``, or ``0.8,0.2`` without a test split.

    Raises:
        UsageError: It is neither.
    """
    try:
        numbers: Sequence[float] = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 2:
        numbers = [*numbers, 0.0]
    if len(numbers) != 3:
        raise UsageError(
            f"--share {text!r}: write the shares of train, val and test: 0.7,0.15,0.15"
        )
    return numbers[0], numbers[1], numbers[2]
