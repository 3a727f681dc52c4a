"""Which pictures come, and that boxes follow the pixels through the edits."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import StageError
from framesel.training import freeze, read
from framesel.training.batches import Batches
from framesel.training.pictures import Pictures
from framesel.training.settings import TrainSettings
from tests.training.conftest import CLASSES, SHORT, SIZE_PX, example

STILL = {"mosaic": 0.0, "flip": 0.0, "scale": 0.0, "translate": 0.0, "colour": 0.0}


class Counted:
    """So many pictures."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count


def batches(data: Path, room: int = 2**30, **changes: object) -> Batches:
    settings = SHORT.model_copy(update=changes)
    return Batches(Pictures(read(data), SIZE_PX, False, room), SIZE_PX, settings)


@given(st.integers(1, 40), st.integers(1, 17), st.integers(0, 5))
def test_each_pass_has_every_picture_once(count: int, size: int, seed: int) -> None:
    maker = object.__new__(Batches)
    maker._pictures, maker._settings = Counted(count), TrainSettings(batch=size, seed=seed)
    drawn = np.concatenate([maker.rows(number) for number in range(3 * count)])
    assert len(drawn) == 3 * count * size
    passes = drawn.reshape(-1, count) if len(drawn) % count == 0 else None
    assert passes is not None
    assert (np.sort(passes, axis=1) == np.arange(count)).all()
    if count > 10:
        assert not (passes[0] == passes[1]).all()


def test_a_batch_depends_on_its_iteration_alone(data: Path) -> None:
    one = batches(data)
    first = [one(number) for number in (0, 1, 0)]
    other = batches(data, room=0)(1)
    assert torch.equal(first[0].images, first[2].images)
    assert torch.equal(first[0].xywh, first[2].xywh)
    assert torch.equal(first[1].images, other.images)  # in memory or not
    assert not torch.equal(first[0].images, first[1].images)
    assert not torch.equal(batches(data, seed=4)(1).images, first[1].images)


def test_the_callers_randomness_is_untouched(data: Path) -> None:
    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.rand()
    random.seed(5)
    np.random.seed(5)
    batches(data)(0)
    assert (random.random(), np.random.rand()) == expected


def test_a_still_picture_is_the_picture(data: Path) -> None:
    """Without edits: 64x48 in the middle of a gray square, boxes where they were."""
    maker = batches(data, **STILL)
    frozen = read(data)
    batch = maker(0)
    for slot, row in enumerate(maker.rows(0)):
        one = frozen.pictures[row]
        image = batch.images[slot].numpy().transpose(1, 2, 0)[..., ::-1]
        inner = Pictures(frozen, SIZE_PX, False).get_image_and_label(int(row))["img"]
        assert np.array_equal(image[8:56], inner)
        assert (image[:8] == 114).all()
        assert (image[56:] == 114).all()
        found = batch.xywh[batch.picture == slot].numpy() * SIZE_PX
        expected = one.xywh * np.tile(one.size_wh, 2) + [0, 8, 0, 0]
        assert np.allclose(found, expected, atol=0.01)
        assert np.array_equal(batch.class_no[batch.picture == slot], one.class_no)


def test_a_mirrored_picture_has_mirrored_boxes(data: Path) -> None:
    plain, mirrored = (batches(data, **{**STILL, "flip": flip})(0) for flip in (0.0, 1.0))
    assert torch.equal(mirrored.images, plain.images.flip(3))
    assert torch.allclose(mirrored.xywh[:, 0], 1 - plain.xywh[:, 0], atol=1e-6)
    assert torch.equal(mirrored.xywh[:, 1:], plain.xywh[:, 1:])


@pytest.mark.parametrize("mosaic", [0.0, 1.0])
def test_boxes_follow_what_is_bright(mosaic: float, tmp_path: Path) -> None:
    freeze(tmp_path, [example(k, 1, (96, 96)) for k in range(4)], CLASSES)
    maker = batches(tmp_path, mosaic=mosaic, colour=0.0, plain_end=0, batch=8, iterations=9)
    boxes = 0
    for number in range(6):
        batch = maker(number)
        bright = (batch.images.float().mean(dim=1) > 180).numpy()
        inside = np.zeros_like(bright)
        for slot, (x, y, w, h) in zip(batch.picture.int(), batch.xywh * SIZE_PX, strict=True):
            rows = slice(max(0, int(y - h / 2) - 1), int(y + h / 2) + 2)
            columns = slice(max(0, int(x - w / 2) - 1), int(x + w / 2) + 2)
            inside[slot, rows, columns] = True
            boxes += 1
            if min(w, h) > 8:  # smaller ones are mostly edge
                y1, y2, x1, x2 = y - h / 4, y + h / 4, x - w / 4, x + w / 4
                assert bright[slot, int(y1) : int(y2), int(x1) : int(x2)].all()
        outside = bright & ~inside
        # Slivers under two pixels at the border lose their box.
        assert outside.mean() < 0.01
    assert boxes > 24
    assert (boxes > 60) == (mosaic > 0)


def test_mosaics_end_before_the_training_does(data: Path) -> None:
    settings = {**STILL, "mosaic": 1.0, "iterations": 4, "plain_end": 2}
    maker, still = batches(data, **settings), batches(data, **STILL)
    same = [torch.equal(maker(k).images, still(k).images) for k in range(4)]
    assert same == [False, False, True, True]


@pytest.mark.parametrize("colour", [0.0, 1.0])
def test_colours_change_by_the_setting(colour: float, data: Path) -> None:
    changed = batches(data, **{**STILL, "colour": colour})(0).images
    assert torch.equal(changed, batches(data, **STILL)(0).images) == (colour == 0.0)


def test_one_picture_fills_every_batch(tmp_path: Path) -> None:
    freeze(tmp_path, [example(0)], CLASSES)
    batch = batches(tmp_path, batch=3)(0)
    assert batch.images.shape == (3, 3, SIZE_PX, SIZE_PX)


def test_pictures_become_squares_only_where_that_is_asked(data: Path) -> None:
    frozen = read(data)
    shapes = [
        Pictures(frozen, 80, stretched).get_image_and_label(0)["img"].shape
        for stretched in (False, True)
    ]
    assert shapes == [(60, 80, 3), (80, 80, 3)]


def test_what_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    import dataclasses

    broken = dataclasses.replace(example(0), jpeg=b"\xff\xd8 no picture")
    freeze(tmp_path / "broken", [broken], CLASSES)
    with pytest.raises(StageError, match=r"p0\.jpg: this picture is damaged"):
        Pictures(read(tmp_path / "broken"), 64, False).get_image_and_label(0)
    freeze(tmp_path / "other", [dataclasses.replace(example(0), size_wh=(48, 64))], CLASSES)
    with pytest.raises(StageError, match=r"is 64x48, but its labels were made for 48x64"):
        Pictures(read(tmp_path / "other"), 64, False).get_image_and_label(0)
