"""Which file of labels belongs to which picture of a YOLO dataset, as ultralytics finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from framesel.annotation.outside.picture_files import PictureFolder, files_below
from framesel.annotation.sheet_parts import stem_of

CLASSES = "classes.txt"


def labels_of(image: str) -> str:
    """Where the labels of a picture are: the last folder ``images`` becomes ``labels``.

    Args:
        image: The picture's path in the dataset's folder.

    Returns:
        Likewise, without an ending.
    """
    return _swapped(stem_of(image), "images", "labels")


def label_files(
    root: Path, images: PurePosixPath, labels: PurePosixPath, pictures: PictureFolder
) -> Iterator[tuple[str, Path]]:
    """The files of labels of some pictures.

    Args:
        root: The dataset's folder.
        images: The pictures' folder, from there on.
        labels: The one that belongs to it.
        pictures: Those in that folder; there may be none.

    Yields:
        The picture's name without its ending, and the file.
    """
    known = {
        _swapped(f"{images}/{stem}", "images", "labels"): stem for stem in pictures.stems
    }  # asked first: where a picture's own folders are called images and labels, it alone can say
    for file in files_below(root, root / labels, (".txt",)):
        place = file.relative_to(root).with_suffix("").as_posix()
        if file != root / labels / CLASSES:
            yield known.get(place, place.removeprefix(f"{labels}/")), file
    for file in files_below(root, root / images, (".txt",)):
        place = file.relative_to(root).with_suffix("").as_posix()
        if place in known:
            yield known[place], file
        elif "labels" in PurePosixPath(place).parent.parts[len(images.parts) :]:
            yield _swapped(place, "labels", "images").removeprefix(f"{images}/"), file


def _swapped(path: str, old: str, new: str) -> str:
    head, found, tail = f"/{path}".rpartition(f"/{old}/")
    return f"{head}/{new}/{tail}".lstrip("/") if found else path
