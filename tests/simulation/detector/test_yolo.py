"""YOLO as the learner of a comparison: trained on what was picked, judged, asked about the pool."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framesel.simulation.detector.album import PICTURES
from framesel.simulation.detector.pool import Judged, Pool
from framesel.simulation.detector.yolo import LEAST_CONF, SETTINGS, YoloLearner, YoloSchool
from framesel.video import jpeg
from tests.simulation.detector.small import SIZE_PX, judged, pool

TINY = SETTINGS.model_copy(update={"size_px": 64, "iterations": 2, "batch": 2, "warmup": 1})


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pool, Judged]:
    """A pool and judged pictures that can be opened: a square on gray noise."""
    folder = tmp_path_factory.mktemp("album-1234")
    there, shown = pool(0), judged()
    rng = np.random.default_rng(0)
    files = []
    for at in range(len(there)):
        image = rng.integers(90, 130, (SIZE_PX, SIZE_PX, 3)).astype(np.uint8)
        x, y, right, bottom = there.truth.xyxy[at].astype(int)
        image[y:bottom, x:right] = (250, 20, 20)
        files.append(jpeg.encode(image, 95, None))
    (folder / PICTURES).write_bytes(b"".join(files))
    offsets = np.concatenate([[0], np.cumsum([len(file) for file in files])])
    album = replace(there.album, folder=folder, offsets=offsets)
    few = np.arange(4)
    judged_album = replace(shown.album, folder=folder, offsets=offsets)
    small = replace(shown, album=judged_album, rows=few, video_no=few, size_wh=shown.size_wh[:4])
    return replace(there, album=album), small


@pytest.fixture(scope="module")
def learner(footage: tuple[Pool, Judged], tmp_path_factory: pytest.TempPathFactory) -> YoloLearner:
    school = YoloSchool("scratch:yolov8n", tmp_path_factory.mktemp("trained"), TINY)
    return YoloLearner(school, *footage)


def test_it_learns_looks_and_is_not_trained_twice(
    learner: YoloLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([3, 40, 77])
    model = learner.fit(rows, 5)
    found = model.judged()
    assert len(found) == 4
    assert found.offsets[-1] == len(found.conf) > 0
    assert (found.conf >= LEAST_CONF).all()
    assert np.diff(found.offsets).max() <= 100
    assert set(found.class_no.tolist()) <= {0, 1}
    asked = np.array([9, 2])
    boxes = model.pool(asked)
    assert boxes.pictures == 2
    assert boxes.classes == ("kite", "gull")
    assert boxes.size_wh.tolist() == [[64, 64]] * 2
    assert boxes.features is not None
    assert len(boxes.features) == len(boxes)
    folders = sorted(learner.school.folder.iterdir())
    weights = sorted(learner.school.folder.rglob("*.pt"))
    assert len(weights) == 1
    before = weights[0].stat().st_mtime_ns
    again = learner.fit(rows, 5).judged()
    assert np.array_equal(again.xyxy, found.xyxy)
    assert weights[0].stat().st_mtime_ns == before
    assert sorted(learner.school.folder.iterdir()) == folders
    assert not list(learner.school.folder.rglob("data"))  # pictures are not kept


def test_what_decides_the_weights_is_in_their_place(learner: YoloLearner) -> None:
    rows = np.array([3, 40])
    places = {
        learner._digest(rows, 0),
        learner._digest(rows, 1),
        learner._digest(rows[:1], 0),
        replace(learner, school=replace(learner.school, settings=SETTINGS))._digest(rows, 0),
    }
    assert len(places) == 4
    assert learner._digest(rows, 0) in places
    moved = replace(learner, school=replace(learner.school, folder=Path("elsewhere"), threads=7))
    assert moved._digest(rows, 0) in places


def test_the_school_is_known_by_what_changes_results() -> None:
    school = YoloSchool("scratch:yolov8n", Path("a"), TINY)
    told = dict(school.identity())
    assert told == dict(replace(school, folder=Path("b"), threads=3).identity())
    assert told != dict(replace(school, device="cuda").identity())
    assert told != dict(replace(school, weights="scratch:yolo11n").identity())
    longer = TINY.model_copy(update={"iterations": 3})
    assert told != dict(replace(school, settings=longer).identity())
    reseeded = TINY.model_copy(update={"seed": 9})
    assert told == dict(replace(school, settings=reseeded).identity())
