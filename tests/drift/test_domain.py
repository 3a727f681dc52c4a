import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from framesel.drift.domain import RIDGE, area_under_curve, out_of_fold, separability


def test_frames_are_judged_by_a_classifier_that_has_not_seen_their_fold() -> None:
    rng = np.random.default_rng(0)
    places, side = rng.normal(size=(60, 4)), rng.integers(0, 2, (60, 2)).astype(float)
    weights, fold = rng.random(60) + 0.5, rng.integers(0, 5, 60)
    share = weights / weights.sum()
    target = side - share @ side
    found = out_of_fold(places, weights, fold, side)
    for left_out in range(5):
        rest, mine = fold != left_out, fold == left_out
        model = Ridge(alpha=RIDGE, fit_intercept=False)
        model.fit(places[rest], target[rest], sample_weight=share[rest])
        np.testing.assert_allclose(found[mine], model.predict(places[mine]), rtol=1e-8)


def test_the_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 6, (40, 3)).astype(float)  # with ties
    side = (rng.random((40, 3)) < 0.3).astype(float)
    for column, found in enumerate(area_under_curve(scores, side)):
        assert found == pytest.approx(roc_auc_score(side[:, column], scores[:, column]))


def test_a_difference_in_every_piece_is_learnt() -> None:
    rng = np.random.default_rng(2)
    of, new = np.repeat(np.arange(20), 6), np.arange(20) >= 12
    places = rng.normal(size=(120, 3))
    places[:, 0] += 4.0 * new[of]
    found = separability(places, of, np.stack([new, rng.permutation(new)]).astype(float))
    assert found[0] > 0.95
    assert found[1] < 0.8


def test_what_tells_single_pieces_is_no_use() -> None:
    """Each piece has a place of its own, and none has to do with the side."""
    rng = np.random.default_rng(3)
    of, new = np.repeat(np.arange(30), 10), np.arange(30) % 2
    places = rng.normal(size=(30, 5))[of] + 0.01 * rng.normal(size=(300, 5))
    assert separability(places, of, new[None].astype(float))[0] < 0.75
