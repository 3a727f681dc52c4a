"""Cells and links: no near pair is missed, and what is connected is connected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from framesel.selection.duplicates import links
from framesel.selection.duplicates.frames import InMemory
from framesel.selection.duplicates.links import Side, find_links
from framesel.selection.duplicates.tiles import NO_TILES, checked_tiles
from framesel.selection.vectors.cells import Cells, find_cells

from .vectors import make, unit, vector_sets


def cut(vectors: np.ndarray, room: int, reach: float) -> Cells:
    return find_cells(vectors[::2] if len(vectors) > 3 else vectors, len(vectors) // room, reach)


@given(vectors=vector_sets(most=80), room=st.sampled_from((2, 10)), reach=st.sampled_from((0, 0.3)))
def test_what_is_near_a_row_reaches_into_its_cell(
    vectors: np.ndarray, room: int, reach: float
) -> None:
    cells = cut(vectors, room, reach)
    home = cells.home(vectors)
    there = set(zip(*(x.tolist() for x in cells.reached(vectors, reach)), strict=True))
    assert ((home >= 0) & (home < len(cells))).all()
    near = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) <= reach
    for one, other in np.argwhere(near).tolist():
        assert (other, home[one]) in there


def test_cells_are_as_many_as_wanted_where_few_rows_reach_into_others() -> None:
    vectors = make("clustered", 4000, 32, 0)
    cells = cut(vectors, 100, 0.06)
    assert len(cells) == 40
    assert np.bincount(cells.home(vectors)).max() < 1000
    assert len(cells.reached(vectors, 0.06)[0]) < 1.5 * 4000


def test_what_cannot_be_told_apart_is_one_cell() -> None:
    assert len(cut(make("identical", 500, 8, 0), 10, 0.06)) == 1
    assert len(cut(make("random", 500, 64, 0), 10, 1.9)) == 1
    assert len(cut(np.empty((0, 3), np.float32), 10, 0.1)) == 1


@given(
    vectors=vector_sets(most=60),
    groups=st.integers(1, 12),
    tau=st.sampled_from((0.5, 0.9, 0.99, 1.0)),
    room=st.sampled_from((3, 8192)),
    each=st.sampled_from((0, 2)),
    seed=st.integers(0, 9999),
)
def test_links_connect_what_copies_connect(
    vectors: np.ndarray, groups: int, tau: float, room: int, each: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = len(vectors)
    group = rng.integers(groups, size=n)
    asked, bank = (np.flatnonzero(rng.random(n) < share) for share in (0.9, 0.5))
    tiles = NO_TILES
    if each:
        few = unit(np.ones(8) + 0.3 * rng.standard_normal((3, 8)))
        tiles = checked_tiles(few[rng.integers(0, 3, (n, each))], n, 0.95)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "ROOM", room)
        frames = InMemory(vectors, tiles)
        sides = (Side(frames, rows, group[rows]) for rows in (asked, bank))
        found = find_links(*sides, tau, 1e-6)
    cosines = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    same = np.ones((n, n), bool)
    if each:
        shaped = tiles.vectors.reshape(n, each, -1)
        same = (np.einsum("itd,jtd->ijt", shaped, shaped) >= 0.95).all(2)
    sure, maybe = (same & (cosines >= tau + off) for off in (1e-5, -1e-5))
    assert (found[:, 0] != found[:, 1]).all()
    linked = _parts(groups, found)
    pairs = [(group[i], group[j]) for i in asked for j in bank if sure[i, j]]
    assert all(linked[a] == linked[b] for a, b in pairs)
    most = _parts(
        groups, np.array([(group[i], group[j]) for i in asked for j in bank if maybe[i, j]])
    )
    assert all(most[a] == most[b] for a, b in found.tolist())


def _parts(groups: int, pairs: np.ndarray) -> np.ndarray:
    graph = np.zeros((groups, groups))
    if len(pairs):
        graph[tuple(np.asarray(pairs).T)] = 1
    parts: np.ndarray = connected_components(graph, directed=False)[1]
    return parts


def test_ten_clips_of_one_wall_cost_nine_links() -> None:
    rng = np.random.default_rng(0)
    vectors = unit(np.ones(32) + 1e-4 * rng.standard_normal((1000, 32)))
    group = np.repeat(np.arange(10), 100)
    side = Side(InMemory(vectors, NO_TILES), np.arange(1000), group)
    assert len(find_links(side, side, 0.999, 1e-6)) == 9
