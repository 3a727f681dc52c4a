"""Near-duplicates: exactly the plain rule, whatever is pruned, joined or cut into regions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import SelectionError
from framesel.selection import Duplicates, near_duplicates
from framesel.selection.duplicates import leader, links
from framesel.selection.vectors.dot import dots

from .vectors import KINDS, make, unit, vector_sets


class Plain:
    """The rule, written down as it is told: every frame against every kept one, in O(n^2)."""

    def __init__(self, vectors: np.ndarray, tau: float, quality: np.ndarray) -> None:
        self.vectors, self.tau = vectors, tau
        self.visit = sorted(range(len(vectors)), key=lambda i: (-quality[i], i))
        self.keeper = list(range(len(vectors)))
        self.cosine = [1.0] * len(vectors)

    def like(self, i: int, others: list[int]) -> list[float]:
        return [float(dots(self.vectors[k : k + 1], self.vectors[i])[0]) for k in others]

    def settle(self, i: int, kept: list[int]) -> None:
        cosines = self.like(i, kept)
        best = max(range(len(kept)), key=lambda at: (cosines[at], -at), default=None)
        if best is not None and cosines[best] >= np.float32(self.tau):
            self.keeper[i], self.cosine[i] = kept[best], cosines[best]
        else:
            self.keeper[i], self.cosine[i] = i, 1.0
            kept.append(i)

    def kept(self, group: set[int]) -> list[int]:
        return [i for i in self.visit if i in group and self.keeper[i] == i]

    def decide(self, group: set[int], first: list[int]) -> None:
        """Those that were kept first, then those that lost whom they had."""
        everywhere: list[int] = []
        for i in first:
            self.settle(i, everywhere)
        lost = set(first) - set(everywhere)
        for i in self.visit:
            if i in group and self.keeper[i] in lost and i not in lost:
                self.settle(i, everywhere)


def plain(
    vectors: np.ndarray, tau: float, quality: np.ndarray, video_no: np.ndarray, across: float
) -> tuple[list[int], list[float], list[int]]:
    """Keepers, cosines and shots."""
    rule = Plain(vectors, tau, quality)
    everything, shot = range(len(vectors)), video_no.tolist()
    for video in set(shot):
        alone: list[int] = []
        for i in rule.visit:
            if shot[i] == video:
                rule.settle(i, alone)
    keeper, cosine = list(rule.keeper), list(rule.cosine)
    first = {i for i in everything if keeper[i] == i}
    asked, bank = list(everything), sorted(first)
    while True:
        grown = set()
        for i in asked:
            for j, near in zip(bank, rule.like(i, bank), strict=True):
                if near >= np.float32(across) and shot[i] != shot[j]:
                    low, high = sorted((shot[i], shot[j]))
                    shot = [low if number == high else number for number in shot]
                    grown.add(low)
        if not grown:
            return rule.keeper, rule.cosine, shot
        for number in grown & set(shot):
            group = {i for i in everything if shot[i] == number}
            for i in group:
                rule.keeper[i], rule.cosine[i] = keeper[i], cosine[i]
            rule.decide(group, rule.kept(group))
        asked = bank = [i for i in everything if rule.keeper[i] == i and i not in first]


def check(
    vectors: np.ndarray,
    tau: float,
    quality: np.ndarray,
    video_no: np.ndarray,
    across: float | None = None,
) -> Duplicates:
    got = near_duplicates(vectors, tau, quality=quality, video_no=video_no, tau_across=across)
    keeper, cosine, shot = plain(vectors, tau, quality, video_no, across or tau)
    assert got.keeper.tolist() == keeper
    assert got.cos.tolist() == cosine
    assert got.mass.tolist() == np.bincount(keeper, minlength=len(vectors)).tolist()
    assert got.shot.tolist() == shot
    return got


@pytest.fixture(params=["scan", "prune"])
def _how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with and without pruning, and with batches small enough to matter."""
    if request.param == "prune":
        monkeypatch.setattr(leader, "SMALL", 0)
        monkeypatch.setattr(leader, "BATCH", 7)


