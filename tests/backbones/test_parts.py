"""Augmentation, collapse, whitening, preprocessing and the measures of worth."""

import cv2
import numpy as np
import pytest
import torch

from framesel.backbones.augment import random_views
from framesel.backbones.augmentation import Augmentation
from framesel.backbones.collapse import spread_of
from framesel.backbones.finish import whitening_head
from framesel.backbones.perturb import CHANGES
from framesel.backbones.preprocessing import Preprocessing, squash, squash_batch
from framesel.backbones.worth import (
    ProbeSet,
    false_merge_cos,
    purity_of_class,
    retrieval_of_video,
    worth_of,
)
from framesel.errors import UsageError

NO_CHANGE = Augmentation(
    min_area=1.0,
    max_aspect=1.0,
    max_turn_deg=0.0,
    flip=0.0,
    brightness=0.0,
    contrast=0.0,
    gamma=0.0,
    tint=0.0,
    gray=0.0,
    blur=0.0,
    coarse=0.0,
    noise=0.0,
)


def images(count: int = 4, size: int = 32) -> torch.Tensor:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 3, 4, 4), dtype=np.uint8)
    return torch.from_numpy(np.kron(coarse, np.ones((1, 1, size // 4, size // 4), np.uint8)))


def views(how: Augmentation, seed: int = 0, size: int = 32) -> torch.Tensor:
    return random_views(images(), size, how, torch.Generator().manual_seed(seed))


def test_no_augmentation_changes_nothing() -> None:
    assert torch.allclose(views(NO_CHANGE), images().float() / 255.0, atol=2e-3)


@pytest.mark.parametrize(
    "strength",
    [
        {"min_area": 0.3},
        {"max_aspect": 2.0},
        {"max_turn_deg": 20.0},
        {"brightness": 0.5},
        {"contrast": 0.5},
        {"gamma": 0.8},
        {"tint": 0.3},
        {"gray": 1.0},
        {"blur": 1.0},
        {"coarse": 1.0},
        {"noise": 1.0, "noise_std": 0.1},
        {"flip": 1.0},
    ],
    ids=lambda strength: next(iter(strength)),
)
def test_each_strength_does_something(strength: dict[str, float]) -> None:
    how = NO_CHANGE.model_copy(update=strength)
    changed = views(how)
    assert not torch.allclose(changed, views(NO_CHANGE), atol=0.01)
    assert torch.equal(changed, views(how))
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_flip_mirrors() -> None:
    flipped = views(NO_CHANGE.model_copy(update={"flip": 1.0}))
    assert torch.allclose(flipped, views(NO_CHANGE).flip(-1), atol=2e-3)


def test_gray_views_are_gray() -> None:
    gray = views(NO_CHANGE.model_copy(update={"gray": 1.0}))
    expected = cv2.cvtColor(images()[0].permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY) / 255.0
    assert torch.equal(gray[:, 0], gray[:, 1])
    assert np.allclose(gray[0, 0].numpy(), expected, atol=0.01)


def test_spread_tells_collapse_from_health() -> None:
    rng = np.random.default_rng(0)
    healthy = rng.standard_normal((2000, 16)).astype(np.float32)
    healthy /= np.linalg.norm(healthy, axis=1, keepdims=True)
    assert spread_of(healthy).std == pytest.approx(1.0, abs=0.05)
    assert spread_of(healthy).rank == pytest.approx(16, abs=0.5)
    constant = np.tile(healthy[:1], (50, 1))
    assert (spread_of(constant).std, spread_of(constant).rank) == pytest.approx((0.0, 1.0))
    line = np.stack([np.cos(t := np.linspace(-1, 1, 99)), np.sin(t)], 1) @ np.eye(2, 16)
    assert spread_of(line.astype(np.float32)).rank < 2


def test_full_whitening_gives_unit_covariance() -> None:
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((4000, 6)) @ rng.standard_normal((6, 6)) + 5.0
    features = torch.from_numpy(mixed).float()
    weight, bias = whitening_head(features, 6, 1.0)
    white = (features @ weight.T + bias).numpy()
    assert np.allclose(white.mean(axis=0), 0, atol=1e-2)
    assert np.allclose(np.cov(white.T), np.eye(6), atol=0.02)


def test_no_whitening_keeps_distances_and_pads_with_zeros() -> None:
    features = torch.from_numpy(np.random.default_rng(0).standard_normal((50, 6))).float()
    weight, bias = whitening_head(features, 9, 0.0)
    turned = features @ weight.T + bias
    before, after = ((x[:, None] - x[None]).norm(dim=2) for x in (features, turned))
    assert torch.allclose(after, before, atol=1e-4)
    assert (turned[:, 6:] == 0).all()


def test_squash_is_area_interpolation_of_the_whole_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    blocks = image.reshape(20, 2, 20, 3, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(squash(image, 20) - blocks).max() <= 1
    assert (squash(image[:, ::-1], 20) == squash(np.ascontiguousarray(image[:, ::-1]), 20)).all()


def test_squashed_batch_is_filled_up_with_black() -> None:
    image = np.full((8, 8, 3), 7, np.uint8)
    block = squash_batch([image], 8, 3)
    assert block.shape == (3, 8, 8, 3)
    assert (block[0] == 7).all()
    assert (block[1:] == 0).all()


def test_preprocessing_is_hashed() -> None:
    plain = Preprocessing(32)
    variants = [plain, Preprocessing(64), Preprocessing(32, std=(1, 1, 1))]
    assert len({v.digest("w") for v in variants} | {plain.digest("v")}) == 4
    with pytest.raises(UsageError, match="size_px is 2"):
        Preprocessing(2)
    with pytest.raises(UsageError, match="must be positive"):
        Preprocessing(32, std=(1.0, 0.0, 1.0))


@pytest.mark.parametrize("kind", list(CHANGES))
def test_changes_are_small_seeded_and_real(kind: str) -> None:
    coarse = np.random.default_rng(0).integers(40, 210, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (160, 120), interpolation=cv2.INTER_CUBIC)
    changed = CHANGES[kind](image, np.random.default_rng(1))
    assert (changed.shape, changed.dtype) == (image.shape, np.uint8)
    assert (changed == CHANGES[kind](image, np.random.default_rng(1))).all()
    assert (changed != CHANGES[kind](image, np.random.default_rng(2))).any()
    assert 0 < np.abs(changed.astype(int) - image).mean() < 40


def circle(degrees: list[float]) -> np.ndarray:
    t = np.deg2rad(degrees)
    return np.stack([np.cos(t), np.sin(t)], axis=1).astype(np.float32)


def test_false_merge_cosine_leaves_the_scene_out() -> None:
    vectors = circle([0, 1, 50, 51])
    scenes = np.array([0, 0, 1, 1])
    assert false_merge_cos(vectors, scenes, 0.0) == pytest.approx(np.cos(np.deg2rad(49)), abs=1e-6)


def test_retrieval_counts_the_nearest_of_the_other_half() -> None:
    videos = np.array([0, 0, 1, 1, 2, 2])
    scenes = np.array([0, 0, 1, 1, 1, 1])
    # Video 0 finds itself; 1 finds 0 of another scene; 2 would find 1, which shares its scene.
    vectors = circle([0, 10, 12, 80, 79, 95])
    assert retrieval_of_video(vectors, videos, scenes) == pytest.approx(2 / 3)


def test_purity_is_balanced_over_classes() -> None:
    scenes = np.arange(6)
    classes = np.array([0, 0, 0, 0, 1, 1])
    vectors = circle([0, 1, 2, 3, 90, 30])
    # With k=1: all of class 0 are pure; the two of class 1 have class 1 and 0 as their nearest.
    assert purity_of_class(vectors, classes, scenes, k=1) == pytest.approx((1.0 + 0.5) / 2)


def test_worth_of_a_perfect_and_of_a_blind_backbone() -> None:
    shades = np.repeat(np.arange(4), 4)
    pictures = [np.full((16, 16, 3), 40 + 50 * shade, np.uint8) for shade in shades]
    probes = ProbeSet(pictures, videos=shades, scenes=shades, classes=shades % 2)

    def perfect(batch):
        means = np.array([image.mean() for image in batch])
        return circle(list(40.0 * np.rint((means - 40) / 50)))

    unchanged = {"nothing": pictures}
    best = worth_of(perfect, probes, unchanged)
    assert (best.duplicates, best.retrieval) == (1.0, 1.0)
    blind = worth_of(lambda batch: circle([0.0] * len(batch)), probes, unchanged)
    assert blind.duplicates == 0.0
    assert blind.retrieval < 1.0
    assert worth_of(perfect, ProbeSet(pictures, shades, shades), unchanged).purity is None


def test_probe_sets_are_checked() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(UsageError, match="for each image"):
        ProbeSet([picture], np.arange(2), np.arange(2))
    with pytest.raises(UsageError, match="two scenes"):
        ProbeSet([picture] * 2, np.zeros(2, int), np.zeros(2, int))
