"""Limits hold whenever they can, on many small instances, against a program of the whole."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, milp

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.compile_limits import compile_limits
from framesel.selection.limits.room import Room
from framesel.selection.limits.rules import Bounds, Rule
from framesel.selection.limits.settings import Limits

CLASSES = ("person", "bear", "car")
CAMERAS = ("north", "south", "east")


@dataclass(frozen=True)
class Case:
    """A small instance."""

    candidates: Candidates
    budget: int
    limits: Limits
    order: np.ndarray


def span(rng: np.random.Generator, least: int, most: int) -> dict[str, int]:
    """Sometimes a minimum, sometimes a maximum, sometimes both."""
    low, high = np.sort(rng.integers(0, [least + 1, most + 1]))
    kind = rng.integers(3)
    return {**({"min": int(low)} if kind != 1 else {}), **({"max": int(high)} if kind else {})}


def draw(seed: int, *, minima: bool = True) -> Case:
    """An instance that may or may not have a choice."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 26))
    counts = (rng.random((n, 3)) < rng.random(3)) * rng.integers(1, 5, (n, 3))
    candidates = Candidates(
        np.tile(np.array([[1, 0]], np.float32), (n, 1)),
        video_no=rng.integers(0, rng.integers(1, 5), n),
        pts_s=rng.integers(0, 30, n) / 10,
        class_counts=counts,
        classes=CLASSES,
        metadata={"camera": np.concatenate([CAMERAS, rng.choice([*CAMERAS, ""], n - 3)])},
    )
    given = {
        "gap_s": float(rng.choice([0, 0.2, 0.5, 1.0])),
        "per_video": span(rng, 4, 5),
        "classes": {name: span(rng, 5, 6) for name in CLASSES if rng.random() < 0.5},
        "metadata": {
            "camera": {name: span(rng, 4, 5) for name in (*CAMERAS, "*") if rng.random() < 0.3}
        },
        "boxes": float(rng.integers(4, 40)) if rng.random() < 0.4 else None,
        "labelling": {"most_s": float(rng.integers(40, 300))} if rng.random() < 0.3 else None,
    }
    if not minima:
        spans = [given["per_video"], *given["classes"].values()]
        for part in (*spans, *given["metadata"]["camera"].values()):
            part.pop("min", None)
    return Case(
        candidates, int(rng.integers(1, n + 1)), Limits.model_validate(given), rng.permutation(n)
    )


def broken(case: Case, rows: list[int]) -> list[str]:
    """What a choice breaks, straight from the settings; minima of each-of-many left out."""
    candidates, limits = case.candidates, case.limits
    faults = []
    times, videos = candidates.pts_s[rows], candidates.video_no[rows]
    for video in np.unique(videos):
        gaps = np.diff(np.sort(times[videos == video]))
        if limits.gap_s and (gaps < limits.gap_s - 1e-9).any():
            faults.append("gap")
        if limits.per_video.max is not None and (videos == video).sum() > limits.per_video.max:
            faults.append("video")
    counts, cameras = candidates.class_counts[rows], candidates.metadata["camera"][rows]
    for name, part in limits.classes.items():
        seen = int((counts[:, CLASSES.index(name)] > 0).sum())
        if seen < part.min or seen > (part.max if part.max is not None else seen):
            faults.append(name)
    named = limits.metadata["camera"]
    for camera in CAMERAS:
        part = named.get(camera, named.get("*"))
        seen = int((cameras == camera).sum())
        if part is not None and part.max is not None and seen > part.max:
            faults.append(f"most of {camera}")
        if camera in named and seen < named[camera].min:
            faults.append(f"least of {camera}")
    boxes = float(counts.sum())
    if limits.boxes is not None and boxes > limits.boxes:
        faults.append("boxes")
    if limits.labelling and len(rows) * 8 + boxes * 4 > limits.labelling.most_s:
        faults.append("labelling")
    return faults + (["budget"] if len(rows) > case.budget else [])


def has_choice(bounds: Bounds) -> bool:
    """Ask a solver for all candidates at once, pairs in place of windows."""
    lines, low, high = [np.ones(bounds.n)], [0.0], [float(bounds.budget)]
    for rule in bounds.rules:
        lines.append(np.isin(np.arange(bounds.n), rule.rows).astype(float))
        low.append(rule.low)
        high.append(rule.high)
    for knapsack in bounds.knapsacks:
        lines.append(knapsack.cost)
        low.append(0)
        high.append(knapsack.most + 1e-6)
    for row in range(bounds.n) if bounds.spacing else ():
        for other in bounds.spacing.around(row):
            if other > row:
                lines.append(np.isin(np.arange(bounds.n), [row, other]).astype(float))
                low.append(0)
                high.append(1)
    ones = np.ones(bounds.n)
    found = milp(
        ones, integrality=ones, bounds=Box(0, 1), constraints=LinearConstraint(lines, low, high)
    )
    return found.x is not None


def short_of_each(case: Case, bounds: Bounds, rows: list[int]) -> list[str]:
    """Minima that speak of each of many and were not met."""
    return [rule.text for rule in bounds.rules if np.isin(rule.rows, rows).sum() < rule.low]


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_instances(block: int) -> None:
    outcomes = []
    for seed in range(block * 100, block * 100 + 100):
        case = draw(seed)
        bounds = compile_limits(case.candidates, case.budget, case.limits)
        possible = has_choice(bounds)
        outcomes.append(possible)
        if not possible:
            with pytest.raises(SelectionError):
                Room(case.candidates, case.budget, case.limits)
            continue
        room = Room(case.candidates, case.budget, case.limits)
        chosen = greedy(Ranked(case.order), room)
        rows = chosen.rows.tolist()
        assert broken(case, rows) == [], f"seed {seed}"
        assert short_of_each(case, bounds, rows) == [], f"seed {seed}"
    assert 20 < sum(outcomes) < 95


def test_nothing_is_refused_for_a_minimum_that_could_be_had() -> None:
    refused = 0
    for seed in range(120):
        case = draw(seed)
        bounds = compile_limits(case.candidates, case.budget, case.limits)
        if not has_choice(bounds):
            continue
        room = Room(case.candidates, case.budget, case.limits)
        taken: list[int] = []
        for row in map(int, case.order[: min(8, room.budget)]):
            if room.take(row):
                taken.append(row)
            else:
                refused += 1
                assert not has_choice(forcing(bounds, [*taken, row])), f"seed {seed}"
        assert has_choice(forcing(bounds, taken)), f"seed {seed}"
    assert refused > 50


def forcing(bounds: Bounds, rows: list[int]) -> Bounds:
    """The same limits, and these rows must be picked."""
    must = Rule("must", "must", np.unique(rows), len(rows), len(rows))
    return Bounds(bounds.n, bounds.budget, (*bounds.rules, must), bounds.knapsacks, bounds.spacing)
