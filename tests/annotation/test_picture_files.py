"""Pictures beside labels: their names, sizes and digests, and what is wrong with them."""

from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from framesel.annotation.formats import no_sizes
from framesel.annotation.outside.picture_files import ORIENTATION, Found, PictureFolder, size_of
from framesel.errors import LabelsError


def drawn(path: Path, size: tuple[int, int] = (40, 30), orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_a_picture_is_found_by_its_name_without_the_ending(tmp_path: Path) -> None:
    path = drawn(tmp_path / "x" / "a.b.JPG")
    folder = PictureFolder(tmp_path, tmp_path)
    digest = sha256(path.read_bytes()).hexdigest()
    assert folder.find("x/a.b", no_sizes, "here") == Found("x/a.b.JPG", (40, 30), digest)
    assert list(folder.stems) == ["x/a.b"]


def test_others_are_asked_for_what_is_not_there(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path, tmp_path / "missing")
    assert folder.find("a", {"a.png": (3, 4)}.get, "here") == Found("a.png", (3, 4))
    assert folder.find("a", no_sizes, "here") == Found("a.jpg", None)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_those_of_the_picture_as_it_is_shown(orientation: int, tmp_path: Path) -> None:
    size = size_of(drawn(tmp_path / "a.jpg", (40, 30), orientation))
    assert size == ((30, 40) if orientation >= 5 else (40, 30))


def test_two_endings_leave_open_which_is_meant(tmp_path: Path) -> None:
    drawn(tmp_path / "a.jpg")
    drawn(tmp_path / "a.png")
    with pytest.raises(LabelsError, match="which is meant"):
        PictureFolder(tmp_path, tmp_path).find("a", no_sizes, "here")


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\0\0", b"BMBM"])
def test_damaged_pictures_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(LabelsError, match="picture"):
        PictureFolder(tmp_path, tmp_path).find("a", no_sizes, "here")


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.bmp")
    content = bytearray(path.read_bytes())
    content[18:26] = (30000).to_bytes(4, "little") * 2
    path.write_bytes(content)
    with pytest.raises(LabelsError, match=r"30000 x 30000 pixels|can be read"):
        size_of(path)


def test_links_that_lead_out_are_passed_over(tmp_path: Path) -> None:
    outside = drawn(tmp_path / "outside.jpg")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").symlink_to(outside)
    assert list(PictureFolder(tmp_path / "in", tmp_path / "in").stems) == []


def test_names_that_climb_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no name of a picture"):
        PictureFolder(tmp_path, tmp_path).find("../a", no_sizes, "here")
