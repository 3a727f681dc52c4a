"""Near-duplicates: framesel against `faiss.IndexFlatIP.range_search`, in one process, interleaved.

    python benchmarks/near_duplicates.py
    python benchmarks/near_duplicates.py --vectors drone.npy --video-no drone_no.npy --tau 0.98

Both get the same vectors and the same threshold. FAISS gives all pairs; the leader rule on top of
them, which it would still need, is not part of its time but is applied to check that the result is
the same. `--queries` lets FAISS search for so many rows only, evenly spaced, and scales its time
(`--n 1000000 --queries 5000`). Then it is checked that no searched row of ours that is kept has a
kept row at tau or above, and that each one that is dropped has its keeper there: recall 1.

Memory is what the process has grown by at its peak while our call ran, the vectors aside.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from vector_sets import VectorSet, add_arguments, from_arguments, interleaved, print_table

from framesel import near_duplicates
from framesel.selection.duplicates.near_duplicates import Duplicates


def leader_on_pairs(
    limits: NDArray[np.int64], cosines: NDArray[np.float32], others: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keeper of each row by the leader rule in row order, from the list of all pairs."""
    n = len(limits) - 1
    keeper = np.arange(n)
    for row in range(n):
        part = slice(limits[row], limits[row + 1])
        near, score = others[part], cosines[part]
        mask = (near < row) & (keeper[near] == near)
        if mask.any():
            best = score[mask].max()
            keeper[row] = near[mask][score[mask] == best].min()
    return keeper


def borderline(data: VectorSet, tau: float, cosines: NDArray[np.float32]) -> int:
    """Pairs so close to tau that two ways of adding up may differ about them."""
    return int((np.abs(cosines - tau) < 1e-6).sum())


def unfaithful(
    found: Duplicates,
    rows: NDArray[np.int64],
    limits: NDArray[np.int64],
    cosines: NDArray[np.float32],
    others: NDArray[np.int64],
) -> int:
    """Searched rows that are kept beside a kept row, or dropped without their keeper near.

    Pairs within 1e-6 of the threshold are on neither side.
    """
    wrong = 0
    tau = float(cosines.min(initial=1.0))
    for at, row in enumerate(rows):
        part = slice(limits[at], limits[at + 1])
        near, score = others[part], cosines[part]
        if found.kept[row]:
            wrong += bool((found.kept[near] & (near != row) & (score > tau + 1e-6)).any())
        else:
            wrong += bool(found.keeper[row] not in near and found.cos[row] > tau + 1e-6)
    return wrong


def growth_gib(call: Callable[[], object]) -> float:
    """How much more memory the process holds at its peak during a call than before it (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _status_kib("VmRSS")
    call()
    return (_status_kib("VmHWM") - before) / 2**20


def _status_kib(name: str) -> int:
    """A number of the kernel's about this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_arguments(parser)
    parser.add_argument("--tau", type=float, default=0.95)
    parser.add_argument("--queries", type=int, help="rows that FAISS searches for; default all")
    parser.add_argument("--by-video", action="store_true", help="two levels: videos, then across")
    parser.add_argument(
        "--tau-across", type=float, help="videos apart, joined where frames are copies from this on"
    )
    options = parser.parse_args()
    data = from_arguments(options)
    n = len(data.vectors)
    queries = min(options.queries or n, n)
    rows = np.arange(queries) * n // queries
    video_no = data.video_no if options.by_video or options.tau_across else None

    def ours() -> Duplicates:
        return near_duplicates(
            data.vectors, options.tau, video_no=video_no, tau_across=options.tau_across
        )

    near_duplicates(data.vectors[:3000], options.tau)  # compiles
    growth = growth_gib(ours)
    index = faiss.IndexFlatIP(data.vectors.shape[1])
    index.add(data.vectors)
    seconds, results = interleaved(
        {
            "framesel.near_duplicates": ours,
            "faiss.IndexFlatIP.range_search": lambda: index.range_search(
                data.vectors[rows], options.tau
            ),
        },
        options.runs,
    )
    found, (limits, cosines, others) = results.values()
    print(f"{data.origin}: {n} x {data.vectors.shape[1]}, tau {options.tau}, {options.runs} runs")
    print(f"kept {int(found.kept.sum())}, shots {len(np.unique(found.shot))}")
    print(f"pairs for each row {limits[-1] / queries:.1f}")
    print_table(seconds, {"faiss.IndexFlatIP.range_search": n / queries})
    if queries == n and video_no is None:
        keeper = leader_on_pairs(limits.astype(np.int64), cosines, others)
        kept = keeper == np.arange(n)
        print(f"kept sets differ in {int((kept != found.kept).sum())} frames")
        print(f"keepers differ in {int((keeper != found.keeper).sum())} frames")
        print(f"pairs within 1e-6 of tau: {borderline(data, options.tau, cosines)}")
    elif video_no is None:
        wrong = unfaithful(found, rows, limits.astype(np.int64), cosines, others)
        print(f"searched rows with another answer: {wrong} of {queries}")
    size = data.vectors.nbytes / 2**30
    print(
        f"vectors {size:.2f} GiB; peak grew by {growth:.2f} GiB beside them: "
        f"{1 + growth / size:.2f} times the vectors in all"
    )


if __name__ == "__main__":
    main()
