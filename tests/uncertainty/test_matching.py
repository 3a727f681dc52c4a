"""Overlaps as torchvision computes them; the pairing is the best of all pairings."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty.matching import iou, match, match_overlaps

edges = st.floats(0, 40, width=32)
some_boxes = st.lists(
    st.tuples(edges, edges, st.floats(1, 30, width=32), st.floats(1, 30, width=32)), max_size=4
).map(lambda rows: np.array([(x, y, x + w, y + h) for x, y, w, h in rows]).reshape(-1, 4))


def total_of_best_pairing(overlap: np.ndarray, least_iou: float) -> float:
    """By trying all of them."""
    if overlap.shape[0] > overlap.shape[1]:
        overlap = overlap.T
    worth = np.where(overlap >= least_iou, overlap, 0.0)
    rows = np.arange(len(worth))
    return max(worth[rows, list(p)].sum() for p in permutations(range(worth.shape[1]), len(worth)))


@given(some_boxes, some_boxes)
def test_iou_is_torchvisions(a: np.ndarray, b: np.ndarray) -> None:
    torch = pytest.importorskip("torch")
    from torchvision.ops import box_iou

    peer = box_iou(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(iou(a, b), peer, atol=1e-12)


def test_iou_of_a_worked_example() -> None:
    one = np.array([[0, 0, 10, 10]])
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 4]])
    np.testing.assert_allclose(iou(one, others), [[1, 1 / 3, 0, 0.04]])


@pytest.mark.parametrize(
    "broken", [(3, 3, 3, 3), (5, 0, 5, 9), (9, 9, 1, 1), (np.nan, 0, 1, 1), (0, 0, np.inf, 1)]
)
def test_a_box_without_area_overlaps_nothing(broken: tuple[float, ...]) -> None:
    boxes = np.array([broken, (0, 0, 10, 10)])
    assert iou(boxes, boxes).tolist() == [[0, 0], [0, 1]]
    assert match(boxes, boxes, 0.1).tolist() == [[1, 1]]


@given(some_boxes, some_boxes, st.sampled_from((0.05, 0.3, 0.5)))
def test_no_pairing_has_more_overlap(a: np.ndarray, b: np.ndarray, least_iou: float) -> None:
    overlap = iou(a, b)
    pairs = match(a, b, least_iou)
    assert len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1])) == len(pairs)
    assert (overlap[pairs[:, 0], pairs[:, 1]] >= least_iou).all()
    assert (np.diff(pairs[:, 0]) > 0).all()
    best = total_of_best_pairing(overlap, least_iou)
    assert overlap[pairs[:, 0], pairs[:, 1]].sum() == pytest.approx(best)


@given(some_boxes, some_boxes)
def test_it_does_not_matter_who_is_first(a: np.ndarray, b: np.ndarray) -> None:
    there, back = match(a, b, 0.2), match(b, a, 0.2)
    there_sum = iou(a, b)[there[:, 0], there[:, 1]].sum()
    assert iou(b, a)[back[:, 0], back[:, 1]].sum() == pytest.approx(there_sum)


def test_greedy_would_lose_a_pair() -> None:
    # The best single pair (0, 0) leaves nothing for the second row.
    assert match_overlaps(np.array([[0.8, 0.7], [0.75, 0.0]])).tolist() == [[0, 1], [1, 0]]


def test_what_overlaps_too_little_does_not_push_a_pair_away() -> None:
    # 0.6 + 0.0 beats 0.45 + 0.45 once pairs under 0.5 are worth nothing.
    assert match_overlaps(np.array([[0.6, 0.45], [0.45, 0.0]])).tolist() == [[0, 0]]


def test_nothing_to_match() -> None:
    some = np.array([[0, 0, 5, 5]])
    for a, b in ((some, []), ([], some), ([], [])):
        assert match(np.array(a), np.array(b)).shape == (0, 2)
        assert iou(np.array(a), np.array(b)).shape == (len(a), len(b))


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="least_iou"):
        match(np.zeros((1, 4)), np.zeros((1, 4)), 0.0)
    with pytest.raises(UsageError, match="corners"):
        iou(np.zeros((2, 3)), np.zeros((1, 4)))
