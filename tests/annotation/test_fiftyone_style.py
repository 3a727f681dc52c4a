"""CVAT's and VOC's XML read as FiftyOne's importers do: by these elements, as shares of the size.

FiftyOne itself needs a database server; what its importers ask of a file is short.
"""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from framesel.annotation import voc
from framesel.annotation.cvat import images as cvat
from framesel.annotation.sheet import Picture
from tests.annotation.conftest import CLASSES, MakeSheet

Detections = dict[str, list[tuple[str, list[float]]]]


def shares(edges: tuple[float, float, float, float], width: int, height: int) -> list[float]:
    x1, y1, x2, y2 = edges
    return [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height]


def numbers(element: ElementTree.Element, *names: str) -> tuple[float, ...]:
    found = (element.get(name) or element.findtext(name) for name in names)
    return tuple(float(text or "nan") for text in found)


def as_cvat_images(path: Path) -> tuple[list[str | None], Detections]:
    """Labels from meta/task/labels, images with name, width and height, boxes with four edges."""
    root = ElementTree.parse(path).getroot()
    labels = [label.findtext("name") for label in root.findall("meta/task/labels/label")]
    found = {}
    for image in root.findall("image"):
        width, height = numbers(image, "width", "height")
        edges = (numbers(box, "xtl", "ytl", "xbr", "ybr") for box in image.findall("box"))
        names = [box.attrib["label"] for box in image.findall("box")]
        boxes = [shares((a, b, c, d), int(width), int(height)) for a, b, c, d in edges]
        assert all(box.get("occluded") in ("0", "1") for box in image.findall("box"))
        found[image.attrib["name"]] = list(zip(names, boxes, strict=True))
    return labels, found


def as_voc(folder: Path) -> Detections:
    """Each picture of JPEGImages with the annotation of the same stem."""
    found = {}
    for path in sorted((folder / "Annotations").rglob("*.xml")):
        root = ElementTree.parse(path).getroot()
        assert root.tag == "annotation"
        size = root.find("size")
        assert size is not None
        width, height = numbers(size, "width", "height")
        boxes = []
        for one in root.findall("object"):
            box = one.find("bndbox")
            assert box is not None
            x1, y1, x2, y2 = numbers(box, "xmin", "ymin", "xmax", "ymax")
            drawn = shares((x1, y1, x2, y2), int(width), int(height))
            boxes.append((one.findtext("name") or "", drawn))
        name = root.findtext("filename") or ""
        assert (folder / "JPEGImages" / name).is_file()
        found[name] = boxes
    return found


def check(found: Detections, pictures: list[Picture]) -> None:
    assert set(found) == {p.name for p in pictures}
    for picture in pictures:
        for (label, edges), box in zip(found[picture.name], picture.boxes, strict=True):
            assert label == box.label
            wanted = shares(box.xyxy, picture.width, picture.height)
            assert edges == pytest.approx(wanted, abs=0.02 / picture.height)


@pytest.mark.parametrize("purpose", ["label", "train"])
def test_cvat_xml_has_what_fiftyone_asks_for(
    purpose: str, sheet: MakeSheet, tmp_path: Path
) -> None:
    handed = sheet(purpose=purpose)  # type: ignore[arg-type]
    cvat.write(handed, tmp_path / "out")
    labels, found = as_cvat_images(tmp_path / "out" / "annotations.xml")
    assert labels[: len(CLASSES)] == list(CLASSES)
    check(found, list(handed.pictures))


def test_voc_xml_has_what_fiftyone_asks_for(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(purpose="train")
    voc.write(handed, tmp_path / "out")
    check(as_voc(tmp_path / "out"), list(handed.pictures))
