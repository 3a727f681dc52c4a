"""Pascal VOC: an XML file for each picture.

Edges stand as they are, with two decimals: 0 is the picture's left edge. The first VOC counted
whole pixels from 1; datumaro, CVAT, FiftyOne and labelformat read the numbers as they stand, and so
does this one. supervision takes one pixel off the left and upper edges.

Where guesses are handed out, pictures without guesses have no file: an empty one would say that
somebody had looked. Confidences stand in ``scores/``, one a line in the order of the objects.

Written by hand: labelformat's writer says of every object that it is neither occluded nor
truncated, whatever is known, and writes no ImageSets, which importers look for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from framesel.annotation.dataset_meta import write_classes
from framesel.annotation.files import link
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import (
    boxes_of,
    has_labels,
    link_context,
    refuse_same_files,
    split_of,
    splits_of,
    to_label,
    write_lines,
    write_scores,
)
from framesel.annotation.voc_reading import read, sniff
from framesel.workspace import write_atomic

__all__ = ["read", "sniff", "write"]

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
LISTS = {"": ("default",), "train": ("train", "trainval"), "val": ("val", "trainval")}


def write(sheet: Sheet, folder: Path) -> None:
    """Writes JPEGImages/, Annotations/, ImageSets/Main/ and scores/; see ``formats.Writer``.

    Raises:
        UsageError: Two pictures would share a file of labels, a box has a class that is not
            declared, or a picture to train with is in no split.
    """
    refuse_same_files(sheet)
    for name in ("Annotations", "JPEGImages"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for picture in to_label(sheet):
        link(sheet, picture, folder / "JPEGImages" / picture.name)
        if not has_labels(sheet, picture):
            continue
        boxes = boxes_of(sheet, picture)
        target = (folder / "Annotations" / picture.name).with_suffix(".xml")
        root = _annotation(picture, boxes)
        indent(root)
        write_lines(target, [DECLARATION, tostring(root, encoding="unicode")])
        if sheet.purpose == "label":
            write_scores((folder / "scores" / picture.name).with_suffix(".txt"), boxes)
    link_context(sheet, folder)
    write_classes(sheet, folder)
    _write_lists(sheet, folder / "ImageSets" / "Main")


def _annotation(picture: Picture, boxes: tuple[Box, ...]) -> Element:
    root = Element("annotation")
    SubElement(root, "folder").text = "JPEGImages"
    SubElement(root, "filename").text = picture.name
    size = SubElement(root, "size")
    for side, value in (("width", picture.width), ("height", picture.height), ("depth", 3)):
        SubElement(size, side).text = str(value)
    SubElement(root, "segmented").text = "0"
    for box in boxes:
        _object(root, box)
    return root


def _object(root: Element, box: Box) -> None:
    element = SubElement(root, "object")
    SubElement(element, "name").text = box.label
    SubElement(element, "pose").text = "Unspecified"
    for name, known in (("truncated", box.truncated), ("occluded", box.occluded)):
        if known is not None:
            SubElement(element, name).text = str(int(known))
    SubElement(element, "difficult").text = "0"
    edges = SubElement(element, "bndbox")
    for name, edge in zip(("xmin", "ymin", "xmax", "ymax"), box.xyxy, strict=True):
        SubElement(edges, name).text = f"{edge:.2f}"


def _write_lists(sheet: Sheet, folder: Path) -> None:
    """``default.txt`` of what is to be labelled; else a list a split, and one of train and val."""
    splits = splits_of(sheet) or ("",)
    wanted = {name for split in splits for name in LISTS.get(split, (split,))}
    for name in sorted(wanted):

        def fill(path: Path, name: str = name) -> None:
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{stem}\n" for stem in _stems(sheet, name))

        write_atomic(folder / f"{name}.txt", fill)


def _stems(sheet: Sheet, name: str) -> Iterator[str]:
    for picture in to_label(sheet):
        split = split_of(sheet, picture)
        if name in LISTS.get(split, (split,)):
            yield str(PurePosixPath(picture.name).with_suffix(""))
