"""Proposals and objects."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation.detector.assignment import NOTHING, UNCLEAR, assigned, moved, moves


def box(x: float, y: float, w: float, h: float) -> list[float]:
    """Corners of a box with this centre."""
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


def test_a_small_box_in_the_middle_of_a_wide_label_shows_it() -> None:
    truth = np.array([box(100, 100, 40, 20), box(108, 100, 10, 10)], np.float32)
    proposals = np.array(
        [
            box(100, 100, 8, 6),  # tight, in the middle of the first
            box(107, 101, 12, 12),  # of both: nearer to the middle of the second
            box(115, 100, 8, 8),  # beside the middle of either
            box(100, 100, 70, 20),  # too wide for the first
            box(160, 100, 40, 20),
        ],
        np.float32,
    )
    assert assigned(proposals, truth).tolist() == [0, 1, UNCLEAR, UNCLEAR, NOTHING]
    assert assigned(proposals, truth[:0]).tolist() == [NOTHING] * 5


SIDE = st.floats(4, 300)
PLACE = st.floats(0, 640)


@given(st.lists(st.tuples(PLACE, PLACE, SIDE, SIDE, PLACE, PLACE, SIDE, SIDE), max_size=9))
def test_moves_lead_to_the_label(cases: list[tuple[float, ...]]) -> None:
    table = np.array(cases, np.float64).reshape(-1, 8)
    proposals, truth = (
        np.array([box(*row) for row in part], np.float32).reshape(-1, 4)
        for part in (table[:, :4], table[:, 4:])
    )
    np.testing.assert_allclose(moved(proposals, moves(proposals, truth)), truth, atol=0.02)


def test_absurd_moves_give_boxes_that_can_be() -> None:
    proposals = np.array([box(50, 50, 10, 10)], np.float32)
    for size in (-1e3, 1e3):
        found = moved(proposals, np.array([[0, 0, size, size]], np.float32))
        side = float(found[0, 2] - found[0, 0])
        assert 1 < side < 800
