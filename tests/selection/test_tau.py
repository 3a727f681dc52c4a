"""The suggested threshold: recall and wrong merges are what they are said to be."""

import numpy as np
import pytest

from framesel.errors import SelectionError
from framesel.selection import near_duplicates, suggest_tau
from framesel.selection.duplicates.tau import nearest_in_other_videos
from framesel.selection.vectors.dot import dots

from .vectors import make, unit


def altered(vectors: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scale = noise / np.sqrt(vectors.shape[1])
    return unit(vectors + scale * rng.standard_normal(vectors.shape))


def test_neighbours_are_of_other_videos() -> None:
    vectors = make("random", 60, 16, 1)
    video_no = np.arange(60) % 4
    got = nearest_in_other_videos(vectors, video_no)
    cosines = vectors @ vectors.T
    for i in range(60):
        assert got[i] == pytest.approx(cosines[i, video_no != video_no[i]].max(), abs=1e-6)
        assert got[i] == dots(vectors[video_no != video_no[i]], vectors[i]).max()


def test_separable_data_meet_both_targets() -> None:
    frames = make("random", 400, 64, 2)
    nearest = nearest_in_other_videos(frames, np.arange(400) // 40)
    advice = suggest_tau(frames, altered(frames, 0.2), nearest)
    assert advice.separable
    assert advice.recall >= 0.95
    assert advice.wrong_merges <= 1e-3
    copies = np.concatenate([frames, altered(frames, 0.2, seed=5)])
    found = near_duplicates(copies, advice.tau_cos).keeper[400:] == np.arange(400)
    assert found.mean() == pytest.approx(advice.recall, abs=0.05)


def test_data_that_overlap_give_up_recall() -> None:
    frames = make("clustered", 400, 32, 3)
    nearest = nearest_in_other_videos(frames, np.arange(400) % 7)
    advice = suggest_tau(frames, altered(frames, 0.8), nearest, contamination=0.0)
    assert not advice.separable
    assert advice.recall < 0.95
    assert advice.wrong_merges <= 1e-3
    assert (nearest >= advice.tau_cos).mean() == advice.wrong_merges


def test_numbers_are_shares_of_what_was_given() -> None:
    left = unit([[1, 0]] * 4)
    right = unit([[np.cos(a), np.sin(a)] for a in (0.1, 0.2, 0.3, 1.0)])
    advice = suggest_tau(left, right, [0.1, 0.2, 0.3, 0.5], recall=0.75, wrong_merges=0.0)
    assert advice.tau_cos == pytest.approx(np.cos(0.3))
    assert (advice.recall, advice.wrong_merges, advice.separable) == (0.75, 0.0, True)
    for row in advice.table:
        cosines = np.cos([0.1, 0.2, 0.3, 1.0])
        assert row.recall == (cosines >= row.tau_cos).mean()
        assert row.wrong_merges == (np.array([0.1, 0.2, 0.3, 0.5]) >= row.tau_cos).mean()
    taus = [row.tau_cos for row in advice.table]
    assert taus == sorted(taus)
    assert taus[0] <= advice.tau_cos <= taus[-1]


def test_true_copies_between_videos_do_not_spoil_it() -> None:
    frames = make("random", 500, 48, 4)
    frames[300] = frames[10]
    nearest = nearest_in_other_videos(frames, np.arange(500) // 100)
    assert nearest.max() > 0.999
    copies = altered(frames, 0.2)
    assert suggest_tau(frames, copies, nearest).separable
    spoiled = suggest_tau(frames, copies, nearest, contamination=0.0)
    assert not spoiled.separable
    assert spoiled.tau_cos > 0.999


def test_no_suggestion_is_below_what_is_asked_for() -> None:
    frames = make("random", 400, 64, 2)
    nearest = nearest_in_other_videos(frames, np.arange(400) // 40)
    free = suggest_tau(frames, altered(frames, 0.2), nearest)
    assert suggest_tau(frames, altered(frames, 0.2), nearest, at_least_cos=0.5) == free
    held = suggest_tau(frames, altered(frames, 0.2), nearest, at_least_cos=0.9999)
    assert held.tau_cos == 0.9999
    assert held.recall < 0.01 < free.recall


@pytest.mark.parametrize(
    ("arguments", "options", "word"),
    [
        ((make("random", 3, 4, 0), make("random", 2, 4, 0), [0.5]), {}, "same number of rows"),
        ((np.empty((0, 4)), np.empty((0, 4)), [0.5]), {}, "at least one"),
        ((make("random", 3, 4, 0), make("random", 3, 4, 0), []), {}, "none were given"),
        ((make("random", 3, 4, 0), make("random", 3, 4, 0), [0.5]), {"recall": 2.0}, "recall is 2"),
    ],
)
def test_nonsense_is_named(arguments: tuple, options: dict, word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        suggest_tau(*arguments, **options)


def test_one_video_is_not_enough() -> None:
    with pytest.raises(SelectionError, match="two videos"):
        nearest_in_other_videos(make("random", 5, 4, 0), [3] * 5)
