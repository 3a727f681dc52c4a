"""The rule for groups: each by itself, and the same however few vectors are in memory at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.duplicates import leader
from framesel.selection.duplicates.frames import InMemory
from framesel.selection.duplicates.rule import Rule
from framesel.selection.duplicates.tiles import NO_TILES, Tiles, checked_tiles

from .vectors import make, unit, vector_sets


@given(
    vectors=vector_sets(most=60),
    groups=st.integers(1, 5),
    room=st.sampled_from((1, 2, 7, 1000)),
    tau=st.sampled_from((0.4, 0.9, 0.99)),
    each=st.sampled_from((0, 2)),
    share=st.sampled_from((0.0, 0.3)),
    seed=st.integers(0, 9999),
)
def test_each_group_is_led_alone_in_any_room(
    vectors: np.ndarray, groups: int, room: int, tau: float, each: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(rng.random(len(vectors)) < 0.8)
    group, quality = rng.integers(groups, size=len(rows)), rng.integers(0, 3, len(rows)) * 1.0
    settled = rng.random(len(rows)) < share
    tiles = NO_TILES
    if each:
        few = unit(np.ones(8) + 0.3 * rng.standard_normal((3, 8)))
        tiles = checked_tiles(few[rng.integers(0, 3, (len(vectors), each))], len(vectors), 0.95)
    keeper, cosine = Rule(tau, 1e-6, room).lead(
        InMemory(vectors, tiles), rows, group, quality, settled
    )
    for number in range(groups):
        mine = np.flatnonzero(group == number)
        order = np.lexsort((rows[mine], -quality[mine], ~settled[mine]))
        part = rows[mine]
        fixed = int(settled[mine].sum())
        twin = leader.lead(vectors, part, order, tau, fixed, tiles=tiles)
        assert keeper[mine].tolist() == part[twin.keeper].tolist()
        assert cosine[mine].tolist() == twin.cosine.tolist()


class Counted(InMemory):
    """Remembers how many vectors were asked for at once."""

    most = 0

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        Counted.most = max(Counted.most, len(rows))
        return super().vectors(rows)

    def tiles(self, rows: np.ndarray) -> Tiles:
        return super().tiles(rows)


@pytest.mark.parametrize("videos", [1, 40])
def test_no_more_vectors_are_in_memory_than_there_is_room_for(videos: int) -> None:
    vectors = unit(np.ones(16) + 0.3 * make("random", 2000, 16, 0))
    Counted.most = 0
    keeper, _ = Rule(0.6, 1e-6, room=100).lead(
        Counted(vectors, NO_TILES), np.arange(2000), np.arange(2000) % videos, np.zeros(2000)
    )
    kept = int((keeper == np.arange(2000)).sum())
    assert 0 < kept < 200
    assert Counted.most <= 100 + kept
