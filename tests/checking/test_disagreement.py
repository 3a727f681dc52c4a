"""Suspicions in words, from labels and detections that are made up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from framesel.checking.disagreement import HOWS, disagreements
from framesel.checking.seen import Seen
from framesel.checking.suspect import Suspect
from framesel.errors import UsageError
from framesel.uncertainty.annotated import Annotated
from tests.uncertainty.test_label_quality import scene, without

CLASSES = ("car", "bus", "truck")


def suspected(boxes: Annotated, video: np.ndarray, how: str = "learned") -> list[Suspect]:
    """What is told of all frames."""
    seen = Seen(np.arange(boxes.pictures) + 5, boxes, np.arange(len(boxes.xyxy)), CLASSES)
    labelled: Any = SimpleNamespace(video_no=np.concatenate([[9] * 5, video]))
    return list(disagreements(labelled, seen, how, 0.5))


def test_clean_labels_are_not_suspected() -> None:
    assert suspected(*scene()) == []


def test_each_fault_is_told_once_with_what_should_be() -> None:
    boxes, video = scene()
    (dropped,) = suspected(without(boxes, 33), video)
    assert (dropped.frame, dropped.kind, dropped.label) == (5 + 33 // 2, "overlooked", "bus")
    np.testing.assert_allclose(dropped.xyxy, boxes.seen_xyxy[33])
    assert "the detector sees bus" in dropped.why

    xyxy = boxes.xyxy.copy()
    xyxy[50] += [8, 4, 8, 4]
    (shifted,) = suspected(replace(boxes, xyxy=xyxy), video)
    assert (shifted.frame, shifted.kind, shifted.label) == (5 + 25, "located", "car")
    assert shifted.better_xyxy == tuple(boxes.seen_xyxy[50])
    assert shifted.xyxy == tuple(xyxy[50])

    class_no = boxes.class_no.copy()
    class_no[7] = 2
    (swapped,) = suspected(replace(boxes, class_no=class_no), video)
    assert (swapped.frame, swapped.kind, swapped.better) == (5 + 3, "swapped", "bus")
    assert swapped.why == "labelled truck; the detector says bus"

    xyxy = boxes.xyxy.copy()
    xyxy[11] = [2, 90, 22, 100]
    kinds = {one.kind: one for one in suspected(replace(boxes, xyxy=xyxy), video)}
    assert set(kinds) == {"spurious", "overlooked"}
    assert kinds["spurious"].xyxy == (2, 90, 22, 100)


def test_two_boxes_on_one_place_are_one_overlooked_object() -> None:
    boxes, video = scene()
    fewer = without(boxes, 33)
    twice = replace(
        fewer,
        seen_offsets=fewer.seen_offsets + (np.arange(len(fewer.seen_offsets)) > 16),
        seen_xyxy=np.insert(fewer.seen_xyxy, 33, fewer.seen_xyxy[33] + 0.5, axis=0),
        share=np.insert(fewer.share, 33, fewer.share[33], axis=0),
    )
    assert [one.kind for one in suspected(twice, video)] == ["overlooked"]


@pytest.mark.parametrize("how", sorted(HOWS))
def test_every_way_finds_a_plain_swap_and_a_plain_drop(how: str) -> None:
    boxes, video = scene()
    share = boxes.share.copy()
    share[[7, 33]] = [[0.005, 0.98, 0.005, 0.01]] * 2
    class_no = boxes.class_no.copy()
    class_no[7] = 2
    faulty = without(replace(boxes, share=share, class_no=class_no), 33)
    best: dict[str, Suspect] = {}
    for one in suspected(faulty, video, how):
        best[one.kind] = max(one, best.get(one.kind, one), key=lambda s: s.score)
    assert best["swapped"].frame == 5 + 3
    assert best["overlooked"].frame == 5 + 16


def test_there_must_be_such_a_way() -> None:
    with pytest.raises(UsageError, match="no way 'guess'"):
        suspected(*scene(), "guess")
