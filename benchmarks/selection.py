"""Selection: framesel against the usual ways to do the same, in one process, interleaved.

    python benchmarks/selection.py
    python benchmarks/selection.py --vectors drone.npy --video-no drone_video_no.npy --k 1000

k-center is compared with a farthest-first that scans all frames with one BLAS product for each
pick, and with scikit-activeml, whose time grows with the number of picks: it is measured for
`--peer-k` picks and scaled (0 leaves it out; it keeps the distances of each pick to all frames).
Facility location (on the first `--covered` frames of an even spacing) is compared with a plain
greedy on a stored similarity matrix, evaluating every candidate for every pick. It is printed how
many picks are the same.
"""

from __future__ import annotations

import argparse
import importlib.util
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from vector_sets import add_arguments, from_arguments, interleaved, print_table

from framesel import select

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


def blas_farthest_first(vectors: Vectors, k: int, start: int) -> Rows:
    """Farthest-first with one matrix-vector product over all frames for each pick."""
    rows = np.empty(k, np.int64)
    rows[0] = start
    nearest = vectors @ vectors[start]
    nearest[start] = np.inf
    for rank in range(1, k):
        row = int(nearest.argmin())
        rows[rank] = row
        np.maximum(nearest, vectors @ vectors[row], out=nearest)
        nearest[row] = np.inf
    return rows


def plain_facility_location(vectors: Vectors, k: int) -> Rows:
    """Greedy coverage on the stored similarity matrix, every gain for every pick."""
    cosines = vectors @ vectors.T
    cover = np.zeros(len(vectors), np.float32)
    rows = np.empty(k, np.int64)
    for rank in range(k):
        gains = np.maximum(cosines - cover, 0.0).sum(axis=1, dtype=np.float64)
        gains[rows[:rank]] = -1.0
        rows[rank] = gains.argmax()
        np.maximum(cover, cosines[rows[rank]], out=cover)
    return rows


def coverage_of(vectors: Vectors, rows: Rows) -> float:
    """Mean of max(0, largest cosine to a pick) over all frames."""
    return float(np.maximum((vectors @ vectors[rows].T).max(axis=1), 0.0).mean())


def scikit_activeml_k_center(vectors: Vectors, k: int, start: int) -> Rows:
    """scikit-activeml's k-center, as `CoreSet.query` calls it, with one labelled row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from skactiveml.pool import k_greedy_center
    labels = np.full(len(vectors), np.nan)
    labels[start] = 0.0
    rows, _ = k_greedy_center(vectors, labels, batch_size=k - 1, random_state=0)
    return np.concatenate([[start], rows])


def bench_k_center(vectors: Vectors, k: int, peer_k: int, runs: int) -> None:
    """K-center against a BLAS scan and scikit-activeml from the same start."""
    start = int(select(vectors, 1, "k_center").indices[0])  # compiles
    ways: dict[str, Callable[[], Rows]] = {
        "framesel k_center": lambda: select(vectors, k, "k_center").indices,
        "BLAS farthest-first": lambda: blas_farthest_first(vectors, k, start),
    }
    scale = {}
    if peer_k > 1 and importlib.util.find_spec("skactiveml"):
        peer = "scikit-activeml k_greedy_center"
        ways[peer] = lambda: scikit_activeml_k_center(vectors, min(peer_k, k), start)
        scale[peer] = (k - 1) / (min(peer_k, k) - 1)
    else:
        print("scikit-activeml is not installed or not asked for: not compared")
    seconds, results = interleaved(ways, runs)
    ours = next(iter(results.values()))
    print(f"k-center, k = {k}, the same picks at the same rank:")
    for name, rows in list(results.items())[1:]:
        print(f"{name:34s} {int((ours[: len(rows)] == rows).sum())} of {len(rows)}")
    print_table(seconds, scale)


def bench_facility_location(vectors: Vectors, k: int, runs: int) -> None:
    """Facility location against the plain greedy."""
    select(vectors[:100], 3, "facility_location")  # compiles
    seconds, results = interleaved(
        {
            "framesel facility_location": lambda: select(vectors, k, "facility_location").indices,
            "plain greedy, stored matrix": lambda: plain_facility_location(vectors, k),
        },
        runs,
    )
    ours, plain = results.values()
    print(
        f"facility location, {len(vectors)} frames, k = {k}: {int((ours == plain).sum())} picks at "
        f"the same rank; mean coverage {coverage_of(vectors, ours):.6f} and "
        f"{coverage_of(vectors, plain):.6f}"
    )
    print_table(seconds, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_arguments(parser)
    parser.add_argument("--k", type=int, default=1000)
    parser.add_argument("--peer-k", type=int, default=20, help="picks of scikit-activeml")
    parser.add_argument("--covered", type=int, default=5000, help="frames for facility location")
    parser.add_argument("--covered-k", type=int, default=100)
    options = parser.parse_args()
    data = from_arguments(options)
    vectors = data.vectors
    print(f"{data.origin}: {len(vectors)} x {vectors.shape[1]}, {options.runs} runs")
    bench_k_center(vectors, min(options.k, len(vectors)), options.peer_k, options.runs)
    step = max(1, len(vectors) // options.covered)
    some = np.ascontiguousarray(vectors[::step][: options.covered])
    bench_facility_location(some, min(options.covered_k, len(some)), options.runs)


if __name__ == "__main__":
    main()
