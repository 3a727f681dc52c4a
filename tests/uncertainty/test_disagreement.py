"""Committees of detectors: boxes joined to objects, and what is thought of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import disagreement as module
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.disagreement import MEASURES, disagreement_scores, groups
from framesel.uncertainty.matching import iou

from .structures import at, boxes

LN2 = np.log(2)


def some_committee(seed: int, members: int = 3, pictures: int = 4) -> list[Boxes]:
    """Boxes around a few places, so that there is something to join and something to choose."""
    rng = np.random.default_rng(seed)
    return [
        boxes(
            [
                [
                    (
                        at(*(25 * rng.integers(0, 3, 2) + rng.uniform(0, 9, 2))),
                        rng.uniform(0.02, 0.9, 2),
                    )
                    for _ in range(rng.integers(0, 6))
                ]
                for _ in range(pictures)
            ]
        )
        for _ in range(members)
    ]


def joined_plainly(members: list[Boxes], picture: int, least_iou: float) -> list[list[int]]:
    """The rule of ``groups`` as a search among all boxes that are left."""
    left = {
        (number, row)
        for number, found in enumerate(members)
        for row in range(found.offsets[picture], found.offsets[picture + 1])
    }
    sure = [found.confidence() for found in members]
    objects = []
    while left:
        seed = min(left, key=lambda box: (-sure[box[0]][box[1]], box))
        left.remove(seed)
        rows = [-1] * len(members)
        rows[seed[0]] = seed[1]
        for number, found in enumerate(members):
            mine = sorted(row for who, row in left if who == number)
            if number == seed[0] or not mine:
                continue
            overlap = iou(members[seed[0]].xyxy[[seed[1]]], found.xyxy[mine])[0]
            if overlap.max() >= least_iou:
                ties = [r for r, o in zip(mine, overlap, strict=True) if o == overlap.max()]
                rows[number] = max(ties, key=lambda row: sure[number][row])
                left.remove((number, rows[number]))
        objects.append(rows)
    return objects


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.sampled_from((0.2, 0.5)))
def test_the_loop_is_the_plain_search(seed: int, count: int, least_iou: float) -> None:
    members = some_committee(seed, count)
    found = groups(members, least_iou)
    for picture in range(4):
        rows = found.rows[found.offsets[picture] : found.offsets[picture + 1]]
        assert rows.tolist() == joined_plainly(members, picture, least_iou)


@given(st.integers(0, 2**32 - 1))
def test_every_box_is_in_one_object_and_the_order_of_members_is_free(seed: int) -> None:
    members = some_committee(seed)
    found = groups(members)
    for number, seen in enumerate(members):
        rows = found.rows[:, number]
        assert sorted(rows[rows >= 0]) == list(range(len(seen)))
        assert (seen.picture_of()[rows[rows >= 0]] == np.repeat(
            np.arange(4), np.diff(found.offsets))[rows >= 0]).all()  # fmt: skip
    turned = groups(members[::-1])
    assert np.array_equal(turned.rows[:, ::-1], found.rows)
    np.testing.assert_allclose(turned.apart, found.apart, atol=1e-6)
    assert np.array_equal(turned.offsets, found.offsets)


@given(st.integers(0, 2**32 - 1))
def test_bounds_of_the_scores(seed: int) -> None:
    members = some_committee(seed)
    scores, offsets = disagreement_scores(members)
    bounds = {
        "vote_entropy": np.log(3),
        "average_kl": np.log(3),
        "max_disagreement": np.log(3),
        "consensus_entropy": np.log(3),
        "variation_ratio": 2 / 3,
        "variation_ratio_of_mean": 2 / 3,
        "box_disagreement": 1.0,
    }
    assert set(scores) == set(bounds)
    for name, bound in bounds.items():
        values = scores[name]
        assert values.shape == (offsets[-1],)
        assert values.dtype == np.float32
        told = values[~np.isnan(values)]
        assert (told >= -1e-6).all()
        assert (told <= bound + 1e-6).all()


def test_members_that_agree_have_nothing_to_tell() -> None:
    one = boxes([[(at(0), (0.9, 0.1)), (at(60), (0.2, 0.6))], []])
    scores, offsets = disagreement_scores([one, one, one])
    assert offsets.tolist() == [0, 2, 2]
    for name in ("vote_entropy", "average_kl", "max_disagreement", "variation_ratio"):
        np.testing.assert_allclose(scores[name], 0, atol=1e-6)
    np.testing.assert_allclose(scores["box_disagreement"], 0, atol=1e-6)
    assert (scores["consensus_entropy"] > 0.1).all()


def test_an_object_that_one_member_sees_is_a_vote_against_nothing() -> None:
    sees = boxes([[(at(0), (1 - 1e-6,))]], classes=1)
    blind = boxes([[]], classes=1)
    scores, _ = disagreement_scores([sees, blind])
    for name in ("vote_entropy", "average_kl", "max_disagreement", "consensus_entropy"):
        assert scores[name] == pytest.approx(LN2, abs=1e-4)
    assert scores["variation_ratio"] == pytest.approx(0.5)
    assert np.isnan(scores["box_disagreement"]).all()


def test_how_far_boxes_are_apart() -> None:
    sides = [boxes([[(at(x), (0.9 - x / 100, 0.1))]]) for x in (0, 2, 4)]
    two, four = iou(np.array([at(0)]), np.array([at(2), at(4)]))[0]
    scores, _ = disagreement_scores(sides)
    assert scores["box_disagreement"] == pytest.approx(1 - (two + two + four) / 3)


def test_the_class_is_not_what_joins() -> None:
    a, b = boxes([[(at(0), (0.9, 0.05))]]), boxes([[(at(1), (0.05, 0.8))]])
    scores, offsets = disagreement_scores([a, b])
    assert offsets.tolist() == [0, 1]
    assert scores["vote_entropy"] == pytest.approx(LN2)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    members = some_committee(5, pictures=9)
    whole, offsets = disagreement_scores(members)
    monkeypatch.setattr(module, "_CHUNK", 1)
    parts, same = disagreement_scores(members)
    assert np.array_equal(offsets, same)
    for name in MEASURES:
        assert np.array_equal(whole[name], parts[name])


def test_no_boxes_and_no_pictures() -> None:
    for pictures in ([], [[], []]):
        scores, offsets = disagreement_scores([boxes(pictures), boxes(pictures)])
        assert offsets.tolist() == [0] * (len(pictures) + 1)
        assert all(values.shape == (0,) for values in scores.values())


def test_boxes_without_area_stand_alone() -> None:
    flat = boxes([[((5, 5, 5, 5), (0.9, 0.1)), ((9, 9, 1, 1), (0.8, 0.1))]])
    assert groups([flat, flat]).rows.tolist() == [[0, -1], [-1, 0], [1, -1], [-1, 1]]


def test_committees_that_cannot_be() -> None:
    one = boxes([[]])
    with pytest.raises(UsageError, match="two members"):
        groups([one])
    with pytest.raises(UsageError, match="1 and 2 pictures"):
        groups([one, boxes([[], []])])
    with pytest.raises(UsageError, match="different classes"):
        groups([one, replace(one, classes=("cat", "dog"))])
    with pytest.raises(UsageError, match="least_iou"):
        groups([one, one], 0.0)
