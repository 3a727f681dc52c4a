"""Pools of all settings, from clips that were written by the test."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framesel.errors import DecodeError, UsageError
from framesel.simulation.detector.material import Material
from framesel.simulation.detector.pool import NO_CLASS
from framesel.simulation.detector.setting import holding, judged, setting
from framesel.video import jpeg
from tests.simulation.detector.recordings import COLOURS, SIZE_WH


def is_labelled_right(image: np.ndarray, xyxy: np.ndarray, class_no: int) -> bool:
    """Whether a box holds the colour of its class, and its surroundings do not."""
    colour = np.array(COLOURS[1 - class_no])
    near = np.abs(image.astype(int) - colour).max(axis=2) < 75
    x1, y1, x2, y2 = (round(float(edge)) for edge in xyxy)
    return bool(near[y1:y2, x1:x2].mean() > 0.95 and near.sum() < 1.2 * (x2 - x1) * (y2 - y1))


@pytest.mark.parametrize("name", ["as_is", "dwell"])
def test_every_picture_shows_what_its_labels_say(
    name: str, squares: Material, albums: Path
) -> None:
    made = setting(name, squares, albums)  # type: ignore[arg-type]
    pool = made.pool(0)
    assert len(pool) == len(pool.truth) == len(pool.vectors) == len(pool.passes)
    digests = set()
    for i in range(len(pool)):
        image = jpeg.decode(pool.jpeg(i))
        assert image.shape == (SIZE_WH[1], SIZE_WH[0], 3)
        assert pool.size_wh[i].tolist() == list(SIZE_WH)
        (box,) = range(pool.truth.offsets[i], pool.truth.offsets[i + 1])
        assert is_labelled_right(image, pool.truth.xyxy[box], int(pool.truth.class_no[box]))
        assert pool.truth.class_no[box] == 1 - pool.clip_no[i] % 2
        digests.add(hashlib.sha256(pool.jpeg(i)).digest())
    assert len(digests) == len(pool)
    np.testing.assert_allclose(np.linalg.norm(pool.vectors, axis=1), 1.0, atol=1e-4)
    assert pool.boxes().tolist() == [1] * len(pool)


def test_a_seed_draws_four_fifths_of_the_clips(squares: Material, albums: Path) -> None:
    made = setting("as_is", squares, albums)
    drawn = [frozenset(made.pool(seed).clip_no.tolist()) for seed in range(6)]
    assert {len(clips) for clips in drawn} == {8}
    assert len(set(drawn)) > 2
    assert frozenset().union(*drawn) == set(range(10))
    assert made.pool(3).rows.tolist() == made.pool(3).rows.tolist()


def test_held_clips_are_more_of_the_footage(squares: Material, albums: Path) -> None:
    made = setting("dwell", squares, albums)
    pool = made.pool(1)
    assert pool.clips == 8
    assert len(pool) > 8 * 2  # two frames of each clip, some shown more than once
    for video in np.unique(pool.video_no):
        pts_s = pool.pts_s[pool.video_no == video]
        np.testing.assert_allclose(pts_s, np.arange(len(pts_s)))


def test_each_seed_thins_out_another_class(squares: Material, albums: Path) -> None:
    made = setting("rare", squares, albums)
    for seed in range(2):
        pool = made.pool(seed)
        assert pool.rare == seed
        assert holding(pool.truth, seed).sum() == 3
        assert holding(pool.truth, 1 - seed).sum() > 9
    assert setting("as_is", squares, albums).pool(0).rare == NO_CLASS


def test_the_judged_are_other_clips(squares: Material, albums: Path) -> None:
    dev, test = judged(squares, "dev", albums), judged(squares, "test", albums)
    assert (len(dev), len(test)) == (8, 4)
    assert dev.video_no.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert dev.classes == squares.classes
    image = jpeg.decode(dev.jpeg(2))
    assert is_labelled_right(image, dev.truth.xyxy[2], int(dev.truth.class_no[2]))


def test_pictures_are_made_once_and_anew_for_other_labels(
    squares: Material, tmp_path: Path
) -> None:
    few = replace(squares, clips=squares.clips[10:12])
    first = judged(few, "dev", tmp_path).album
    again = judged(few, "dev", tmp_path).album
    assert first.folder == again.folder
    assert first.jpeg(1) == again.jpeg(1)
    (first.folder / "known.npz").unlink()  # as after a kill
    made_again = judged(few, "dev", tmp_path).album
    assert made_again.jpeg(1) == first.jpeg(1)
    assert np.array_equal(made_again.vectors, first.vectors)
    truth = few.clips[0].truth
    moved = replace(few.clips[0], truth=replace(truth, xyxy=truth.xyxy + 1))
    other = replace(few, clips=(moved, few.clips[1]))
    assert judged(other, "dev", tmp_path).album.folder != first.folder


def test_clips_that_are_not_as_labelled_are_errors(squares: Material, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clip is in the pool"):
        setting("as_is", replace(squares, clips=squares.clips[10:]), tmp_path)
    with pytest.raises(UsageError, match="no clip is in dev"):
        judged(replace(squares, clips=squares.clips[:2]), "dev", tmp_path)
    truth = squares.clips[10].truth
    longer = replace(truth, offsets=np.append(truth.offsets, [truth.offsets[-1]] * 60))
    wrong = replace(squares, clips=(replace(squares.clips[10], truth=longer),))
    with pytest.raises(DecodeError, match="clip10"):
        judged(wrong, "dev", tmp_path)
