"""A prediction as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from framesel.foresight.costs import off_by
from framesel.foresight.prediction import Change, Prediction, Row

HEAD = ("stage", "works on", "workers", "time", "of it start", "disk", "memory")
BESIDE = ("stage", "predicted", "true", "factor")

CHANGES = 3
"""That are named."""


def table(found: Prediction) -> list[tuple[str, ...]]:
    """A row for each stage, and their sum."""
    rows: list[tuple[str, ...]] = [_row(row) for row in found.rows]
    total = ("total", "", "", duration(found.seconds), "", size(found.disk), size(found.memory))
    return [*rows, total]


def beside(found: Prediction) -> list[tuple[str, ...]]:
    """Prediction and truth, stage by stage, as far as a run has come."""
    rows = []
    for row in found.rows:
        true = found.taken.get(row.stage)
        if true is not None:
            rows.append(_pair(row.stage, row.seconds, true))
    known = [row.seconds for row in found.rows if row.stage in found.taken]
    rows.append(_pair("total", sum(known), sum(found.taken.values())))
    return rows


def lines(found: Prediction) -> Iterator[str]:
    """What dominates, what would change it, and what will not do."""
    if found.rows:
        yield _dominates(found)
    for change in found.changes[:CHANGES]:
        yield _change(change, found)
    yield from warnings(found)
    yield from found.notes


def warnings(found: Prediction) -> Iterator[str]:
    """Where disk or memory will not do."""
    if found.disk > found.free_disk:
        yield (
            f"warning: {size(found.disk)} will be written and {size(found.free_disk)} are free: "
            "take another disk, fewer frames (frames.sample) or smaller pictures (frames.store_px)"
        )
    if found.memory > found.free_memory:
        yield (
            f"warning: {size(found.memory)} of memory will be taken and "
            f"{size(found.free_memory)} are free: lower run.workers or run.memory_gb"
        )


def duration(seconds: float) -> str:
    """Short enough for a table."""
    if seconds < 99.5:
        return f"{seconds:.1f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def size(amount: float) -> str:
    """Bytes, likewise."""
    for unit, name in ((1e12, "TB"), (1e9, "GB")):
        if amount >= unit:
            return f"{amount / unit:.1f} {name}"
    return f"{amount / 1e6:,.0f} MB"


def _row(row: Row) -> tuple[str, ...]:
    return (
        row.stage,
        f"{row.amount:,.0f} {row.of}",
        str(row.workers) if row.workers else "",
        duration(row.seconds),
        duration(row.start_s) if row.start_s else "",
        size(row.disk) if row.disk else "",
        size(row.memory) if row.memory else "",
    )


def _pair(name: str, predicted: float, true: float) -> tuple[str, ...]:
    factor = f"{off_by(predicted, true):.2f}" if min(predicted, true) > 0 else ""
    return name, duration(predicted), duration(true), factor


def _dominates(found: Prediction) -> str:
    first = max(found.rows, key=lambda row: row.seconds)
    share = first.seconds / found.seconds if found.seconds else 0.0
    starting = sum(row.start_s for row in found.rows)
    told = f"{first.stage} takes most: {share:.0%} of the time"
    if starting > 0.5 * found.seconds:
        return f"{told}; {starting / found.seconds:.0%} of all is programs and models that start"
    return told


def _change(change: Change, found: Prediction) -> str:
    told = " ".join(
        f'--set "{text}"' if " " in text else f"--set {text}" for text in change.settings
    )
    saved = 1.0 - change.seconds / found.seconds
    disk = f", {size(change.disk)} on disk" if change.disk < 0.9 * found.disk else ""
    return f"{told} {change.why}: {duration(change.seconds)} in all ({saved:.0%} less){disk}"
