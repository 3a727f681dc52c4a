"""CVAT for images 1.1, both ways.

Written by hand: labelformat and supervision write no CVAT, and datumaro pins packages that collide
with ours and writes neither labels with attributes nor tags. Read by hand: see ``xml_file``.

CVAT knows nothing of confidences and reasons, and drops attributes that a task does not declare. So
every class declares ``score``, and every picture has a tag that says why it was chosen and carries
its key there and back. A second tag, ``background``, is for the annotator: nothing is in here.

``images/`` holds the pictures and their context, ``images/manifest.jsonl`` their order (upload all
as a zip, which keeps the folders of context, and choose "predefined" as sorting method).
``labels.json`` goes into the label constructor's "Raw" tab, ``annotations.xml`` into the finished
task.
"""

from __future__ import annotations

from pathlib import Path

from framesel.annotation.cvat.document import (
    Document,
    annotations_file,
    source_of,
    write_box,
    write_meta,
)
from framesel.annotation.cvat.files import (
    link_pictures,
    to_label,
    with_context,
    write_labels,
    write_manifest,
)
from framesel.annotation.cvat.labels import Tags, about
from framesel.annotation.cvat.meta import cvat_file, kind_of
from framesel.annotation.cvat.reading import read_images
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Picture, Sheet
from framesel.workspace import write_atomic


def write(sheet: Sheet, folder: Path) -> None:
    """Writes a sheet; see ``formats.Writer``."""
    link_pictures(sheet, folder)
    write_manifest(folder, with_context(sheet))
    write_labels(sheet, folder)
    write_atomic(annotations_file(folder), lambda path: _write(sheet, path))


def sniff(path: Path) -> bool:
    """Whether it is CVAT's XML with images; see ``formats.Reader``."""
    return kind_of(path) == "image"


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads what CVAT exports of a task, a job or a project; see ``formats.Reader``.

    A picture is reviewed if it has the tag ``background``, or a box that a person drew or changed.
    Of others CVAT does not say it.
    """
    return read_images(cvat_file(path))


def _write(sheet: Sheet, path: Path) -> None:
    tags = Tags.beside(sheet.names)
    size = sum(1 for _ in to_label(sheet))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        out = Document(file)
        out.open("annotations")
        write_meta(out, sheet, size, "annotation", {})
        for number, picture in enumerate(to_label(sheet)):
            _write_image(out, picture, number, sheet, tags)
        out.close()


def _write_image(out: Document, picture: Picture, number: int, sheet: Sheet, tags: Tags) -> None:
    sides = {"width": str(picture.width), "height": str(picture.height)}
    out.open("image", {"id": str(number), "name": picture.name, **sides})
    if sheet.guesses or sheet.purpose == "train":
        for box in picture.boxes:
            write_box(out, box, {"label": box.label, "source": source_of(box)})
    if sheet.purpose == "train" and not picture.boxes:
        out.leaf("tag", "", {"label": tags.background, "source": "manual"})
    known = about(picture)
    if known:
        out.open("tag", {"label": tags.about, "source": "auto"})
        for name, text in known.items():
            out.leaf("attribute", text, {"name": name})
        out.close()
    out.close()
