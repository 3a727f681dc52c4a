"""The lists of an export: which picture is which frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from framesel.rounds.decision import Box
from framesel.workspace import write_bytes, write_table


def write_lists(folder: Path, picks: pa.Table) -> None:
    """picks.parquet and picks.csv, of those pictures that are there."""
    there = (
        {p.name for p in (folder / "images").iterdir()} if (folder / "images").exists() else set()
    )
    picks = picks.filter(pa.array([n in there for n in picks["image"].to_pylist()], pa.bool_()))
    write_table(folder / "picks.parquet", picks.schema, picks.combine_chunks().to_batches())
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(_flat(picks), sink)
    write_bytes(folder / "picks.csv", sink.getvalue().to_pybytes())


def boxes(blurs: str) -> tuple[Box, ...]:
    """What is blurred in a picture, from the column ``blurs`` of its list."""
    return tuple(tuple(box) for box in json.loads(blurs)) if blurs else ()


def _flat(picks: pa.Table) -> pa.Table:
    """The same with texts in place of the parts of the gain and of tags: CSV has no lists."""
    tell: dict[str, Callable[[Any], str]] = {
        "terms": lambda terms: "; ".join(f"{k} {v:.6g}" for k, v in terms),
        "tags": "; ".join,
    }
    for name, text in tell.items():
        if name in picks.column_names:
            texts = pa.array([text(value) for value in picks[name].to_pylist()], pa.string())
            picks = picks.set_column(picks.column_names.index(name), name, texts)
    return picks
