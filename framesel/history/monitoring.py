"""Metrics for those who watch a workspace: Prometheus' text format, and the same as JSON.

Both hold present values and no times: a run that changes nothing changes neither. What picks up
text files for Prometheus (node_exporter's textfile collector and the like) reads ``metrics.prom``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesel import planning, tables
from framesel.catalog import Catalog
from framesel.history.turn import History, Turn
from framesel.recipe import Recipe
from framesel.workspace import Workspace, write_bytes, write_json

PREFIX = "framesel_"
LONGEST = 200
"""Characters of a label's value: names of classes come from outside."""


@dataclass(frozen=True)
class Sample:
    """One number.

    Attributes:
        name: Of the metric, without the prefix.
        help: What it is.
        value: The number; nan where it is not known.
        labels: What it is of.
    """

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def of_run(workspace: Workspace, recipe: Recipe) -> Iterator[Sample]:
    """Of the footage: videos, frames, failures."""
    catalog = Catalog(workspace)
    steps = planning.plan(workspace, recipe)
    yield Sample("videos", "Videos and images that are there.", len(catalog.live))
    frames = next(step for step in steps if step.name == "frames")
    paths = workspace.stage("frames", frames.key).glob("s[0-9]*.parquet")
    rows = sum(tables.footer(path)["rows"] for path in paths)
    yield Sample("frames", "Frames that were sampled, companions included.", rows)
    failed = planning.failures(workspace, steps)
    for stage in ("catalog", *(step.name for step in steps)):
        count = sum(row["stage"] == stage for row in failed)
        yield Sample("failures", "Files or parts that failed.", count, (("stage", stage),))


def of_history(found: History) -> Iterator[Sample]:
    """Of all rounds: the newest value of everything that a round has."""
    newest: dict[tuple[str, object], Sample] = {}
    for turn in found.turns:
        newest |= {(one.name, one.labels): one for one in of_turn(turn)}
    yield from newest.values()
    if found.advice is not None:
        stop = float(found.advice.stop)
        yield Sample("stop_recommended", "1 if another round is not worth it.", stop)


def of_turn(turn: Turn) -> Iterator[Sample]:
    """Of one round."""
    labels = turn.labelled
    yield Sample("round", "Number of the round.", turn.number)
    yield Sample("picks", "Frames that were picked in the round.", turn.picks)
    yield Sample("labelled_frames", "Labelled frames outside the holdout.", labels.frames)
    yield Sample("labelled_holdout_frames", "Labelled frames of the holdout.", labels.held_frames)
    yield Sample("labelling_seconds", "Told by tools, or estimated.", labels.cost_s)
    for name, count in (labels.by_class or {}).items():
        yield Sample("labelled_boxes", "Boxes in labelled frames.", count, (("class", name),))
    for frames, metrics in ({} if turn.measured is None else turn.measured.sets).items():
        for metric in ("map50", "map50_95"):
            for bound, value in getattr(metrics, metric)._asdict().items():
                what = (("frames", frames), ("bound", bound))
                yield Sample(metric, "Mean average precision; 95 % interval.", value, what)
    if turn.agreement is not None:
        f1 = turn.agreement.f1
        yield Sample("model_agreement", "F1 agreement of a model with the one before.", f1)
    yield from _of_choice(turn)


def _of_choice(turn: Turn) -> Iterator[Sample]:
    seen, trust, known = turn.uncertainty, turn.trust, turn.coverage
    if seen is not None:
        ratio = "Mean utility of picks, divided by that of frames drawn at random."
        yield Sample("picked_against_random", ratio, seen.ratio)
        yield Sample("pool_utility", "Mean utility of all frames.", seen.pool)
        yield Sample("pool_error", "Mean chance of an error over all frames.", seen.error)
    if trust is not None:
        auroc = "How well the utility tells frames with an error from others."
        yield Sample("utility_auroc", auroc, trust.auroc)
        trusted = float(trust.trusted)
        yield Sample("utility_trusted", "1 if the selection follows the utility.", trusted)
    if known is not None:
        far = "Share of the footage that is far from all labels and picks."
        yield Sample("uncovered", far, known.uncovered)


def write(folder: Path, samples: Iterable[Sample]) -> None:
    """Leaves ``metrics.prom`` and ``metrics.json`` in a folder."""
    listed = list(samples)
    write_bytes(folder / "metrics.prom", prometheus(listed))
    write_json(folder / "metrics.json", as_json(listed))


def prometheus(samples: Iterable[Sample]) -> bytes:
    """In Prometheus' text format, version 0.0.4; the library escapes what stands in labels."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for one in samples:
        labels = {name: _text(value) for name, value in one.labels}
        if one.name not in gauges:
            gauges[one.name] = Gauge(PREFIX + one.name, one.help, list(labels), registry=registry)
        gauge = gauges[one.name]
        (gauge.labels(**labels) if labels else gauge).set(one.value)
    return bytes(generate_latest(registry))


def as_json(samples: Iterable[Sample]) -> dict[str, list[dict[str, Any]]]:
    """By name, each a list of values with their labels; null for what is not known."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in samples:
        labels = {name: _text(value) for name, value in one.labels}
        value = one.value if math.isfinite(one.value) else None
        found.setdefault(one.name, []).append({**labels, "value": value})
    return found


def _text(value: str) -> str:
    """A text from outside as UTF-8 can hold it, not too long."""
    return value[:LONGEST].encode("utf-8", "replace").decode("utf-8")
