"""Datasets of other people: pictures, splits and times as far as folders, labels and names say."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from framesel import recipe as recipes
from framesel.errors import UsageError
from framesel.splitting.leakage import leakage
from framesel.splitting.other_dataset import OtherDataset, embed, placed_by_name
from framesel.video import jpeg


def picture(path: Path, seed: int) -> Path:
    """Coarse blocks of colour; the same seed looks the same."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 255, (6, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    noise = np.random.default_rng(len(str(path))).integers(-2, 3, blocks.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.clip(blocks + noise, 0, 255).astype(np.uint8)
    path.write_bytes(jpeg.encode(image, 95, long_side=None))
    return path


@pytest.mark.parametrize(
    ("name", "fps", "place"),
    [
        ("drive_v000012_00h01m02s500_pts3400.jpg", None, ("drive_v000012", 62.5)),
        ("00007-drive_v000012_12h00m00s001_pts-3.jpg", None, ("drive_v000012", 43200.001)),
        ("clip_frame_000123.png", 10.0, ("clip", 12.3)),
        ("clip-123.png", 10.0, ("clip", 12.3)),
        ("clip_mp4-123_jpg.rf.0a1B2c3d.jpg", 10.0, ("clip_mp4", 12.3)),
        ("clip-123.png", None, ("", math.nan)),
        ("holiday.png", 10.0, ("", math.nan)),
    ],
)
def test_a_name_tells_video_and_second_where_it_can(
    name: str, fps: float | None, place: tuple[str, float]
) -> None:
    video, t_s = placed_by_name(Path(name), fps)
    assert video == place[0]
    assert t_s == pytest.approx(place[1], nan_ok=True)


@pytest.mark.parametrize(
    "names",
    [
        ("images/train/a.jpg", "images/val/b.jpg", "images/test/c.jpg"),
        ("train/images/a.jpg", "valid/images/b.jpg", "test/images/c.jpg"),
        ("train2017/a.jpg", "val2017/b.jpg", "test2017/c.jpg"),
    ],
)
def test_folders_say_which_split(tmp_path: Path, names: tuple[str, ...]) -> None:
    for no, name in enumerate(names):
        picture(tmp_path / name, no)
    found = OtherDataset.read(tmp_path, "auto")
    told = {path.name: split for path, split in zip(found.paths, found.split, strict=True)}
    assert told == {"a.jpg": "train", "b.jpg": "val", "c.jpg": "test"}


def test_labels_say_it_where_folders_do_not(tmp_path: Path) -> None:
    for no, (name, split) in enumerate((("a.jpg", "train"), ("b.jpg", "val"), ("c.jpg", ""))):
        picture(tmp_path / "pictures" / name, no)
        if split:
            image = {"id": 1, "file_name": name, "width": 128, "height": 96}
            content = {"images": [image], "annotations": [], "categories": []}
            path = tmp_path / "annotations" / f"instances_{split}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(content))
    found = OtherDataset.read(tmp_path, "auto")
    told = {path.name: split for path, split in zip(found.paths, found.split, strict=True)}
    assert told == {"a.jpg": "train", "b.jpg": "val", "c.jpg": ""}


def test_a_dataset_of_one_split_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "train/a.jpg", 0)
    image = {"id": 1, "file_name": "a.jpg", "width": 128, "height": 96}
    content = {"images": [image], "annotations": [], "categories": []}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match="nothing says which pictures"):
        OtherDataset.read(tmp_path, "auto")


def test_what_looks_the_same_or_is_near_in_time_leaks(tmp_path: Path) -> None:
    picture(tmp_path / "train/v-100.jpg", seed=1)
    picture(tmp_path / "train/w-0.jpg", seed=2)
    picture(tmp_path / "val/v-110.jpg", seed=3)  # a second later, and something else in it
    picture(tmp_path / "val/u-0.jpg", seed=2)  # of another video, and the same in it
    picture(tmp_path / "val/u-500.jpg", seed=4)
    found, done = OtherDataset.read(tmp_path, "auto"), list[int]()
    vectors = embed(found.paths, recipes.load(None, ["embeddings.batch=2"]), done.append)
    assert done == [2, 4, 5]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    (one,) = leakage(found.footage(vectors, fps=10.0), found.split, gap_s=1.0, tau=0.97)
    assert (one.in_time, one.alike, one.leaking, one.frames) == (1, 1, 2, 3)
    mine, theirs = one.worst[0]
    assert (found.paths[mine].name, found.paths[theirs].name) == ("u-0.jpg", "w-0.jpg")
    (one,) = leakage(found.footage(vectors, fps=None), found.split, gap_s=1.0, tau=1.1)
    assert (one.timed, one.leaking) == (0, 0)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 nothing")
    with pytest.raises(UsageError, match=r"bad\.jpg"):
        embed([tmp_path / "bad.jpg"], recipes.load(None, []), lambda done: None)
