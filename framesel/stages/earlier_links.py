"""Which shots show copies, kept beside the duplicates, so that new footage alone is looked for.

Shards are numbered in order of arrival. If the first of them are those of an earlier run of the
same stage, with the same tables before it, their shots have the same numbers and show the same
copies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from framesel import table_files, tables
from framesel.stage import GatherInputs

if TYPE_CHECKING:
    from framesel.selection.duplicates.joining import Earlier, Joined
    from framesel.stages.decided_shots import Home

NAME: Final = "links"
_SHARDS: Final = "shards"
_SHOTS: Final = "shots"


def links_table(inputs: GatherInputs, joined: Joined, homes: Sequence[Home]) -> pa.Table:
    """What a later run needs to know."""
    known = {
        _SHARDS: json.dumps(list(_shards(inputs))),
        _SHOTS: json.dumps([home.end_shot for home in homes]),
    }
    columns = {name: pa.array(joined.links[:, at], pa.int64()) for at, name in enumerate("ab")}
    return pa.table(columns).replace_schema_metadata(
        {tables.PREFIX + name: text for name, text in known.items()}
    )


def earlier_links(
    inputs: GatherInputs, stage: str, needs: Sequence[str], homes: Sequence[Home]
) -> Earlier:
    """What the earlier run knew that had most of today's footage and nothing else."""
    from framesel.selection.duplicates.joining import NOTHING, Earlier

    today, most, best = list(_shards(inputs)), 0, None
    wanted = {name: inputs.keys[name] for name in needs}
    own, _, _ = inputs.keys[stage].partition("-")
    folder = inputs.workspace.stage(stage, inputs.keys[stage])
    for path in sorted(folder.parent.glob(f"{own}-*/{NAME}.parquet")):
        if path.parent == folder or not (path.parent / "all.parquet").exists():
            continue
        known = tables.footer(path)
        if known["inputs"] != wanted:
            continue
        shards: list[Any] = known[_SHARDS]
        if len(shards) > most and shards == today[: len(shards)]:
            most, best = len(shards), path
    if best is None or tables.footer(best)[_SHOTS] != [home.end_shot for home in homes[:most]]:
        return NOTHING
    return Earlier(_read(best), homes[most - 1].end_shot)


def _read(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    table = table_files.read(path, columns=["a", "b"])
    return np.stack([table[name].to_numpy() for name in "ab"], axis=1).astype(np.int64)


def _shards(inputs: GatherInputs) -> Iterator[list[Any]]:
    """Number and digest of the live parts of each shard."""
    for shard in inputs.catalog.shards:
        text = json.dumps([list(part) for part in shard.parts])
        yield [shard.number, hashlib.sha256(text.encode()).hexdigest()[:16]]
