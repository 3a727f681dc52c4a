"""Labels are found in files, folders and archives, whatever they are wrapped in."""

import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from framesel.annotation import formats, opening
from framesel.annotation.formats import Format, Sizes, no_sizes
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError, UsageError


class Toy(ModuleType):
    """A format whose labels are in files of one suffix; it reads the size that it was told."""

    def __init__(self, suffix: str) -> None:
        super().__init__(f"framesel.annotation.{suffix}")
        self.suffix = suffix

    def file(self, path: Path) -> Path | None:
        files = [path] if path.is_file() else sorted(path.glob(f"*.{self.suffix}"))
        return next((f for f in files if f.suffix == f".{self.suffix}"), None)

    def sniff(self, path: Path) -> bool:
        return self.file(path) is not None

    def read(self, path: Path, sizes: Sizes = no_sizes) -> Returned:
        file = self.file(path)
        if file is None:
            raise LabelsError(f"{path} has no .{self.suffix} file")
        text = file.read_text("utf-8")
        if text == "bad":
            raise LabelsError(f"{file}: bad")
        width, height = sizes(text) or (None, None)
        picture = LabelledPicture(text, (Box("a", 0, 0, 1, 1),), width, height)
        return Returned(self.suffix, ("a",), (picture,))


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readable formats, and one that is only written."""
    names = ("toy", "box", "out")
    known = {name: Format(name, name, name, reads=name != "out") for name in names}
    monkeypatch.setattr(formats, "FORMATS", known)
    monkeypatch.setattr(opening, "FORMATS", known)
    for name in names:
        monkeypatch.setitem(sys.modules, f"framesel.annotation.{name}", Toy(name))


def folder_with(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def zip_with(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize("named", ["auto", "toy"])
@pytest.mark.parametrize("name", ["x.toy", "top/x.toy", "top/in/x.toy", "top/in/deep/x.toy"])
@pytest.mark.parametrize("how", ["file", "folder", "zip"])
def test_labels_are_found(tmp_path: Path, how: str, name: str, named: str) -> None:
    files = {name: "p.jpg"}
    path = zip_with(tmp_path / "a.zip", files)
    if how != "zip":
        path = folder_with(tmp_path / "folder", files)
        path = path / name if how == "file" else path
    found = open_labels(path, named, {"p.jpg": (8, 6)}.get)
    assert found.format == "toy"
    assert [(p.name, p.width, p.height) for p in found.pictures] == [("p.jpg", 8, 6)]


def test_no_folder_is_entered_past_labels_or_beside_other_things(tmp_path: Path) -> None:
    folder_with(tmp_path / "a", {"x.toy": "outer", "in/y.toy": "inner"})
    assert open_labels(tmp_path / "a").pictures[0].name == "outer"
    folder_with(tmp_path / "b", {"in/y.toy": "inner", "in2/y.toy": "inner"})
    with pytest.raises(UsageError, match="no known format"):
        open_labels(tmp_path / "b")
    with pytest.raises(LabelsError, match=r"has no \.toy file"):
        open_labels(tmp_path / "b", "toy")


def test_what_cannot_be_told_apart_must_be_named(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", {"x.toy": "p.jpg", "x.box": "q.jpg"})
    with pytest.raises(UsageError, match=r"looks like toy and like box.*--format") as caught:
        open_labels(path)
    assert str(caught.value).startswith(f"{path} ")
    assert open_labels(path, "box").pictures[0].name == "q.jpg"


def test_requests_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = folder_with(tmp_path, {"x.toy": "p.jpg"})
    with pytest.raises(UsageError, match="only written"):
        open_labels(path, "out")
    with pytest.raises(UsageError, match="no format 'excel'"):
        open_labels(path, "excel")
    with pytest.raises(UsageError, match="does not exist"):
        open_labels(tmp_path / "none")


def test_errors_name_what_the_user_named(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", {"top/x.toy": "bad"})
    with pytest.raises(LabelsError) as caught:
        open_labels(path)
    assert str(caught.value) == f"{path}/top/x.toy: bad"


def test_what_cannot_be_read_is_a_matter_of_the_labels(tmp_path: Path) -> None:
    (tmp_path / "x.toy").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(LabelsError, match="not UTF-8"):
        open_labels(tmp_path)
    (tmp_path / "d.toy").mkdir()
    (tmp_path / "x.toy").unlink()
    with pytest.raises(LabelsError, match="cannot be read"):
        open_labels(tmp_path, "toy")


def test_without_sizes_none_are_known(tmp_path: Path) -> None:
    path = folder_with(tmp_path, {"x.toy": "p.jpg"})
    assert open_labels(path, "toy", no_sizes).pictures[0].width is None
