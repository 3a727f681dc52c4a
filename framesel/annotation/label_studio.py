"""Label Studio: tasks with a labeling interface on the way out, its JSON exports on the way back.

Pictures are files that Label Studio serves itself, so that nothing has to be uploaded by hand:
start it with ``LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true`` and
``LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT`` naming the folder that holds this one, make a project
with ``config.xml`` as its labeling interface, add this folder to it as local files under "Cloud
storage" (do not sync it), and import ``tasks.json``. ``framesel push label-studio`` does all of it
in a running server and uploads the pictures.

What comes back is a file of the export as JSON or JSON-MIN; see ``label_studio_export``.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from framesel.annotation import label_studio_export
from framesel.annotation.checks import checked_name
from framesel.annotation.files import link
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.label_studio_tasks import interface, task, with_context
from framesel.annotation.outside.json_file import load_json, write_streamed
from framesel.annotation.outside.xml_file import elements
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Picture, Sheet
from framesel.errors import LabelsError
from framesel.workspace import write_bytes

TASKS, CONFIG = "tasks.json", "config.xml"
SERVED_AS = "label-studio"
"""The folder's name below the document root."""

HEAD_BYTES = 1 << 16
_LIST = re.compile(rb"\s*\[\s*\{")
_MARKS = re.compile(rb'"(?:completed_by|annotation_id|was_cancelled)"\s*:')
_TASK = re.compile(rb'"data"\s*:.*"(?:annotations|predictions)"\s*:', re.DOTALL)


def write(sheet: Sheet, folder: Path) -> None:
    """Writes tasks and labeling interface, and links the pictures; see ``formats.Writer``.

    Raises:
        UsageError: There are no classes, or a box has one that is not declared.
    """
    write_bytes(folder / CONFIG, interface(sheet).encode("utf-8"))
    for picture in sheet.pictures:
        link(sheet, picture, folder / _place(picture))
    write_streamed(folder / TASKS, (task(sheet, *one, _address) for one in with_context(sheet)))


def sniff(path: Path) -> bool:
    """Whether this is a list of tasks, or a folder with one."""
    file = path / TASKS if path.is_dir() else path
    try:
        if file.suffix.lower() != ".json" or not file.is_file():
            return False
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return False
    return bool(_LIST.match(head) and (_MARKS.search(head) or _TASK.search(head)))


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads an export as JSON or JSON-MIN.

    Args:
        path: The file, or a folder with ``tasks.json`` and perhaps ``config.xml``.
        sizes: Asked for boxes that do not say how large their picture is.

    Raises:
        LabelsError: Something is wrong with it; the message names file and task.
    """
    file = path / TASKS if path.is_dir() else path
    declared = _declared(path / CONFIG) if path.is_dir() else ()
    pictures, left = label_studio_export.pictures(load_json(file), str(file), sizes)
    used = tuple(dict.fromkeys(box.label for picture in pictures for box in picture.boxes))
    if declared and (unknown := [name for name in used if name not in declared]):
        raise LabelsError(f"{file}: the class {unknown[0]!r} does not stand in {CONFIG}")
    return Returned("label-studio", declared or used, pictures, left)


def _declared(path: Path) -> tuple[str, ...]:
    """The classes of a labeling interface; none where there is no such file."""
    if not path.exists():
        return ()
    names = [
        checked_name(label.get("value"), str(path))
        for tools in elements(path, ("RectangleLabels",))
        for label in tools.iter("Label")
    ]
    return tuple(dict.fromkeys(names))


def _place(picture: Picture) -> str:
    return f"{'context' if picture.context_of else 'images'}/{picture.name}"


def _address(picture: Picture) -> str:
    return f"/data/local-files/?d={quote(f'{SERVED_AS}/{_place(picture)}')}"
