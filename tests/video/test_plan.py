import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.video import decoder, probe
from framesel.video.packets import read_index
from framesel.video.plan import Run, plan


@st.composite
def streams(draw):
    """A made-up stream: per packet, the earlier packets to which it refers."""
    n = draw(st.integers(1, 40))
    kinds = draw(st.lists(st.sampled_from("SIPPPPL"), min_size=n, max_size=n))
    start, leading = np.zeros(n, bool), np.zeros(n, bool)
    begin, previous = 0, 0  # rows of the last start and of the one before
    refers: list[set[int]] = []
    for row, kind in enumerate(kinds):
        if kind == "S":
            start[row], previous, begin = True, begin, row
        # Leading pictures come directly after their start.
        leading[row] = kind == "L" and row > 0 and (start[row - 1] or leading[row - 1])
        if kind in "SI":
            refers.append(set())
            continue
        lowest = previous if leading[row] else begin
        # To leading pictures refer only those of the same start: see `plan`.
        own = [r > begin and leading[row] for r in range(row)]
        pool = [r for r in range(lowest, row) if own[r] or not leading[r]]
        refers.append(draw(st.sets(st.sampled_from(pool), max_size=3)) if pool else set())
    used = set().union(*refers)
    marked = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    droppable = np.array([row not in used for row in range(n)]) & marked
    intra = np.array([kind in "SI" for kind in kinds])
    wanted = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return (wanted, start, droppable, intra, leading), refers


@given(streams())
def test_each_wanted_packet_is_fed_once_after_all_that_it_refers_to(stream):
    masks, refers = stream
    wanted = masks[0]
    runs, feed = plan(*masks)
    previous = 0
    decoded: set[int] = set()
    for run in runs:
        assert previous <= run.start < run.stop  # runs go forward and do not overlap
        previous = run.stop
        fresh: set[int] = set()
        for row in range(run.start, run.stop):
            if feed[row]:
                assert refers[row] <= fresh  # nothing is fed that cannot be decoded
                fresh.add(row)
        decoded |= fresh
    assert set(np.flatnonzero(wanted)) <= decoded


@given(streams())
def test_nothing_is_fed_for_nobody(stream):
    masks, _ = stream
    wanted, _, droppable, _, _ = masks
    runs, feed = plan(*masks)
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
    start, none = np.arange(n) % 25 == 0, np.zeros(n, bool)
    _, feed = plan(np.isin(np.arange(n), [3, 50]), start, none, start, none)
    assert np.flatnonzero(feed).tolist() == [0, 1, 2, 3, 50]


def test_leading_pictures_tie_their_start_to_what_is_before():
    n = 30
    start = np.isin(np.arange(n), [0, 10, 20])
    leading = np.isin(np.arange(n), [11, 12, 21, 22])
    none = np.zeros(n, bool)
    for wanted_rows, begins in (([14], [10]), ([12], [0]), ([12, 25], [0, 20]), ([12, 22], [0])):
        wanted = np.isin(np.arange(n), wanted_rows)
        runs, _ = plan(wanted, start, none, start, leading)
        assert [run.start for run in runs] == begins


def test_leading_pictures_of_a_beginning_serve_nobody_after_it():
    start, leading = np.array([True, False, True, False]), np.array([False, True, False, True])
    wanted, none = np.array([False, False, False, True]), np.zeros(4, bool)
    runs, feed = plan(wanted, start, none, start, leading)
    assert runs == [Run(0, 4)]  # row 3 may refer to row 0
    assert feed.tolist() == [True, False, True, True]  # and not to row 1


def test_leading_pictures_of_the_first_start_serve_one_another():
    start, leading = np.array([True, False, False]), np.array([False, True, True])
    wanted, none = np.array([False, False, True]), np.zeros(3, bool)
    runs, feed = plan(wanted, start, none, start, leading)
    assert runs == [Run(0, 3)]
    assert feed.tolist() == [True, True, True]  # row 2 may refer to row 1


def test_leading_pictures_come_out_exact_whichever_is_wanted(render_video):
    """In a stream of open groups, each leading picture on its own."""
    path = render_video(
        "open.mp4", "libx265", gop=8, **{"x265-params": "open-gop=1:log-level=none"}
    )
    info = probe(path)
    index = read_index(path, info)
    rows = np.flatnonzero(index.leading)
    assert len(rows) > 10
    whole = {frame.pts: frame.image for frame in decoder().decode_all(path, info)}
    left_out = 0
    for row in rows.tolist():
        wanted = np.arange(len(index.pts)) == row
        runs, feed = plan(wanted, index.start, index.droppable, index.intra, index.leading)
        fed = slice(runs[0].start, row)
        left_out += int((index.leading & ~index.droppable & ~feed)[fed].any())
        (frame,) = decoder().fetch(path, info, [int(index.pts[row])])
        assert np.array_equal(frame.image, whole[frame.pts])
    assert left_out  # references among them were left out, and nothing missed them
