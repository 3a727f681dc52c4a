"""What a choice is worth: worked examples and second implementations."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation import metrics


def on_circle(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def random_units(n: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_the_nearest_pick_is_found_and_ties_go_to_the_lower_rank() -> None:
    cosine, which = metrics.nearest(on_circle(0, 45, 100), on_circle(90, 0, 0))
    assert which.tolist() == [1, 0, 0]
    assert cosine == pytest.approx(np.cos(np.radians([0, 45, 10])), abs=1e-6)


def test_without_picks_everything_is_as_far_as_can_be() -> None:
    cosine, which = metrics.nearest(on_circle(0, 45), on_circle()[:0])
    assert cosine.tolist() == [-1, -1]
    assert which.tolist() == [-1, -1]


def test_many_frames_are_looked_at_in_blocks() -> None:
    vectors, picks = random_units(9_000, 3, 0), random_units(7, 3, 1)
    cosine, which = metrics.nearest(vectors, picks)
    products = vectors.astype(np.float64) @ picks.T.astype(np.float64)
    assert np.array_equal(which, products.argmax(axis=1))
    assert cosine == pytest.approx(products.max(axis=1), abs=1e-6)


def test_radius_is_the_chord_to_the_worst_represented_frame() -> None:
    # 60 degrees are a chord of 1, whatever the nearer ones are.
    assert metrics.coverage_radius(on_circle(0, 10, 60), on_circle(0)) == pytest.approx(1.0)


@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 10_000))
def test_no_choice_beats_the_bound_of_the_radius(n: int, k: int, seed: int) -> None:
    vectors = random_units(n, 3, seed)
    best = min(
        metrics.coverage_radius(vectors, vectors[list(rows)])
        for rows in combinations(range(n), min(k, n))
    )
    bound = metrics.radius_bound(vectors, [k])[k]
    assert bound <= best + 1e-4
    assert best <= 2 * bound + 1e-2 or n <= k  # farthest-first is a 2-approximation


def test_the_bound_of_a_line_is_half_the_widest_gap_that_must_stay() -> None:
    # Frames at 0, 60 and 120 degrees: one pick leaves, from any start, one at 60 or 120 degrees.
    bound = metrics.radius_bound(on_circle(0, 60, 120), [1, 2])
    assert bound[1] == pytest.approx(np.sqrt(3) / 2, abs=1e-6)
    assert bound[2] == pytest.approx(0.5, abs=1e-6)


def test_mean_distance_counts_frames_or_as_told() -> None:
    cosine = np.array([1.0, 0.5, 0.5, 0.0], np.float32)
    assert metrics.mean_distance(cosine) == 0.5
    assert metrics.mean_distance(cosine, np.array([1.0, 0.5, 0.5, 1.0])) == pytest.approx(0.5)
    assert metrics.mean_distance(cosine, np.array([1.0, 0.0, 0.0, 0.0])) == 0.0
    assert np.isnan(metrics.mean_distance(cosine[:0]))


def test_each_moment_counts_once() -> None:
    weight = metrics.share_of_moment(np.array([7, 7, 7, 2]))
    assert weight == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])


def test_a_pick_is_redundant_if_another_one_is_near() -> None:
    picks = on_circle(0, 5, 90, 200)
    assert metrics.repeated(picks, 0.99).tolist() == [True, True, False, False]
    assert metrics.repeated(picks, 0.999).tolist() == [False] * 4
    assert metrics.repeated(picks[:0], 0.9).tolist() == []


def test_an_event_is_found_by_any_of_its_frames() -> None:
    event = np.array([-1, 4, 4, -1, 9, 2])
    numbers, found = metrics.found_events(event, np.array([0, 2, 5]))
    assert numbers.tolist() == [2, 4, 9]
    assert found.tolist() == [True, True, False]
    assert metrics.found_events(event, np.array([], np.int64))[1].tolist() == [False] * 3


def test_balance_is_the_normalised_entropy() -> None:
    assert metrics.class_balance(np.array([5, 5, 5])) == pytest.approx(1)
    assert metrics.class_balance(np.array([5, 0, 0])) == 0
    # Half a bit of entropy less than even: (3/4, 1/4) has 0.8113 bits of one.
    assert metrics.class_balance(np.array([3, 1])) == pytest.approx(0.8112781)
    assert np.isnan(metrics.class_balance(np.array([0, 0])))


def test_labels_come_from_the_nearest_pick_that_has_one() -> None:
    vectors, picks = on_circle(0, 40, 80), on_circle(1, 38, 90)
    assert metrics.predicted_labels(vectors, picks, np.array([3, -1, 8])).tolist() == [3, 3, 8]
    none = metrics.predicted_labels(vectors, picks, np.array([-1, -1, -1]))
    assert none.tolist() == [-1, -1, -1]


def test_macro_accuracy_gives_each_class_the_same_say() -> None:
    label = np.array([0, 0, 0, 0, 5, -1])
    predicted = np.array([0, 0, 0, 1, 0, 7])
    assert metrics.macro_accuracy(label, predicted) == pytest.approx((0.75 + 0.0) / 2)
    assert np.isnan(metrics.macro_accuracy(np.array([-1]), np.array([0])))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_pairs_are_those_of_a_double_loop(frames: list[tuple[int, int]]) -> None:
    keeper = np.array([k for k, _ in frames], np.int64)
    moment = np.array([m for _, m in frames], np.int64)
    ours, true, both = (int(part.sum()) for part in metrics.partners(keeper, moment))
    pairs = [
        (frames[a][0] == frames[b][0], frames[a][1] == frames[b][1])
        for a in range(len(frames))
        for b in range(len(frames))
        if a != b
    ]
    assert ours == sum(found for found, _ in pairs)
    assert true == sum(real for _, real in pairs)
    assert both == sum(found and real for found, real in pairs)


def test_a_moment_is_lost_if_none_of_its_frames_is_kept() -> None:
    moment = np.array([3, 3, 5, 8, 8])
    kept = np.array([False, True, False, True, True])
    moments, lost = metrics.lost_moments(moment, kept)
    assert moments.tolist() == [3, 5, 8]
    assert lost.tolist() == [False, True, False]
