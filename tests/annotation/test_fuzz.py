"""Label files that something has been done to: a clear word, or labels that make sense."""

import math
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framesel.annotation.checks import checked_name
from framesel.annotation.files import safe_name
from framesel.annotation.formats import FORMATS
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import Returned
from framesel.errors import LabelsError, UsageError
from tests.annotation.suite import HOSTILE_CLASSES, READ, hostile_pictures, make_sheet

TEXTS = (".json", ".ndjson", ".csv", ".xml", ".txt", ".yaml", ".ini", ".jsonl")
TOKEN = re.compile(rb'-?\d+(?:\.\d+)?|"[^"\n]*"|[A-Za-z_]{2,}|[<>{}\[\],:]')
ODD = (
    b"NaN", b"nan", b"-inf", b"Infinity", b"1e999", b"-1", b"0", b"1e9", b"9" * 400, b"1.5", b"",
    b'""', b'"x"', b"null", b"true", b"[]", b"{}", b"[[[[", b"<", b"&lol;", b"&#0;", b"\x00",
    b"\xff\xfe", b"../../x", b'"../../x.jpg"', b"/etc/passwd", b"no such class", b"\n", b",", b'"',
    b"!!python/object/apply:os.system [x]", b"&a [*a]", b"\xe2\x80\xae", b"\xed\xa0\x80",
)  # fmt: skip
MOT = "1,1,10,20,30,40,1,1,0.5\n2,-1,1.5,2,3,4,1,2,1\n"
SEQINFO = "[Sequence]\nname=street\nseqLength=4\nimWidth=200\nimHeight=100\n"


@dataclass(frozen=True)
class Valid:
    """Labels of one format, as they were written.

    Attributes:
        name: Of the format.
        root: The folder that nothing may be written to but by the test. In it, ``labels`` were
            drawn by people, ``guesses`` by a detector.
        files: All files of text in them.
    """

    name: str
    root: Path
    files: tuple[Path, ...]

    @property
    def labels(self) -> Path:
        return self.root / "labels"

    def names(self) -> list[str]:
        return sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*"))


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Valid]:
    """What may come back in every format that is read."""
    found = {name: tmp_path_factory.mktemp(name) for name in (*(f.name for f in READ), "mot")}
    for form in READ:
        for folder, purpose in (("labels", "train"), ("guesses", "label")):
            root = found[form.name]
            pictures = hostile_pictures(purpose)[:7]
            sheet = make_sheet(root / "pictures", pictures, HOSTILE_CLASSES, purpose)
            form.writer.write(sheet, root / folder)
    (found["mot"] / "labels" / "gt").mkdir(parents=True)
    (found["mot"] / "labels" / "gt" / "gt.txt").write_text(MOT)
    (found["mot"] / "labels" / "seqinfo.ini").write_text(SEQINFO)
    (found["mot"] / "guesses" / "det").mkdir(parents=True)
    (found["mot"] / "guesses" / "det" / "det.txt").write_text(MOT)
    return {name: Valid(name, root, tuple(_texts(root))) for name, root in found.items()}


def _texts(folder: Path) -> Iterator[Path]:
    files = sorted(folder.rglob("*"))
    return (p for p in files if p.is_file() and p.suffix in TEXTS)


def check(back: Returned) -> None:
    """Whether labels make sense; what does not should have been refused."""
    for name in back.classes:
        checked_name(name, "classes")
    for picture in back.pictures:
        assert picture.name or (picture.video and picture.index is not None)
        if picture.name:
            assert safe_name(picture.name, "") == picture.name
        assert picture.index is None or picture.index >= 0
        assert picture.seconds is None or 0 <= picture.seconds < math.inf
        for box in picture.boxes:
            assert box.label in back.classes
            assert all(math.isfinite(edge) for edge in box.xyxy)
            assert box.x1 < box.x2
            assert box.y1 < box.y2
            assert box.score is None or 0 <= box.score <= 1
            if picture.width is not None and picture.height is not None:
                assert box.x1 >= 0
                assert box.y1 >= 0
                assert box.x2 <= picture.width
                assert box.y2 <= picture.height


def read_or_refuse(path: Path, name: str) -> Returned | None:
    try:
        back = open_labels(path, name)
    except (LabelsError, UsageError):
        return None
    check(back)
    return back