@given(
    vectors=vector_sets(most=70),
    tau=st.sampled_from((0.2, 0.7, 0.9, 0.99, 1.0)),
    prune=st.booleans(),
    batch=st.sampled_from((1, 5, 256)),
    seed=st.integers(0, 10_000),
    stricter=st.sampled_from((0.0, 0.3, 0.9)),
    room=st.sampled_from((4, 8192)),
)
def test_it_is_the_plain_rule(
    vectors: np.ndarray,
    tau: float,
    prune: bool,
    batch: int,
    seed: int,
    stricter: float,
    room: int,
) -> None:
    rng = np.random.default_rng(seed)
    quality = rng.integers(0, 4, len(vectors)).astype(float)
    video_no = np.sort(rng.integers(0, 4, len(vectors)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leader, "SMALL", 0 if prune else 1024)
        patch.setattr(leader, "BATCH", batch)
        patch.setattr(links, "ROOM", room)
        check(vectors, tau, quality, video_no, tau + stricter * (1.0 - tau))


@pytest.mark.usefixtures("_how")
@pytest.mark.parametrize("tau", [0.6, 0.9, 0.97])
def test_footage_of_several_videos(tau: float) -> None:
    rng = np.random.default_rng(5)
    parts = [make("walk", 120, 40, seed) for seed in range(4)]
    parts.append(unit(parts[1] + 0.01 * rng.standard_normal(parts[1].shape)))
    video_no = np.repeat(np.arange(5), 120)
    got = check(np.concatenate(parts), tau, rng.random(600), video_no)
    assert 0 < got.kept.sum() < 600
    crossing = video_no[got.keeper] != video_no
    assert crossing.any()


@pytest.mark.usefixtures("_how")
@pytest.mark.parametrize("kind", KINDS)
def test_kept_frames_are_apart_and_dropped_ones_near(kind: str) -> None:
    vectors = make(kind, 150, 20, 1)
    tau = 0.8
    video_no = np.repeat(np.arange(5), 30)
    got = near_duplicates(vectors, tau, video_no=video_no)
    cosines = vectors @ vectors.T
    among = cosines[np.ix_(got.kept, got.kept)][~np.eye(got.kept.sum(), dtype=bool)]
    assert (among < tau + 1e-6).all()
    dropped = np.flatnonzero(~got.kept)
    assert got.kept[got.keeper].all()
    assert (cosines[dropped, got.keeper[dropped]] >= tau - 1e-6).all()
    assert got.mass.sum() == 150
    assert (got.mass[dropped] == 0).all()


def test_a_slow_pan_does_not_collapse() -> None:
    angle = np.linspace(0, np.pi / 2, 500)
    vectors = unit(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    got = near_duplicates(vectors, np.cos(0.1))
    assert 15 <= got.kept.sum() <= 17


def test_the_best_frame_is_kept() -> None:
    vectors = make("identical", 6, 8, 0)
    got = near_duplicates(vectors, 0.99, quality=[1, 5, 2, 9, 9, 0])
    assert got.keeper.tolist() == [3] * 6
    assert got.mass.tolist() == [0, 0, 0, 6, 0, 0]


def test_a_video_keeps_its_own_frame_before_another_may_replace_it() -> None:
    # Frame 2 is near 1, 1 is near 0, but 2 is not near 0: when 1 gives way to 0, 2 comes back.
    vectors = unit([[np.cos(a), np.sin(a)] for a in (0.0, 0.3, 0.6)])
    got = near_duplicates(vectors, np.cos(0.35), quality=[3, 2, 1], video_no=[0, 1, 1])
    assert got.keeper.tolist() == [0, 0, 2]


def test_a_static_camera_keeps_one_frame() -> None:
    rng = np.random.default_rng(0)
    vectors = unit(np.ones(32) + 1e-4 * rng.standard_normal((20_000, 32)))
    got = near_duplicates(vectors, 0.95, quality=rng.random(20_000))
    assert got.kept.sum() == 1
    assert got.mass.max() == 20_000


def test_threads_and_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.concatenate([make("walk", 400, 48, seed) for seed in range(4)])
    video_no = np.repeat(np.arange(4), 400)
    first = near_duplicates(vectors, 0.9, video_no=video_no)
    for threads, batch in ((1, 256), (2, 33), (3, 1000)):
        monkeypatch.setattr(leader.threads, "count", lambda wide=threads: wide)
        monkeypatch.setattr(leader, "SMALL", 100)
        monkeypatch.setattr(leader, "BATCH", batch)
        again = near_duplicates(vectors, 0.9, video_no=video_no)
        assert np.array_equal(first.keeper, again.keeper)
        assert np.array_equal(first.cos, again.cos)


def test_agrees_with_faiss_on_who_has_a_neighbour() -> None:
    faiss = pytest.importorskip("faiss")
    vectors = np.concatenate([make("clustered", 800, 64, seed) for seed in range(2)])
    index = faiss.IndexFlatIP(64)
    index.add(vectors)
    limits, cosines, _ = index.range_search(vectors, 0.9)
    assert np.abs(cosines - 0.9).min() > 1e-6
    got = near_duplicates(vectors, 0.9)
    alone = np.diff(limits.astype(np.int64)) == 1
    assert got.kept[alone].all()
    assert (got.mass[alone] == 1).all()
    assert got.kept.sum() < 1600


def test_rows_stored_in_half_precision_are_welcome() -> None:
    vectors = make("clustered", 200, 384, 3)
    half = near_duplicates(vectors.astype(np.float16), 0.9)
    assert np.array_equal(half.keeper, near_duplicates(vectors, 0.9).keeper)


def test_nothing_in_nothing_out() -> None:
    got = near_duplicates(np.empty((0, 8), np.float32), 0.9)
    assert len(got.keeper) == len(got.cos) == len(got.mass) == 0


@pytest.mark.parametrize("tau", [0.0, -0.5, 1.0001, float("nan")])
def test_a_threshold_that_makes_no_sense(tau: float) -> None:
    with pytest.raises(SelectionError, match="tau_cos"):
        near_duplicates(make("random", 3, 4, 0), tau)


def test_columns_that_do_not_fit() -> None:
    vectors = make("random", 3, 4, 0)
    with pytest.raises(SelectionError, match="quality has shape"):
        near_duplicates(vectors, 0.9, quality=[1.0])
    with pytest.raises(SelectionError, match="video_no"):
        near_duplicates(vectors, 0.9, video_no=[0, 1, 1.5])
    with pytest.raises(SelectionError, match=r"quality\[1\] is nan"):
        near_duplicates(vectors, 0.9, quality=[1.0, np.nan, 0.0])
