"""Folders, globs and lists of an object store are found as those of a disk."""

from pathlib import Path

import pytest

from framesel.errors import UsageError
from framesel.sources import absolute, expand
from framesel.storage.place import RemotePath
from tests.storage.conftest import Bucket

NAMES = [
    "clip10.mp4", "clip2.MP4", "deep/er/clip1.mkv", "deep/photo.jpg", ".hidden/clip3.mp4",
    "notes.md", "ws/workspace.json", "ws/rounds/0001/export/images/a.jpg",
]  # fmt: skip


@pytest.fixture
def both(bucket: Bucket, tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "footage"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "list.txt").write_text("# two\nclip2.MP4\ndeep/er\n")
    return folder, bucket.put_folder(folder, "footage")


@pytest.mark.parametrize(
    "what", ["", "deep", "*.mp4", "**/*.mkv", "list.txt", "clip10.mp4", "deep/*"]
)
def test_the_same_files_as_on_a_disk(both: tuple[Path, str], what: str) -> None:
    folder, url = both
    here = [p.relative_to(folder).as_posix() for p in expand([f"{folder}/{what}"])]
    there = [str(p).removeprefix(f"{url}/") for p in expand([f"{url}/{what}"])]
    assert there == here != []


def test_a_listing_tells_sizes_without_another_request(
    bucket: Bucket, both: tuple[Path, str]
) -> None:
    found = expand([both[1]])
    bucket.faulty.requests.clear()
    assert [p.stat().st_size for p in found] == [len("clip2.MP4"), len("clip10.mp4"), *map(
        len, ("deep/er/clip1.mkv", "deep/photo.jpg"))]  # fmt: skip
    assert not bucket.faulty.requests


def test_a_sequence_is_a_folder(both: tuple[Path, str]) -> None:
    found = expand([f"{both[1]}/deep"], sequence=True)
    assert [str(p).removeprefix(both[1]) for p in found] == ["/deep", "/deep/er/clip1.mkv"]


def test_what_is_not_there_is_named(bucket: Bucket) -> None:
    with pytest.raises(UsageError, match=r"nothing'"):
        expand([f"{bucket.url}/nothing"])
    with pytest.raises(UsageError, match="no-such-bucket"):
        expand(["s3://no-such-bucket/"])


def test_paths_keep_their_slashes(tmp_path: Path) -> None:
    path = absolute("s3://bucket/a/clip.v2.mp4/")
    assert isinstance(path, RemotePath)
    assert str(path) == "s3://bucket/a/clip.v2.mp4"
    assert (path.name, path.stem, path.suffix) == ("clip.v2.mp4", "clip.v2", ".mp4")
    assert (str(path.parent), path.parent.name) == ("s3://bucket/a", "a")
    assert path.parts == ("s3://", "bucket", "a", "clip.v2.mp4")
    assert absolute(str(tmp_path)) == tmp_path
