"""Coverage that tells shots apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.coverage.occasions import occasions, shared_mass
from framesel.selection.coverage.widths import natural_width
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.cover import Cover
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.places import weight_for, with_places

from .vectors import unit

NOTHING = np.empty((0, 6), np.float32)


def some(rng: np.random.Generator, n: int, dim: int = 6) -> F32:
    found: F32 = unit(rng.standard_normal((n, dim))).astype(np.float32)
    return found


def kernel(vectors: F32, width: float) -> F64:
    distance_2 = np.maximum(2.0 - 2.0 * (vectors.astype(np.float64) @ vectors.T), 0.0)
    found: F64 = np.exp(-distance_2 / (2.0 * width**2))
    return found


@given(seed=st.integers(0, 10_000), trust=st.floats(0.1, 1.0), width=st.floats(0.3, 1.0))
def test_the_kernel_is_as_before_in_a_shot_and_a_part_of_it_across(
    seed: int, trust: float, width: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = some(rng, 60)
    shots = rng.integers(12, size=60)
    space = occasions(Candidates(vectors=vectors, shots=shots), NOTHING, trust, width)
    plain, placed = kernel(vectors, width), kernel(space.vectors, space.width)
    same = shots[:, None] == shots[None]
    assert np.allclose(placed[same], plain[same], atol=1e-4)
    ratio = placed[~same] / plain[~same]
    assert np.median(ratio) == pytest.approx(trust, abs=0.12)
    # Two codes of 64 signs differ from orthogonal by chance alone.
    assert (ratio <= max(trust ** (1 - 0.6), trust) + 1e-6).all()


def test_the_weight_of_places_is_the_one_that_gives_the_trust() -> None:
    weight = weight_for(0.3, 0.5)
    assert np.exp(-weight / ((1 - weight) * 0.5**2)) == pytest.approx(0.3)
    assert weight_for(1.0, 0.5) == 0.0


def test_what_is_known_lies_in_its_shot_or_in_none() -> None:
    rng = np.random.default_rng(0)
    vectors, known = some(rng, 8), some(rng, 3)
    told = Candidates(vectors=vectors, shots=np.arange(8), already_shots=np.array([5, 5, 99]))
    space = occasions(told, known, 0.5, 0.5)
    weight = weight_for(0.5, 0.5)
    assert np.allclose(space.already[:2], with_places(known[:2], np.array([5, 5]), weight))
    untold = occasions(Candidates(vectors=vectors, shots=np.arange(8)), known, 0.5, 0.5)
    codes = np.concatenate([untold.vectors, untold.already])[:, 6:]
    assert len(np.unique(np.sign(codes), axis=0)) == 11


def test_shots_of_other_frames_are_refused() -> None:
    rng = np.random.default_rng(0)
    told = Candidates(vectors=some(rng, 8), shots=np.arange(8), already_shots=np.array([1, 2]))
    with pytest.raises(SelectionError, match="already_shots has 2 entries for 3 already chosen"):
        Cover().select(told, 2, some(rng, 3), Limits(), np.random.default_rng(0))


def test_without_shots_nothing_changes() -> None:
    rng = np.random.default_rng(1)
    vectors, known = some(rng, 40), some(rng, 4)
    plain = Candidates(vectors=vectors, mass=np.arange(1, 41))
    space = occasions(plain, known, 0.5)
    assert space.vectors is plain.vectors
    assert space.width == natural_width(plain.vectors, known)
    assert np.allclose(shared_mass(plain, 0.5), np.sqrt(np.arange(1, 41)))
    each = Candidates(vectors=vectors, mass=np.arange(1, 41), shots=np.arange(40))
    assert np.allclose(shared_mass(each, 0.5), np.sqrt(np.arange(1, 41)))


def test_the_frames_of_a_shot_share_its_weight() -> None:
    mass = np.array([1.0, 3.0, 16.0, 4.0, 5.0])
    told = Candidates(vectors=some(np.random.default_rng(2), 5), mass=mass, shots=[7, 7, 3, 9, 9])
    assert np.allclose(shared_mass(told, 0.5), [0.5, 1.5, 4.0, 3 * 4 / 9, 3 * 5 / 9])
    assert np.allclose(Cover(alpha=0.0).weights(told), [0.25, 0.75, 1.0, 4 / 9, 5 / 9])


def spells(rng: np.random.Generator, shots: int, frames: int) -> tuple[F32, I64]:
    """Shots that all look alike, of frames that hardly change."""
    sky = some(rng, 1, 16)[0]
    middle = sky + 0.05 * rng.standard_normal((shots, 16))
    vectors = np.repeat(middle, frames, axis=0) + 0.05 * rng.standard_normal((shots * frames, 16))
    return unit(vectors).astype(np.float32), np.repeat(np.arange(shots), frames)


def test_look_alike_shots_are_each_visited_before_one_is_visited_twice() -> None:
    rng = np.random.default_rng(3)
    vectors, shots = spells(rng, 30, 4)
    cover = Cover(rare=0.0, control=0.0, trust=0.3)

    def visited(told: Candidates) -> int:
        picks = cover.select(told, 30, NOTHING[:, :0], Limits(), np.random.default_rng(0))
        return len(np.unique(shots[picks.indices]))

    assert visited(Candidates(vectors=vectors, shots=shots)) == 30
    assert visited(Candidates(vectors=vectors)) < 27


def test_shots_that_were_labelled_come_last() -> None:
    rng = np.random.default_rng(4)
    vectors, shots = spells(rng, 30, 4)
    known = np.flatnonzero(shots < 15)[::4]
    free = np.setdiff1d(np.arange(len(shots)), known)
    told = Candidates(vectors=vectors[free], shots=shots[free], already_shots=shots[known])
    cover = Cover(rare=0.0, control=0.0, trust=0.3)
    picks = cover.select(told, 15, vectors[known], Limits(), np.random.default_rng(0))
    assert (shots[free][picks.indices] >= 15).all()
