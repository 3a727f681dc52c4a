"""KITTI object detection: a file for each picture, fifteen columns a box.

To label, label_2/ and image_2/; to train, the same in a folder for each split. Where guesses are
handed out, pictures without guesses have no file: an empty one would say that somebody had looked.
Confidences stand in ``scores/``: a sixteenth column is for results, not for labels.

labelformat writes the files. It gives what is not known of a box as KITTI does for "don't care",
-1, and does so for occlusion and truncation even where they are known. Names of classes with
spaces come back here and in labelformat, which count columns from the end; datumaro refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.dataset_meta import write_classes
from framesel.annotation.files import link
from framesel.annotation.kitti_reading import IMAGES, LABELS, read, sniff
from framesel.annotation.sheet import Picture, Sheet
from framesel.annotation.sheet_parts import (
    boxes_of,
    has_labels,
    link_context,
    refuse_same_files,
    split_of,
    splits_of,
    to_label,
    write_scores,
)

if TYPE_CHECKING:
    from labelformat.model.image import Image
    from labelformat.model.object_detection import ImageObjectDetection, ObjectDetectionInput

__all__ = ["read", "sniff", "write"]

DIGITS = 2


def write(sheet: Sheet, folder: Path) -> None:
    """Writes image_2/, label_2/ and scores/; see ``formats.Writer``.

    Raises:
        UsageError: Two pictures would share a file of labels, a box has a class that is not
            declared, or a picture to train with is in no split.
    """
    from labelformat.formats.kitti import KittiObjectDetectionOutput

    refuse_same_files(sheet)
    for picture in to_label(sheet):
        split = split_of(sheet, picture)
        link(sheet, picture, folder / split / IMAGES / picture.name)
        if sheet.purpose == "label":
            write_scores(
                (folder / "scores" / picture.name).with_suffix(".txt"), boxes_of(sheet, picture)
            )
    link_context(sheet, folder)
    write_classes(sheet, folder)
    for split in splits_of(sheet) or ("",):
        (folder / split / LABELS).mkdir(parents=True, exist_ok=True)
        KittiObjectDetectionOutput(folder / split / LABELS).save(_as_input(sheet, split))


def _as_input(sheet: Sheet, split: str) -> ObjectDetectionInput:
    """A sheet as labelformat takes it; pictures are gone through one by one."""
    from labelformat.model.category import Category
    from labelformat.model.object_detection import ObjectDetectionInput

    class Input(ObjectDetectionInput):  # type: ignore[misc]
        @staticmethod
        def add_cli_arguments(parser: object) -> None:
            """Takes none."""

        def get_categories(self) -> Iterator[Category]:
            return (Category(no, name) for no, name in enumerate(sheet.names))

        def get_images(self) -> Iterator[Image]:
            return (labels.image for labels in self.get_labels())

        def get_labels(self) -> Iterator[ImageObjectDetection]:
            for no, picture in enumerate(to_label(sheet)):
                if split_of(sheet, picture) == split and has_labels(sheet, picture):
                    yield _as_labels(sheet, picture, no)

    return Input()


def _as_labels(sheet: Sheet, picture: Picture, no: int) -> ImageObjectDetection:
    from labelformat.model.bounding_box import BoundingBox
    from labelformat.model.category import Category
    from labelformat.model.image import Image
    from labelformat.model.object_detection import ImageObjectDetection, SingleObjectDetection

    numbers = {name: number for number, name in enumerate(sheet.names)}
    return ImageObjectDetection(
        image=Image(no, picture.name, picture.width, picture.height),
        objects=[
            SingleObjectDetection(
                category=Category(numbers[box.label], box.label),
                box=BoundingBox(*(round(float(edge), DIGITS) for edge in box.xyxy)),
            )
            for box in boxes_of(sheet, picture)
        ],
    )
