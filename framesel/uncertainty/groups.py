"""Scores that are computed together, from what is known of some pictures.

A group gives numbers per box (or per object that several looks share), with offsets that say which
belong to a picture, or numbers per picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.uncertainty.boxes import I64, Array, Boxes
from framesel.uncertainty.compact import dense
from framesel.uncertainty.evidence import Evidence, Look


@dataclass(frozen=True, eq=False)
class Group:
    """What one computation gives.

    Attributes:
        values: By score: (k,) per box or object, or (n,) per picture.
        offsets: (n + 1,) of the boxes or objects; None where the values are per picture.
        classes: (k,) likeliest class of each box; None where several looks share an object, or
            where the values are per picture.
        seen: (n,) bool, pictures of which the group knows anything; the others have no score.
    """

    values: Mapping[str, Array]
    offsets: I64 | None = None
    classes: Array | None = None
    seen: Array | None = None


def _per_box(boxes: Boxes, values: Mapping[str, Array]) -> Group:
    return Group(values, boxes.offsets, boxes.top_class[:, 0])


def _one_pass(known: Evidence) -> Group:
    from framesel.uncertainty.one_pass import box_scores

    return _per_box(known.boxes, box_scores(known.boxes))


def _mc_dropout(known: Evidence) -> Group:
    from framesel.uncertainty.bayesian import mc_dropout

    assert known.layer is not None
    weight, bias = known.layer
    chosen = known.settings
    scores = mc_dropout(
        known.boxes, weight, bias, rate=chosen.dropout, samples=chosen.samples, seed=chosen.seed
    )
    return _per_box(known.boxes, scores)


def _laplace(known: Evidence) -> Group:
    assert known.laplace is not None
    return _per_box(known.boxes, known.laplace.scores(known.boxes))


def _model_change(known: Evidence) -> Group:
    from framesel.uncertainty.model_change import box_gradient_length, box_gradient_norm

    return _per_box(
        known.boxes,
        {
            "expected_gradient_length": box_gradient_length(known.boxes),
            "gradient_norm": box_gradient_norm(known.boxes),
        },
    )


def _place(known: Evidence) -> Group:
    from framesel.uncertainty.place import localisation_variance, side_entropy

    return _per_box(
        known.boxes,
        {
            "localisation_variance": localisation_variance(known.boxes),
            "side_entropy": side_entropy(known.boxes),
        },
    )


def _committee(known: Evidence) -> Group:
    from framesel.uncertainty.disagreement import disagreement_scores

    common = np.arange(known.boxes.pictures)
    for look in known.committee:
        common = np.intersect1d(common, look.pictures)
    members = [known.boxes.pick(common)]
    members += [_restricted(look, common) for look in known.committee]
    values, offsets = disagreement_scores(members, known.settings.least_iou)
    return _spread(Group(values, offsets), common, known.boxes.pictures)


def _view(name: str) -> Callable[[Evidence], Group]:
    def group(known: Evidence) -> Group:
        from framesel.uncertainty.consistency import inconsistency

        look = known.views[name]
        original = known.boxes.pick(look.pictures)
        values, offsets = inconsistency(
            original, look.boxes, look.visible, known.settings.least_iou
        )
        group = Group({f"{name}_inconsistency": values}, offsets)
        return _spread(group, look.pictures, known.boxes.pictures)

    return group


def _time(known: Evidence) -> Group:
    from framesel.uncertainty.temporal import temporal_scores

    line, n = known.line, known.boxes.pictures
    names = ("flicker", "jitter", "class_switch", "gap", "lonely")
    values = {name: np.full(n, np.nan, np.float32) for name in names}
    if line is not None:
        candidate = line.picture >= 0
        found = temporal_scores(
            line.boxes,
            time=line.index,
            track=line.track,
            clip=line.clip,
            candidate=candidate,
            confident=known.settings.confident,
        )
        for name in names:
            values[name][line.picture[candidate]] = found[name][candidate]
    return Group(values)


def _silence(known: Evidence) -> Group:
    from framesel.uncertainty.silence import confident_count, faint, nearby
    from framesel.uncertainty.temporal import gap_evidence, gaps

    confident, n = known.settings.confident, known.boxes.pictures
    count = confident_count(known.boxes, confident).astype(np.float32)
    values = {"faint": faint(known.boxes, confident), "confident_count": count}
    values |= {name: np.full(n, np.nan, np.float32) for name in ("gap_evidence", "nearby")}
    line = known.line
    if line is not None:  # companions are witnesses too
        there = line.picture >= 0
        place = line.picture[there]
        witnesses = confident_count(line.boxes, confident)
        weak = faint(line.boxes, confident)
        around = nearby(witnesses, line.video_no, line.t_s, faint=weak)
        found = gaps(
            line.boxes, time=line.index, track=line.track, clip=line.clip, confident=confident
        )
        values["nearby"][place] = around[there]
        values["gap_evidence"][place] = gap_evidence(found, line.boxes.pictures)[there]
    return Group(values)


def own_probabilities(boxes: Boxes) -> Array:
    """(m, C) float64: the probability of each class, as the detector itself states it."""
    q = dense(boxes).astype(np.float64)
    if boxes.activation == "softmax":
        return q[:, :-1]
    own: Array = q[:, :-1] / (q[:, :-1] + q[:, -1:])
    return own


GROUPS: Final[Mapping[str, Callable[[Evidence], Group]]] = {
    "one_pass": _one_pass,
    "mc_dropout": _mc_dropout,
    "laplace": _laplace,
    "model_change": _model_change,
    "place": _place,
    "committee": _committee,
    "hflip": _view("hflip"),
    "bright": _view("bright"),
    "crop": _view("crop"),
    "time": _time,
    "silence": _silence,
}


def _restricted(look: Look, common: I64) -> Boxes:
    rows = np.searchsorted(look.pictures[order := np.argsort(look.pictures)], common)
    return look.boxes.pick(order[rows])


def _spread(group: Group, pictures: I64, n: int) -> Group:
    """The same group for all n pictures, of which it knew these."""
    assert group.offsets is not None
    order = np.argsort(pictures)
    count = np.zeros(n, np.int64)
    count[pictures] = np.diff(group.offsets)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    starts = group.offsets[:-1][order]
    lengths = np.diff(group.offsets)[order]
    rows = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    seen = np.zeros(n, np.bool_)
    seen[pictures] = True
    values = {name: column[rows] for name, column in group.values.items()}
    return Group(values, offsets, None, seen)
