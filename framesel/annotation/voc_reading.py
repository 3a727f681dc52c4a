"""Reads Pascal VOC labels.

By hand: labelformat parses them with a parser that expands entities, and wants to be told the
classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from framesel.annotation.checks import checked_name, checked_size
from framesel.annotation.dataset_meta import all_classes
from framesel.annotation.files import safe_name
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_file import read_bytes
from framesel.annotation.outside.picture_files import PictureFolder, files_below
from framesel.annotation.outside.xml_file import elements, number, root_of, text_at
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_MB = 64
EDGES = ("xmin", "ymin", "xmax", "ymax")
SPLITS = ("train", "val", "test")


def sniff(path: Path) -> bool:
    """Whether it is such a file, or a folder with them; see ``formats.Reader``."""
    _, file = next(_files(path), (path, None))
    if file is None:
        return (path / "Annotations").is_dir() and (path / "JPEGImages").is_dir()
    root = root_of(file)
    return root is not None and root.tag == "annotation"


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads a file, or a folder with Annotations/ or with the files themselves.

    An empty file says that nothing is there; of boxes nobody can say whether they are guesses that
    went out: ``reviewed`` is None. See ``formats.Reader``.

    Raises:
        LabelsError: A file is none of this format, or its name is not the picture's.
    """
    left = LeftOut()
    splits: dict[Path, dict[str, str]] = {}
    images: dict[Path, PictureFolder] = {}
    pictures: dict[str, LabelledPicture] = {}
    root = path if path.is_dir() else path.parent
    for base, file in _files(path):
        if base not in images:
            beside = base.with_name("JPEGImages") if base.name == "Annotations" else base
            images[base] = PictureFolder(root, beside)
            splits[base] = _splits(base.parent / "ImageSets" / "Main")
        stem = file.relative_to(base).with_suffix("").as_posix()
        split = splits[base].get(stem, "")
        picture = _picture(file, stem, images[base], sizes, split, left)
        if picture.name in pictures:
            raise LabelsError(f"{file}: another file is about {picture.name!r} too")
        pictures[picture.name] = picture
    if not pictures and not sniff(path):
        raise LabelsError(f"{path} holds no Pascal VOC files: Annotations/*.xml")
    used = {box.label for picture in pictures.values() for box in picture.boxes}
    classes = all_classes((root, *(base.parent for base in images)), used)
    return Returned("voc", classes, tuple(pictures.values()), left.lines)


def _files(path: Path) -> Iterator[tuple[Path, Path]]:
    """XML files, each with the folder from which on its name counts."""
    if path.is_file():
        if path.suffix.lower() == ".xml":
            yield path.parent, path
        return
    bases = [p for p in (path / "Annotations", *sorted(path.glob("*/Annotations"))) if p.is_dir()]
    for base in bases:
        yield from ((base, file) for file in files_below(path, base, (".xml",)))
    if not bases:
        beside = sorted(p for p in path.glob("*.xml") if not p.is_symlink())
        yield from ((path, file) for file in beside)


def _splits(folder: Path) -> dict[str, str]:
    """What the lists of a dataset say of each name."""
    found: dict[str, str] = {}
    for split in SPLITS:
        path = folder / f"{split}.txt"
        if not path.is_file() or path.is_symlink():
            continue
        try:
            lines = read_bytes(path, MOST_MB).decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise LabelsError(f"{path} is no UTF-8 text (byte {error.start})") from None
        found.update((line.strip(), split) for line in lines if line.strip())
    return found


def _picture(
    file: Path, stem: str, images: PictureFolder, sizes: Sizes, split: str, left: LeftOut
) -> LabelledPicture:
    root = _root(file)
    found = images.find(stem, sizes, str(file))
    name = _name(root, stem, file) or found.name
    width, height = text_at(root, "size/width"), text_at(root, "size/height")
    size = found.size
    if width or height:
        size = checked_size(width, height, str(file))
    if size and found.size and found.sha256 and found.size != size:
        raise LabelsError(
            f"{file} says that its picture has {size[0]} x {size[1]} pixels, and {found.name} has "
            f"{found.size[0]} x {found.size[1]}"
            if found.size
            else ""
        )
    before = left.count
    boxes = tuple(_boxes(root, size or (None, None), file, left))
    return LabelledPicture(
        name=name,
        boxes=boxes,
        width=size[0] if size else None,
        height=size[1] if size else None,
        # boxes may be guesses as they went out; an empty file was emptied by somebody
        reviewed=True if not boxes and left.count == before else None,
        sha256=found.sha256,
        split=split,
    )


def _root(file: Path) -> Element:
    for element in elements(file, ("annotation",), MOST_MB):
        return element
    raise LabelsError(f"{file} has no <annotation>: it is no Pascal VOC file")


def _name(root: Element, stem: str, file: Path) -> str:
    """The picture's name with its folder; empty if the file does not say.

    Raises:
        LabelsError: It is another one than the file's own name: somebody has renamed one of them.
    """
    said = root.findtext("filename")
    if not said or not said.strip():
        return ""
    safe_name(said, str(file))
    plain, own = PurePosixPath(said.replace("\\", "/")), PurePosixPath(stem)
    if own.name not in (plain.name, plain.stem):
        raise LabelsError(
            f"{file} is about {said!r}, and not about the picture of its own name: one of the two "
            "was renamed"
        )
    if plain.name == own.name:
        return ""  # without an ending
    return own.with_name(plain.name).as_posix()


def _boxes(
    root: Element, size: tuple[int | None, int | None], file: Path, left: LeftOut
) -> Iterator[Box]:
    for no, element in enumerate(root.findall("object"), 1):
        where = f"{file}: object {no}"
        label = checked_name(text_at(element, "name"), where)
        edges = element.find("bndbox")
        if edges is None:
            left.add("an object without a bndbox", where)
            continue
        x1, y1, x2, y2 = (number(text_at(edges, edge), f"{where}: {edge}") for edge in EDGES)
        box = Box(
            label=label,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            occluded=_yes(text_at(element, "occluded")),
            truncated=_yes(text_at(element, "truncated")),
        )
        taken = left.take(box, *size, where)
        if taken is not None:
            yield taken


def _yes(said: str) -> bool | None:
    return {"0": False, "1": True}.get(said)
