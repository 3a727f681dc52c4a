"""Datumaro, which CVAT imports with, reads the same boxes in what is written."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from framesel.annotation.formats import FORMATS
from framesel.annotation.sheet import Picture, Sheet
from tests.annotation.conftest import MakeSheet, some_pictures
from tests.interop import answer

FORMS = {
    "cvat": "cvat",
    "cvat-video": "cvat",
    "coco": "coco_instances",
    "yolo": "yolo",
    "voc": "voc",
    "kitti": "kitti",
}
BARE = {"kitti": "kitti"}
"""Subsets of what is in none: KITTI's is called like the folder."""

CLASSES = ("car", "traffic", "person")
"""Without spaces: datumaro's reader of KITTI splits at them."""


def laid_out(sheet: Sheet, form: str, folder: Path) -> list[str]:
    """Writes a sheet; the name that datumaro has for its format, and where it is."""
    FORMATS[form].writer.write(sheet, folder)
    return [FORMS[form], str(folder)]


def wanted(sheet: Sheet, form: str) -> dict[str, Any]:
    """By subset and name, as datumaro has them."""
    found = {}
    for number, picture in enumerate(sheet.pictures):
        name = PurePosixPath(picture.name).stem
        if form == "cvat-video":
            name = f"frame_{number:06d}"
        subsets = [picture.split or BARE.get(form, "default")]
        if FORMS[form] == "cvat":
            subsets = ["annotations"]
        if form == "voc" and picture.split in ("train", "val"):
            subsets.append("trainval")
        for subset in subsets:
            found[f"{subset}/{name}"] = [(box.label, *box.xyxy) for box in picture.boxes]
    return found


def renamed(purpose: str) -> tuple[Picture, ...]:
    """The usual pictures with classes that have no spaces."""
    return tuple(
        replace(p, boxes=tuple(replace(b, label=b.label.split(" ")[0]) for b in p.boxes))
        for p in some_pictures(6, purpose)
    )


def test_datumaro_reads_the_same_boxes(sheet: MakeSheet, tmp_path: Path) -> None:
    asked: list[str] = []
    expected: list[tuple[str, str, dict[str, Any]]] = []
    for purpose in ("label", "train"):
        handed = sheet(renamed(purpose), CLASSES, purpose)
        for form in FORMS:
            asked += laid_out(handed, form, tmp_path / purpose / form)
            expected.append((purpose, form, wanted(handed, form)))
    # one process for all: it takes seconds to start
    for found, (purpose, form, theirs) in zip(
        answer("readers", "read_with_datumaro.py", *asked), expected, strict=True
    ):
        if purpose == "label":
            # what nobody looked at has no file in some formats, and so is not there
            theirs = {name: boxes for name, boxes in theirs.items() if boxes or name in found}
        assert set(found) == set(theirs), (purpose, form)
        for name, boxes in theirs.items():
            came = sorted(found[name])
            assert [b[0] for b in came] == sorted(b[0] for b in boxes), (purpose, form, name)
            for mine, read in zip(sorted(boxes), came, strict=True):
                assert read[1:] == pytest.approx(mine[1:], abs=0.011), (purpose, form, name)
