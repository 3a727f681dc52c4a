"""Facility location against apricot and submodlib, on the same similarities, in one process.

    python benchmarks/selection_coverage.py --peers peers
    python benchmarks/selection_coverage.py --vectors drone.npy --peers peers

The peers need not be installed: `--peers` is a folder that holds them
(`pip install --no-deps --target peers apricot-select submodlib-py`). All get the same stored
matrix: cosines above 0 with the nearest neighbours (sparse), or of all with all (dense). The value
of every answer is computed from that matrix, outside the clocks. On sparse graphs submodlib takes
part only up to `--submodlib-frames`, in a comparison of their own.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from vector_sets import add_arguments, from_arguments, interleaved, print_table

from framesel.selection.coverage.matrix_coverage import cover_matrix
from framesel.selection.coverage.neighbours import nearest_rows

Rows = NDArray[np.int64]

SLOW_S = 60.0
"""What takes longer is measured once."""


def neighbour_graph(vectors: NDArray[np.float32], t: int) -> sparse.csr_matrix:
    """Cosines above 0 between rows of which one is among the t nearest of the other."""
    rows, cosines = nearest_rows(vectors, vectors, t)
    starts = np.arange(0, rows.size + 1, t)
    graph = sparse.csr_matrix(
        (np.maximum(cosines.ravel(), 0.0), rows.ravel(), starts), shape=(len(vectors), len(vectors))
    )
    both = graph.maximum(graph.T).tocsr()
    both.sort_indices()
    return both


def value_of(matrix: Any, rows: Rows) -> float:
    """Sum over frames of the largest similarity to a pick."""
    best = matrix[rows].max(axis=0)
    return float(best.sum())


def apricot_way(matrix: Any, k: int) -> Callable[[], Rows]:
    """Lazy greedy of apricot on a stored matrix, in the precision that it computes in."""
    from apricot import FacilityLocationSelection  # type: ignore[import-not-found]

    doubles = matrix.astype(np.float64)

    def run() -> Rows:
        chosen = FacilityLocationSelection(k, metric="precomputed", optimizer="lazy")
        fitted: Any = chosen.fit(doubles)
        return np.asarray(fitted.ranking, np.int64)

    return run


def submodlib_way(matrix: Any, k: int, neighbours: int) -> Callable[[], Rows]:
    """Lazy greedy of submodlib on a stored matrix, construction of its object included."""
    from submodlib import FacilityLocationFunction  # type: ignore[import-not-found]

    def run() -> Rows:
        n = matrix.shape[0]
        if sparse.issparse(matrix):
            function = FacilityLocationFunction(
                n=n, mode="sparse", sijs=matrix, num_neighbors=neighbours
            )
        else:
            function = FacilityLocationFunction(n=n, mode="dense", sijs=matrix, separate_rep=False)
        chosen = function.maximize(k, optimizer="LazyGreedy", show_progress=False)
        return np.array([row for row, _ in chosen], np.int64)

    return run


def compare(name: str, matrix: Any, k: int, options: argparse.Namespace) -> None:
    """Time all ways on one matrix, and print the value that each reaches."""
    ways: dict[str, Callable[[], Rows]] = {
        "framesel cover_matrix": lambda: cover_matrix(matrix, k)[0]
    }
    peers: dict[str, Callable[[], Callable[[], Rows]]] = {
        "apricot, lazy": lambda: apricot_way(matrix, k)
    }
    if not sparse.issparse(matrix) or matrix.shape[0] <= options.submodlib_frames:
        peers["submodlib, lazy"] = lambda: submodlib_way(matrix, k, options.neighbours)
    for peer, make in peers.items():
        try:
            ways[peer] = make()
        except ImportError as error:
            print(f"{peer}: not compared ({error})")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds, results = interleaved(ways, 1)
        quick = {way: run for way, run in ways.items() if seconds[way][0] < SLOW_S}
        again, _ = interleaved(quick, options.runs - 1)
    for way, more in again.items():
        seconds[way] += more
    print(f"facility location, {name}, k = {k}, {options.runs} runs (1 where over {SLOW_S:.0f} s)")
    print_table(seconds, {})
    for way, rows in results.items():
        print(f"{way:34s} value {value_of(matrix, rows):.6f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_arguments(parser)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--sparse", type=int, default=50_000, help="frames of the sparse graph")
    parser.add_argument("--neighbours", type=int, default=100)
    parser.add_argument("--dense", type=int, default=10_000, help="frames of the dense kernel")
    parser.add_argument("--peers", type=Path, help="folder with apricot and submodlib")
    parser.add_argument(
        "--submodlib-frames",
        type=int,
        default=4_000,
        help="largest sparse graph for submodlib, whose time there grows with the square",
    )
    options = parser.parse_args()
    if options.peers:
        sys.path.append(str(options.peers))
    data = from_arguments(options)
    print(f"{data.origin}: {len(data.vectors)} x {data.vectors.shape[1]}", flush=True)
    cover_matrix(np.eye(3, dtype=np.float32), 2)  # compiles
    cover_matrix(sparse.csr_matrix(np.eye(3, dtype=np.float32)), 2)
    for kind, count in {
        "warming up: sparse": 200,
        "warming up: dense": 200,
        "sparse": options.sparse,
        "dense": options.dense,
        "small sparse": min(options.sparse, options.submodlib_frames),
    }.items():
        n = min(count, len(data.vectors))
        some = np.ascontiguousarray(data.vectors[np.arange(n) * len(data.vectors) // n])
        near = min(options.neighbours, n)
        matrix = np.maximum(some @ some.T, 0.0) if "dense" in kind else neighbour_graph(some, near)
        compare(f"{kind}, {n} frames", matrix, min(options.k, n), options)


if __name__ == "__main__":
    main()
