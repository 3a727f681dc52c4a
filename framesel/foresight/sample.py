"""A little footage that stands for all of it: pieces of each kind, as a workspace of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from framesel import catalog
from framesel.backbones import batch_of
from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.foresight.expected import length_s
from framesel.foresight.pieces import Found, Look, LookTask, Piece
from framesel.recipe import Recipe
from framesel.runners.local import LocalRunner
from framesel.workspace import Workspace

SHARDS = 24
"""Of the sample; measuring ends before the last where time is up."""

FEWEST = 16
"""Frames of a shard, about, at least."""

WASTE = 0.2
"""Share of the frames of a shard by which its last batch may have to be filled up."""

MOST_S = 60.0
"""Of footage in a shard, about."""

VIDEOS_OF_A_KIND = 8
MOST_BYTES = 1e9
"""Of the files of a kind that are looked at, unless one is larger: packets are read from disk."""


@dataclass(frozen=True)
class Measure:
    """One shard of the sample, all of one kind of footage.

    Attributes:
        kind: See ``kinds``.
        seconds: Of footage.
        opened: Of each video that it is cut from: path, packets that are in no piece of the shard.
    """

    kind: str
    seconds: float
    opened: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Sample:
    """The pieces as a workspace, and what each shard of it is.

    Attributes:
        workspace: With a catalog and nothing else.
        shards: By number.
        index_s: Seconds to read the place of one packet of a file.
        packets: Of each file.
        group_s: Seconds from keyframe to keyframe.
    """

    workspace: Workspace
    shards: Mapping[int, Measure]
    index_s: float
    packets: Mapping[str, int]
    group_s: float


def take_sample(seen: Catalog, kinds: Mapping[int, str], recipe: Recipe, folder: Path) -> Sample:
    """Chooses pieces and writes them down as the catalog of a workspace.

    Every piece counts as a video of its own.

    Args:
        seen: All of the input.
        kinds: Of each live video its kind.
        recipe: What will be done.
        folder: For the sample's workspace.

    Raises:
        StageError: None of the videos that were looked at can be read.
    """
    embeddings = recipe.embeddings
    batch = max(FEWEST, batch_of(embeddings.batch, embeddings.runtime(recipe.run)))
    looks = list(_looks(seen, kinds, batch))
    workers = min(recipe.run.worker_count(LookTask.takes.gb), len(looks))
    runner = LocalRunner(workers, recipe.run.hang_s)
    found: dict[int, Found] = {}
    for outcome in runner.map(LookTask(recipe.frames.sample), looks):
        if outcome.payload is not None:
            found[int(outcome.key)] = outcome.payload
    if not found:
        raise StageError(
            f"none of the {len(looks)} videos of the sample can be read: `framesel run` says why"
        )
    workspace = Workspace.create(folder)
    rows: list[dict[str, Any]] = []
    shards: dict[int, Measure] = {}
    for number, (kind, group) in enumerate(_in_turn(found, kinds, batch)):
        if number == SHARDS:
            break
        shards[number] = _measure(kind, group, found, seen)
        for video_no, piece in group:
            rows.append(_row(seen.videos[video_no], piece, len(rows), number))
    catalog.append(workspace, rows)
    catalog.write_sources(workspace, [_source(row) for row in rows])
    timed = [f for f in found.values() if f.index_s]
    packets = sum(f.packets for f in timed)
    index_s = sum(f.index_s for f in timed) / packets if packets else 0.0
    sizes = {str(seen.videos[v]["path"]): f.packets for v, f in found.items() if f.index_s}
    lengths = sum(length_s(seen.videos[v]) for v in found)
    group_s = lengths / sum(f.groups for f in found.values())
    return Sample(workspace, shards, index_s, sizes, group_s)


def _looks(seen: Catalog, kinds: Mapping[int, str], batch: int) -> Iterator[Look]:
    """Some videos of each kind, by chance that is always the same."""
    members: dict[str, list[int]] = defaultdict(list)
    for video_no in sorted(seen.live):
        members[kinds[video_no]].append(video_no)
    rng = np.random.default_rng(0)
    for group in members.values():
        still = seen.videos[group[0]]["kind"] == "image"
        order = [group[i] for i in rng.permutation(len(group)).tolist()]
        order.sort(key=lambda v: seen.videos[v]["bytes"] > MOST_BYTES / VIDEOS_OF_A_KIND)
        upto = np.cumsum([seen.videos[v]["bytes"] for v in order])
        most = VIDEOS_OF_A_KIND * (batch if still else 1)
        chosen = order[: max(1, min(most, int((upto <= MOST_BYTES).sum())))]
        wanted = -(-SHARDS // len(chosen))
        for video_no in chosen:
            yield Look(seen.videos[video_no], wanted, batch)


Cut = tuple[int, Piece]
"""A piece, and the video that it is of."""


def _in_turn(
    found: Mapping[int, Found], kinds: Mapping[int, str], batch: int
) -> Iterator[tuple[str, list[Cut]]]:
    """Shards of about a batch of frames, one of each kind after the other."""
    by_kind: dict[str, list[Cut]] = defaultdict(list)
    for turn in zip_longest(*([(v, p) for p in f.pieces] for v, f in found.items())):
        for cut in turn:
            if cut is not None:
                by_kind[kinds[cut[0]]].append(cut)
    filled = [[(kind, group) for group in _filled(cuts, batch)] for kind, cuts in by_kind.items()]
    for row in zip_longest(*filled):
        yield from (shard for shard in row if shard is not None)


def _filled(cuts: Iterable[Cut], batch: int) -> Iterator[list[Cut]]:
    group: list[Cut] = []
    for cut in cuts:
        group.append(cut)
        frames = sum(p.frames for _, p in group)
        # batches are filled up with nothing: few frames more than whole ones would seem to cost
        # what many do
        whole = frames > 0 and -frames % batch <= WASTE * frames
        if whole or sum(p.seconds for _, p in group) >= MOST_S:
            yield group
            group = []
    if group:
        yield group


def _measure(kind: str, group: list[Cut], found: Mapping[int, Found], seen: Catalog) -> Measure:
    inside: dict[int, int] = defaultdict(int)
    for video_no, piece in group:
        inside[video_no] += piece.packets
    opened = tuple(
        (str(seen.videos[v]["path"]), max(0, found[v].packets - n)) for v, n in inside.items()
    )
    seconds = sum(piece.seconds for _, piece in group)
    return Measure(kind, seconds, opened)


def _row(video: Mapping[str, Any], piece: Piece, number: int, shard: int) -> dict[str, Any]:
    named = {name: video[name] for name in video if name != "metadata"}
    return {
        **named,
        "video_no": number,
        "shard": shard,
        "digest": f"{number:032x}",
        "start_pts": piece.start_pts,
        "end_pts": piece.end_pts,
    }


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in ("path", "bytes", "mtime_ns", "video_no")}
    return {**known, "error": None, "metadata": "{}"}
