"""Archives are unpacked whole and privately, or refused whole."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from framesel.annotation.outside.archives import MOST_MEMBERS, SMALL_BYTES, opened
from framesel.errors import LabelsError


def zipped(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_is_a_folder_while_it_is_open(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"x/b c.txt": b"one", "d.xml": b"two", "empty/": b""})
    with opened(path) as folder:
        assert (folder / "x" / "b c.txt").read_bytes() == b"one"
        assert (folder / "d.xml").read_bytes() == b"two"
        assert (folder / "empty").is_dir()
        modes = {stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)}
        assert folder.name == "a", "formats that name a video by its folder get the archive's name"
    assert not folder.parent.exists()
    assert modes == {0o700}, "nobody else looks into it"


def test_a_zip_is_known_by_its_content_too(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.dat", {"a.txt": b"one"})
    with opened(path) as folder:
        assert (folder / "a.txt").read_bytes() == b"one"


def test_folders_and_files_stay_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text("<a/>")
    for path in (tmp_path, file):
        with opened(path) as same:
            assert same == path
        assert path.exists()


def test_what_file_managers_add_is_left(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"", "__MACOSX/._a.txt": b"", "x/.DS_Store": b""})
    with opened(path) as folder:
        assert [p.name for p in folder.rglob("*")] == ["a.txt"]


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/tmp/evil", "C:\\evil", "..\\evil", "a\nb", "\\evil"]
)
def test_members_that_climb_out_are_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = zipped(inside / "a.zip", {"good.txt": b"", name: b"evil"})
    refused(path, "no name of a picture in a folder")
    assert not list(tmp_path.rglob("evil*"))


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(path, "is a link or a device")


def test_bombs_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    inner = b"\0" * (SMALL_BYTES + 1)
    refused(zipped(tmp_path / "a.zip", {"bomb": inner}), "it is a bomb")


def test_a_bomb_whose_directory_lies_is_refused(tmp_path: Path) -> None:
    """The directory promises 10 bytes; the stream holds a million."""
    whole = zipped(tmp_path / "a.zip", {"bomb": b"\0" * 1_000_000}).read_bytes()
    lying = whole.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))
    (tmp_path / "a.zip").write_bytes(lying)
    refused(tmp_path / "a.zip", "cannot be unpacked")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_MEMBERS > 200_000, "100,000 pictures with their label files fit"
    monkeypatch.setattr("framesel.annotation.outside.archives.MOST_MEMBERS", 3)
    refused(zipped(tmp_path / "a.zip", dict.fromkeys("abcd", b"")), "has 4 members")


def test_more_than_the_disk_has_room_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 10

    monkeypatch.setattr("framesel.annotation.outside.archives.shutil.disk_usage", lambda _: Full)
    refused(zipped(tmp_path / "a.zip", {"a": b"more than ten"}), "TMPDIR")


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a": b"x"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    refused(path, "encrypted")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_in_it_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    refused(tmp_path / "a.zip", "twice")


def test_a_member_that_is_file_and_folder_is_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip", {"a": b"", "a/b": b""}), "cannot be unpacked")


@pytest.mark.parametrize("cut", [0, 1, 30, 60, -1, -22])
def test_damaged_archives_are_refused(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path / "a.zip", {"a": b"some text " * 9, "b": b""})
    path.write_bytes(path.read_bytes()[:cut])
    refused(path, "cannot be unpacked")


def test_a_member_that_does_not_match_its_checksum_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a": b"some text"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"some text", b"sane text"))
    refused(path, "cannot be unpacked")


def test_errors_name_the_archive_and_not_the_folder_that_is_gone(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.xml": b""})
    with pytest.raises(LabelsError) as caught, opened(path) as folder:
        raise LabelsError(f"{folder / 'a.xml'}: bad")
    assert str(caught.value) == f"{path}/a.xml: bad"


def test_a_nested_zip_stays_a_file(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", "y")
    with opened(zipped(tmp_path / "a.zip", {"in.zip": inner.getvalue()})) as folder:
        assert (folder / "in.zip").is_file()


def refused(path: Path, words: str) -> None:
    with pytest.raises(LabelsError, match=words) as caught, opened(path):
        pytest.fail("it was opened")
    assert str(path) in str(caught.value)
