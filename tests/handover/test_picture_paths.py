"""A name finds the picture whose path ends as it does, or says that it cannot tell."""

from pathlib import Path

import pytest

from framesel.errors import LabelsError, UsageError
from framesel.handover.picture_paths import PicturePaths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/x.jpg", "b/x.jpg", "b/c/x.jpg", "y.png", "z ü'.jpeg", "x.txt"):
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "pictures"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a/x.jpg", "a/x.jpg"),
        ("b/x.jpg", "b/x.jpg"),
        ("c/x.jpg", "b/c/x.jpg"),
        ("set/images/a/x.jpg", "a/x.jpg"),
        ("set/y.png", "y.png"),
        ("y.jpg", "y.png"),
        ("y", "y.png"),
        ("z ü'.jpeg", "z ü'.jpeg"),
        ("a\\x.jpg", "a/x.jpg"),
        ("nobody.jpg", None),
        ("x.txt.jpg", None),
    ],
)
def test_a_name_finds_its_picture(folder: Path, name: str, found: str | None) -> None:
    known = PicturePaths(folder)
    path = known.find(name, "labels")
    assert path == (None if found is None else folder / found)


@pytest.mark.parametrize("name", ["x.jpg", "d/x.jpg"])
def test_a_name_that_could_be_several_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(LabelsError, match="could be any of"):
        PicturePaths(folder).find(name, "labels")


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/x.jpg", "C:/x.jpg", "a/\x00.jpg", ""])
def test_a_name_never_leads_out(folder: Path, name: str) -> None:
    with pytest.raises(LabelsError, match="no name of a picture"):
        PicturePaths(folder).find(name, "labels")


def test_links_out_of_the_folder_are_passed_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert PicturePaths(folder).find("link.jpg", "labels") is None


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no pictures"):
        PicturePaths(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        PicturePaths(tmp_path / "nothing")
