"""The same functions for a classifier's rows and for segmentation maps, by their public names."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from framesel import uncertainty
from framesel.uncertainty import (
    aggregate,
    average_kl,
    binary_entropy,
    consensus_entropy,
    entropy,
    least_confidence,
    margin,
    max_disagreement,
    variation_ratio,
    vote_entropy,
)

ONE_PASS = (least_confidence, margin, entropy)
COMMITTEE = (vote_entropy, average_kl, max_disagreement, consensus_entropy, variation_ratio)


def two_clusters(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    return np.where(label, 2.0, -2.0)[:, None] + rng.normal(size=(n, 2)), label


def test_a_classifier_doubts_what_lies_between_its_classes() -> None:
    classifier = LogisticRegression().fit(*two_clusters(200, 0))
    p = classifier.predict_proba([[0.0, 0.0], [4.0, 4.0], [-0.3, 0.1], [-4.0, -4.0]])
    for score in ONE_PASS:
        doubt = score(p)
        assert doubt.shape == (4,)
        assert doubt[[0, 2]].min() > doubt[[1, 3]].max()
    # Two classes: all one-pass scores rank alike.
    many = classifier.predict_proba(two_clusters(100, 1)[0])
    orders = {tuple(np.argsort(score(many), kind="stable")) for score in ONE_PASS}
    assert len(orders) == 1


def test_classifiers_fitted_to_other_halves_disagree_far_from_what_they_saw() -> None:
    x, label = two_clusters(60, 0)
    members = []
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(60)[:12]
        members.append(LogisticRegression(C=100.0).fit(x[rows], label[rows]))
    asked = np.array([[6.0, -6.0], [3.0, 3.0]])  # beside both clusters, and inside one
    q = np.stack([member.predict_proba(asked) for member in members])
    for score in COMMITTEE:
        beside, inside = score(q)
        assert beside > inside


def segmentation(height: int, width: int, classes: int, blur: float) -> np.ndarray:
    """(h, w, C) probabilities of stripes, doubtful along their borders."""
    at = np.arange(width) * classes / width
    logits = -np.abs(at[None, :, None] - np.arange(classes) - 0.5) / blur
    return np.repeat(softmax(logits, axis=2), height, axis=0)


@pytest.mark.parametrize("score", [*ONE_PASS, binary_entropy])
def test_a_segmentation_map_gives_a_map_of_doubt(score: object) -> None:
    q = segmentation(6, 40, 4, 0.1)
    doubt = score(q)  # type: ignore[operator]
    assert doubt.shape == (6, 40)
    assert doubt[:, 10].min() > doubt[:, 5].max()  # a border; the middle of a stripe


@pytest.mark.parametrize("how", ["mean", "top_mean", "max", "sum"])
def test_pixels_aggregate_to_pictures_of_any_size(how: str) -> None:
    maps = [segmentation(6, 40, 4, blur) for blur in (0.05, 0.4)] + [segmentation(3, 20, 4, 0.1)]
    pixels = [entropy(q).ravel() for q in maps]
    offsets = np.concatenate([[0], np.cumsum([len(values) for values in pixels])])
    ours = aggregate(np.concatenate(pixels), offsets, how, m=20)  # type: ignore[arg-type]
    loop = {
        "mean": np.mean,
        "max": np.max,
        "sum": np.sum,
        "top_mean": lambda values: np.sort(values)[-20:].mean(),
    }
    np.testing.assert_allclose(ours, [loop[how](values) for values in pixels], rtol=1e-5)
    assert ours[1] > ours[0]  # the blurred one


def test_members_of_a_segmentation_committee() -> None:
    q = np.stack([segmentation(6, 40, 4, 0.1), np.roll(segmentation(6, 40, 4, 0.1), 3, axis=1)])
    for score in COMMITTEE:
        doubt = score(q)
        assert doubt.shape == (6, 40)
        assert doubt[:, 11].min() > doubt[:, 6].max()  # moved borders; middles stay


def test_public_names_load_late_and_nothing_hides_them() -> None:
    for name in uncertainty.__all__:
        assert getattr(uncertainty, name) is not None
        assert name in dir(uncertainty)
    assert not hasattr(uncertainty, "nonsense")
    code = (
        "import sys, pkgutil, importlib, framesel.uncertainty as u\n"
        "assert not {'numpy', 'scipy', 'numba', 'torch', 'sklearn'} & set(sys.modules)\n"
        "u.entropy([0.5, 0.5])\n"
        "assert not {'numba', 'torch', 'sklearn'} & set(sys.modules)\n"
        "for module in pkgutil.iter_modules(u.__path__):\n"
        "    importlib.import_module('framesel.uncertainty.' + module.name)\n"
        "modules = [n for n in u.__all__ if isinstance(getattr(u, n), type(sys))]\n"
        "assert not modules, modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
