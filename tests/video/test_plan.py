import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.video.plan import plan


@st.composite
def streams(draw):
    """A made-up stream: per packet what it refers to (earlier packets of its closed group)."""
    n = draw(st.integers(1, 40))
    closed = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    intra = closed | np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    first = 0
    refers: list[set[int]] = []
    for row in range(n):
        first = row if closed[row] else first
        earlier = (
            st.sets(st.integers(first, row - 1), max_size=3) if row > first else st.just(set())
        )
        refers.append(set() if intra[row] else draw(earlier))
    used = set().union(*refers)
    marked = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    droppable = np.array([row not in used for row in range(n)]) & marked
    wanted = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return wanted, closed, droppable, intra, refers


@given(streams())
def test_each_wanted_packet_is_fed_once_after_all_that_it_refers_to(stream):
    wanted, closed, droppable, intra, refers = stream
    runs, feed = plan(wanted, closed, droppable, intra)
    decoded: set[int] = set()
    previous = 0
    for run in runs:
        assert previous <= run.start < run.stop  # runs go forward and do not overlap
        previous = run.stop
        fresh: set[int] = set()
        for row in range(run.start, run.stop):
            if feed[row]:
                if wanted[row]:
                    assert refers[row] <= fresh
                fresh |= {row} if refers[row] <= fresh else set()
        decoded |= fresh
    assert set(np.flatnonzero(wanted)) <= decoded


@given(streams())
def test_nothing_is_fed_for_nobody(stream):
    wanted, closed, droppable, intra, _ = stream
    runs, feed = plan(wanted, closed, droppable, intra)
    assert not (feed & droppable & ~wanted).any()
    inside = np.zeros(len(wanted), bool)
    for run in runs:
        inside[run.start : run.stop] = True
        assert wanted[run.stop - 1]  # a run ends with something wanted
    assert not (feed & ~inside).any()
    if not wanted.any():
        assert runs == []


def test_only_the_beginning_of_a_group_is_decoded():
    n = 100
    closed = np.arange(n) % 25 == 0
    wanted = np.isin(np.arange(n), [3, 50])
    _, feed = plan(wanted, closed, np.zeros(n, bool), closed)
    assert np.flatnonzero(feed).tolist() == [0, 1, 2, 3, 50]
