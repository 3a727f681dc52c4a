"""Pictures are the frames themselves: as small as wanted, without what must not be seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel.annotation.sheet import Box
from framesel.handover.pictures import Work
from framesel.learning import material, pictures
from framesel.learning.material import Shown
from framesel.rounds import decisions
from framesel.rounds.decision import Decision
from framesel.stages.footage import Image, Video
from framesel.stages.frames import Frames
from framesel.training.examples import Example
from framesel.video import jpeg
from framesel.video.blur import blurred
from framesel.video.regions import Region
from tests.learning.conftest import School
from tests.resume.faults import Inline

Look = Callable[..., None]


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Look:
    """Lets a part of all pictures count, as ``frames.regions`` does after a run with them."""

    def look(**region: Any) -> None:
        found = Region.model_validate(region)
        monkeypatch.setattr(Frames, "region_of", lambda *_: found)

    return look


def work(school: School, *settings: str) -> Work:
    return Work(school.workspace, school.recipe(*settings), school.watch, Inline)


def shown(school: School, *settings: str) -> tuple[Shown, ...]:
    return material.read(school.workspace, school.recipe(*settings), None).train


def decoded(school: School, one: Shown) -> Image:
    from framesel.catalog import Catalog

    row = Catalog(school.workspace).videos[one.key[0]]
    (frame,) = Video.of(row).fetch([one.key[1]])
    return frame.image


@pytest.fixture
def some(school: School) -> tuple[Shown, ...]:
    school.label(school.frames[:6])
    return shown(school, "train.val_share=0")


def test_a_picture_is_its_frame_as_small_as_wanted(
    school: School, some: tuple[Shown, ...], tmp_path: Path
) -> None:
    assert pictures.make(work(school), tmp_path / "p", some, 96, ()) == []
    for one in some:
        path = pictures.picture_of(tmp_path / "p", one)
        assert pictures.size_of(path) == (96, 72)
        expected = jpeg.encode(decoded(school, one), pictures.JPEG_QUALITY, 96)
        assert path.read_bytes() == expected


def test_what_is_there_is_kept_and_what_would_be_the_same_is_linked(
    school: School, some: tuple[Shown, ...], tmp_path: Path
) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    pictures.make(work(school), first, some[:3], 96, ())
    school.watch.todo.clear()
    pictures.make(work(school), first, some[:3], 96, ())
    assert school.watch.todo == {}, "nothing is left to be decoded"
    pictures.make(work(school), second, some, 96, [first, tmp_path / "nothing"])
    assert all(
        pictures.picture_of(second, one).samefile(pictures.picture_of(first, one))
        for one in some[:3]
    )
    assert len(list(pictures.present(second, some))) == len(some)
    pictures.make(work(school), second, some, 64, [first])
    sizes = {pictures.size_of(pictures.picture_of(second, one)) for one in some}
    assert sizes == {(64, 48)}, "pictures of another size are no pictures of this one"


def test_what_a_reviewer_hides_is_never_learnt_from(
    school: School, some: tuple[Shown, ...], tmp_path: Path
) -> None:
    hidden, left = some[0], some[1]
    pictures.make(work(school), tmp_path / "before", some[:2], 160, ())
    blur = Decision(
        round=1, kind="blur", video_no=hidden.key[0], pts=hidden.key[1], box=(0.0, 0.0, 1.0, 1.0)
    )
    decisions.append(school.workspace, blur)
    again = shown(school, "train.val_share=0")
    assert [bool(one.blurs) for one in again[:2]] == [True, False]
    pictures.make(work(school), tmp_path / "after", again[:2], 160, [tmp_path / "before"])
    image = blurred(decoded(school, hidden), again[0].blurs)
    expected = jpeg.encode(image, pictures.JPEG_QUALITY, None)
    now, before = (
        pictures.picture_of(tmp_path / name, hidden).read_bytes() for name in ("after", "before")
    )
    assert now == expected != before
    kept = [pictures.picture_of(tmp_path / name, left) for name in ("before", "after")]
    assert kept[0].samefile(kept[1])


def test_a_region_crops_pictures_and_boxes_alike(school: School, only: Look) -> None:
    school.label(school.frames[:6])
    school.train("train.val_share=0")
    whole = school.trainer.calls[-1]["frozen"]
    only(crop=(0.0, 0.0, 0.5, 1.0))
    school.train("train.val_share=0")
    cropped = school.trainer.calls[-1]["frozen"]
    assert {one.size_wh for one in whole.pictures} == {(160, 120)}
    assert {one.size_wh for one in cropped.pictures} == {(80, 120)}
    for one, other in zip(whole.pictures, cropped.pictures, strict=True):
        np.testing.assert_allclose(
            one.xywh * (160, 120, 160, 120), other.xywh * (80, 120, 80, 120), atol=1e-3
        )


def test_boxes_outside_of_a_region_do_not_count(school: School, only: Look) -> None:
    school.label(school.frames[:6])
    only(crop=(0.0, 0.5, 1.0, 1.0))  # cars lie above it, birds in it
    frames = shown(school, "train.val_share=0")
    assert {box.label for one in frames for box in one.boxes} == {"bird"}
    only(mask=((0.0, 0.5, 0.2, 0.7),))
    frames = shown(school, "train.val_share=0")
    assert {box.label for one in frames for box in one.boxes} == {"car"}


def test_examples_have_boxes_in_pixels_of_their_picture(
    school: School, some: tuple[Shown, ...], tmp_path: Path
) -> None:
    pictures.make(work(school), tmp_path, some, 80, ())
    found: list[Example] = list(pictures.examples(tmp_path, some, ("bird", "car")))
    assert [one.name for one in found] == [one.name for one in some]
    for one, example in zip(some, found, strict=True):
        assert example.size_wh == (80, 60)
        expected = [[edge / 2 for edge in box.xyxy] for box in one.boxes]
        np.testing.assert_allclose(example.xyxy, np.reshape(expected, (-1, 4)))
        names = [("bird", "car")[number] for number in example.class_no]
        assert names == [box.label for box in one.boxes]
    assert Box("car", 10, 10, 50, 40) in {box for one in some for box in one.boxes}
