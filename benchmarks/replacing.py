"""Replacing a rejected pick: how long a reviewer waits for the next best frame.

    python benchmarks/replacing.py
    python benchmarks/replacing.py --workspace WS --k 500 --most 5

Frames are chosen by `cover` with a limit per video. Then picks are rejected one after another, in
random order; each one's replacement becomes a pick. Printed are the time to get ready, and median
and largest time of a replacement.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from vector_sets import VectorSet, add_arguments, from_arguments

from framesel.continuation import extended
from framesel.replacer import Replacer
from framesel.rounds.verdicts import Verdicts
from framesel.stages.gathered import Dataset
from framesel.stages.picked import table
from framesel.stages.pool import Pool
from framesel.stages.reviewer import Said
from framesel.stages.selection import Selection
from framesel.stages.texts import Texts

FRAMES_PER_S = 2.0


def pool_of(data: VectorSet) -> Pool:
    """A pool in which every frame stands for itself."""
    n = len(data.vectors)
    starts = np.flatnonzero(np.diff(data.video_no, prepend=-1))
    index = np.arange(n) - np.repeat(starts, np.diff(starts, append=n))
    t_s = index / FRAMES_PER_S
    columns: dict[str, NDArray[Any]] = {
        "video_no": data.video_no.astype(np.int32),
        "pts": index.astype(np.int64),
        "index": index.astype(np.int32),
        "t_s": t_s,
    }
    frames = Dataset(columns, data.vectors)
    known = {"metadata": {"video": np.char.add("video ", data.video_no.astype(str))}}
    no, everything = np.zeros(n, np.bool_), np.arange(n)
    return Pool(
        data=frames,
        rejected=Texts(np.array([""]), np.zeros(n, np.uint8)),
        keeper=everything,
        let_in=0,
        revived=no,
        objected=no,
        mass=np.ones(n),
        start_s=t_s,
        end_s=t_s,
        before=np.empty(0, np.int64),
        crowded=no,
        held=no,
        said=Said.of(Verdicts(), frames),
        rows=everything,
        weight=np.ones(n, np.float32),
        known=known,
    )


def select(found: Pool, stage: Selection, budget: int) -> pa.Table:
    """The picks of a stage."""
    seeds = found.data.vectors[:0]
    rng = np.random.default_rng(stage.seed)
    return table(found, stage.strategy.select(found.candidates, budget, seeds, stage.limits, rng))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_arguments(parser)
    parser.add_argument("--k", type=int, default=500, help="picks")
    parser.add_argument("--most", type=int, default=2, help="picks of a video, at most")
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between picks of a video")
    parser.add_argument("--rejected", type=int, default=100, help="picks that are rejected")
    options = parser.parse_args()
    data = from_arguments(options)
    print(f"{data.origin}: {len(data.vectors)} x {data.vectors.shape[1]}")
    found = pool_of(data)
    limits = {"per_video": {"max": options.most}, "gap_s": options.gap}
    stage = Selection.model_validate({"budget": options.k, "limits": limits})
    began = time.perf_counter()
    picks = select(found, stage, options.k)
    print(f"{picks.num_rows} picks of cover: {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    frames = max(50, picks.num_rows // 2)
    replacer = Replacer(found, stage, lambda n: extended(found, stage, picks, n), frames)
    print(f"the next {frames} of them: {time.perf_counter() - began:.1f} s")
    report(replacer, picks, options.rejected)


def report(replacer: Replacer, picks: pa.Table, rejected: int) -> None:
    """Rejects picks and prints how long that took."""
    stay = list(zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True))
    gone: list[tuple[int, int]] = []
    order = np.random.default_rng(0).permutation(len(stay))[:rejected]
    took, ahead = [], 0
    for at in order.tolist():
        out = stay[at]
        others = [key for key in stay if key != out]
        began = time.perf_counter()
        row = replacer.next(out, others, gone)
        took.append(1e3 * (time.perf_counter() - began))
        gone.append(out)
        if row is None:
            stay = others
            break
        ahead += "next best of" in row["reason"]
        stay[at] = (row["video_no"], row["pts"])
    print(
        f"{len(took)} replacements, {ahead} of them next best: median "
        f"{statistics.median(took[1:]):.2f} ms, most {max(took[1:]):.2f} ms "
        f"(the first, which compiles: {took[0]:.0f} ms)"
    )


if __name__ == "__main__":
    main()