@st.composite
def damage(draw: st.DrawFn) -> tuple[int, str, int, bytes]:
    """Which file, what is done to it, where in it, and with what."""
    kinds = ["token", "token", "token", "insert", "cut", "drop", "twice", "flip"]
    odd = st.one_of(st.sampled_from(ODD), st.binary(max_size=8))
    where = draw(st.integers(0, 2**16))
    return draw(st.integers(0, 63)), draw(st.sampled_from(kinds)), where, draw(odd)


def damaged(content: bytes, kind: str, where: int, odd: bytes) -> bytes:
    at = where % (len(content) + 1)
    if kind == "token" and (tokens := list(TOKEN.finditer(content))):
        start, end = tokens[where % len(tokens)].span()
        return content[:start] + odd + content[end:]
    if kind == "cut":
        return content[:at]
    if kind == "drop":
        return content[:at] + content[at + 1 + len(odd) * 8 :]
    if kind == "twice":
        lines = content.splitlines(keepends=True) or [b""]
        row = where % len(lines)
        return b"".join([*lines[: row + 1], *lines[row:]])
    if kind == "flip":
        return content[:at] + bytes(b ^ 0x41 for b in content[at : at + 2]) + content[at + 2 :]
    return content[:at] + odd + content[at:]


@pytest.mark.parametrize("name", [f.name for f in FORMATS.values() if f.reads])
@settings(max_examples=40)
@given(done=st.lists(damage(), min_size=1, max_size=2))
def test_damaged_labels_are_read_or_refused(
    name: str, done: list[tuple[int, str, int, bytes]], valid: dict[str, Valid]
) -> None:
    labels = valid[name]
    before = labels.names()
    kept: dict[Path, bytes] = {}
    try:
        for which, kind, where, odd in done:
            path = labels.files[which % len(labels.files)]
            kept.setdefault(path, path.read_bytes())
            path.write_bytes(damaged(path.read_bytes(), kind, where, odd))
        for folder in {labels.root / p.relative_to(labels.root).parts[0] for p in kept}:
            read_or_refuse(folder, name)
        assert labels.names() == before
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


@pytest.mark.parametrize("name", [f.name for f in FORMATS.values() if f.reads])
def test_what_was_not_damaged_is_read(name: str, valid: dict[str, Valid]) -> None:
    back = read_or_refuse(valid[name].labels, name)
    assert back is not None
    assert any(p.boxes for p in back.pictures)


@settings(max_examples=40)
@given(content=st.binary(max_size=300), name=st.sampled_from(list(FORMATS)))
@example(content=b"", name="cvat")
def test_any_bytes_are_read_or_refused(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for file in ("a.json", "a.xml", "a.csv", "gt.txt", "data.yaml", "a.zip", "a.ndjson"):
        (folder / file).write_bytes(content)
        read_or_refuse(folder / file, name)
        read_or_refuse(folder / file, "auto")
    read_or_refuse(folder, name)


@pytest.mark.parametrize("name", ["cvat", "yolo"])
def test_hostile_zips_are_refused_and_nothing_is_left(
    name: str, valid: dict[str, Valid], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "unpacked"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    base = Path(shutil.make_archive(str(tmp_path / "base"), "zip", valid[name].labels))
    assert read_or_refuse(base, name) is not None
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    for number, (member, content) in enumerate(
        (
            ("../escaped.txt", b"x"),
            ("/escaped.txt", b"x"),
            ("a/../../escaped.txt", b"x"),
            ("C:\\escaped.txt", b"x"),
            (link, b"/etc/passwd"),
            ("bomb.bin", b"\0" * (80 << 20)),
        )
    ):
        path = tmp_path / f"{number}.zip"
        shutil.copy(base, path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
        with pytest.raises(LabelsError):
            open_labels(path, name)
    assert list(place.iterdir()) == []
    assert not list(tmp_path.rglob("escaped*"))
    assert not list(tmp_path.parent.glob("escaped*"))


@pytest.mark.parametrize("name", ["cvat", "cvat-video", "voc", "label-studio"])
def test_entities_are_never_unfolded(name: str, valid: dict[str, Valid], tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    inner = f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    shutil.copytree(valid[name].labels, tmp_path / "labels")
    for path in _texts(tmp_path / "labels"):
        if path.suffix == ".xml":
            head, _, rest = path.read_text("utf-8").partition("?>\n")
            body = rest if head.startswith("<?xml") else path.read_text("utf-8")
            path.write_text(f"{inner}\n{body}", "utf-8")
    with pytest.raises(LabelsError):
        open_labels(tmp_path / "labels", name)
