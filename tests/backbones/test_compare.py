"""The comparison of a new backbone with the one that it would replace."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from framesel.backbones.compare import FRAMES_PER_VIDEO, MOST_FRAMES, compare, probes_of
from framesel.errors import StageError


def footage(videos: int = 4, frames: int = 12) -> list[tuple[str, list]]:
    rng = np.random.default_rng(0)
    source = []
    for video in range(videos):
        coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        world = cv2.resize(coarse, (80, 60), interpolation=cv2.INTER_CUBIC)
        clip: list = [np.ascontiguousarray(world[:, i : i + 50]) for i in range(frames)]
        if video == 1:
            clip = [cv2.imencode(".jpg", image[..., ::-1])[1].tobytes() for image in clip]
        source.append((f"video {video}", clip))
    return source


def sees_colour(images: Sequence[np.ndarray]) -> np.ndarray:
    small = [cv2.resize(i, (4, 4), interpolation=cv2.INTER_AREA).ravel() for i in images]
    rows = np.stack(small).astype(np.float32) - 128.0
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sees_nothing(images: Sequence[np.ndarray]) -> np.ndarray:
    rows = np.zeros((len(images), 3), np.float32)
    rows[:, 0] = 1.0
    return rows


def test_the_better_one_is_called_better() -> None:
    probes = probes_of(footage())
    result = compare(sees_colour, sees_nothing, probes)
    assert result.better
    assert result.frames == 4 * FRAMES_PER_VIDEO
    assert result.candidate.duplicates > result.incumbent.duplicates
    assert not compare(sees_nothing, sees_colour, probes).better
    assert not compare(sees_colour, sees_colour, probes).better


def test_probes_are_spread_over_videos_and_scenes() -> None:
    source = footage()
    probes = probes_of(source, scenes=[5, 5, 6, 6])
    assert probes.videos.tolist() == np.repeat(np.arange(4), FRAMES_PER_VIDEO).tolist()
    assert probes.scenes.tolist() == np.repeat([5, 6], 2 * FRAMES_PER_VIDEO).tolist()
    assert probes.classes is None
    assert (probes.images[0] == source[0][1][0]).all()
    assert (probes.images[FRAMES_PER_VIDEO - 1] == source[0][1][-1]).all()
    assert probes.images[FRAMES_PER_VIDEO].shape == (60, 50, 3)


def test_many_videos_are_thinned_out() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    source = [(str(video), [picture] * 9) for video in range(1000)]
    probes = probes_of(source)
    assert len(probes.images) == MOST_FRAMES
    assert probes.videos.max() == 999


@pytest.mark.parametrize("source", [[], footage(1), [("a", [b"x"]), *footage(1)]])
def test_one_scene_is_too_few(source: list) -> None:
    with pytest.raises(StageError, match="another place"):
        probes_of(source)
