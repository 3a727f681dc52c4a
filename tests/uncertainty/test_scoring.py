"""From evidence to one number a picture: every score, every aggregation, nothing blind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty.aggregation import How
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.compact import compact
from framesel.uncertainty.evidence import Evidence, Line, Look, ScoreSettings
from framesel.uncertainty.groups import GROUPS, own_probabilities
from framesel.uncertainty.laplace import LastLayerLaplace
from framesel.uncertainty.one_pass import box_scores
from framesel.uncertainty.registry import NEEDS, SCORES, checked_names
from framesel.uncertainty.scoring import fill_empty, picture_scores

CLASSES = ("a", "b", "c", "d")
NAMES = [name for name, score in SCORES.items() if score.group not in ("pool", "silence")]


def random_boxes(counts: list[int], seed: int = 0, dim: int = 6) -> Boxes:
    rng = np.random.default_rng(seed)
    m = sum(counts)
    corner = rng.uniform(0, 60, (m, 2))
    xyxy = np.concatenate([corner, corner + rng.uniform(5, 40, (m, 2))], axis=1)
    top_class, top_logit, rest = compact(rng.normal(-1, 2, (m, len(CLASSES))), 2, "sigmoid")
    sides = rng.dirichlet(np.ones(8), (m, 4))
    n = len(counts)
    return Boxes(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        size_wh=np.full((n, 2), 100, np.float32),
        peak=np.zeros(n, np.float32),
        faint=rng.uniform(0, 1, n).astype(np.float32),
        xyxy=xyxy.astype(np.float32),
        top_class=top_class,
        top_logit=top_logit.astype(np.float32),
        rest=rest,
        level=rng.integers(0, 3, m).astype(np.int8),
        head=rng.integers(0, 3, m).astype(np.uint8),
        classes=CLASSES,
        features=rng.normal(size=(m, dim)).astype(np.float16),
        sides=sides.astype(np.float16),
        strides=(8, 16, 32),
        scale=np.ones(n, np.float32),
    )


@pytest.fixture(scope="module")
def known() -> Evidence:
    boxes = random_boxes([3, 0, 5, 1, 12])
    rng = np.random.default_rng(1)
    layer = (rng.normal(size=(3, 4, 6)), rng.normal(size=(3, 4)))
    laplace = LastLayerLaplace(3, 4, 6)
    laplace.update(boxes.features, boxes.head, own_probabilities(boxes))
    picture = boxes.picture_of()
    line = Line(
        boxes=boxes,
        video_no=np.zeros(5, np.int64),
        index=np.arange(5),
        t_s=np.arange(5) / 30,
        clip=np.zeros(5, np.int64),
        track=np.arange(len(boxes)) - boxes.offsets[picture],
        picture=np.arange(5),
    )
    return Evidence(
        boxes=boxes,
        committee=(
            Look(np.array([4, 0, 2]), random_boxes([9, 2, 4], seed=2)),
            Look(np.array([0, 2, 3, 4]), random_boxes([1, 2, 3, 4], seed=3)),
        ),
        views={
            view: Look(np.array([3, 1, 4]), random_boxes([1, 2, 10], seed=4))
            for view in ("hflip", "bright", "crop")
        },
        line=line,
        layer=layer,
        laplace=laplace.finish(),
    )


def test_the_registry_is_whole() -> None:
    for name, score in SCORES.items():
        assert score.name == name
        assert score.group == "pool" or score.group in GROUPS
        assert set(score.needs) <= set(NEEDS)
        assert score.summary
        assert score.reference
    with pytest.raises(UsageError, match="did you mean 'entropy'"):
        checked_names(("entropie",))


@pytest.mark.parametrize(
    "how", ["max", "mean", "sum", "top_mean", "noisy_or", "class_weighted_sum"]
)
def test_every_score_aggregates_in_every_way(known: Evidence, how: How) -> None:
    counts = np.array([5, 0, 1, 2]) if how == "class_weighted_sum" else None
    found = picture_scores(known, NAMES, how, class_counts=counts)
    assert set(NAMES) <= set(found)
    for name in NAMES:
        values = found[name]
        assert values.shape == (5,)
        assert not np.isinf(values).any()
        assert np.isfinite(values).any(), name
        if how == "noisy_or" and SCORES[name].group != "time":
            assert np.nanmin(values) >= 0
            assert np.nanmax(values) <= 1


def test_pictures_that_a_member_has_not_seen_have_no_committee_score(known: Evidence) -> None:
    found = picture_scores(known, ["vote_entropy", "entropy"])
    assert np.isnan(found["vote_entropy"]).tolist() == [False, True, False, True, False]
    assert np.isnan(found["entropy"]).tolist() == [False, True, False, False, False]


def test_a_committee_is_lined_up_whatever_the_order_of_its_looks(known: Evidence) -> None:
    def turned(look: Look) -> Look:
        order = np.arange(len(look.pictures))[::-1]
        return Look(look.pictures[order], look.boxes.pick(order))

    other = replace(known, committee=tuple(turned(look) for look in known.committee))
    for name in ("vote_entropy", "average_kl", "box_disagreement"):
        one, two = (picture_scores(e, [name])[name] for e in (known, other))
        np.testing.assert_array_equal(one, two)


def test_a_box_score_is_that_of_the_box_alone(known: Evidence) -> None:
    scores = box_scores(known.boxes)["entropy"]
    found = picture_scores(known, ["entropy"], "top_mean", m=2)["entropy"]
    for picture in (0, 2, 3, 4):
        start, end = known.boxes.offsets[picture : picture + 2]
        best = np.sort(scores[start:end])[::-1][:2]
        assert found[picture] == pytest.approx(best.sum() / 2, rel=1e-5)


def test_pictures_are_scored_independently(known: Evidence) -> None:
    single = [n for n in NAMES if SCORES[n].group in ("one_pass", "place", "model_change")]
    whole = picture_scores(known, single)
    for picture in range(5):
        alone = picture_scores(Evidence(known.boxes.pick(np.array([picture]))), single)
        for name in single:
            np.testing.assert_allclose(alone[name][0], whole[name][picture], rtol=1e-5)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1), st.booleans()), min_size=2, max_size=30)
)
def test_empty_pictures_rank_as_their_silence(rows: list[tuple[float, float, bool]]) -> None:
    values = np.array([v if there else np.nan for v, _, there in rows], np.float32)
    silence = np.array([s for _, s, _ in rows], np.float32)
    filled = fill_empty(values, silence)
    there = ~np.isnan(values)
    np.testing.assert_array_equal(filled[there], values[there])
    assert not np.isnan(filled).any()
    if there.any():
        low, high = values[there].min(), values[there].max()
        assert (filled >= low - 1e-5).all()
        assert (filled <= high + 1e-5).all()
    empty = np.flatnonzero(~there)
    for one in empty:
        for other in empty:
            if silence[one] < silence[other]:
                assert filled[one] <= filled[other] + 1e-6


def test_settings_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="dropout"):
        ScoreSettings(dropout=1.0)
