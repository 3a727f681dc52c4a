"""The report as a folder that holds everything: all frames, a picture of each."""

from __future__ import annotations

import shutil
from pathlib import Path

from framesel.report import shell, thumbnails
from framesel.report.page import Made, missing
from framesel.report.places import round_folder
from framesel.report.story import Story, as_json, linked, whole
from framesel.report.view import View
from framesel.workspace import write_bytes

INDEX = "index.html"
COLUMNS = "data/columns.js"
THUMBS = "thumbs"


def write(view: View, path: Path) -> Made:
    """Writes a selection's folder: ``index.html``, ``data/`` and ``thumbs/``.

    Args:
        view: The selection.
        path: Where; an earlier report there is replaced once this one is whole.
    """
    story = whole(view, "folder", None)
    linked(story.told, round_folder(view), path)
    partial = path.with_name(f"{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    lost = _pictures(view, story, partial / THUMBS)
    story.remarks += missing(len(lost))
    columns = story.told.pop("columns")
    write_bytes(partial / COLUMNS, _script(columns))
    write_bytes(partial / INDEX, shell.html(story, beside=[COLUMNS]))
    _replace(partial, path)
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return Made(path / INDEX, sum(sizes), len(sizes) - 2, tuple(story.remarks))


def _pictures(view: View, story: Story, folder: Path) -> set[int]:
    wanted = [(story.picks, thumbnails.PICK)]
    if thumbnails.keeps_pixels(view):
        wanted.append((story.shown, thumbnails.NEIGHBOUR))
    else:
        story.remarks.append(thumbnails.ONLY_PICKS)
    return thumbnails.write_files(view, folder, wanted)


def _script(columns: object) -> bytes:
    """A page on disk may fetch nothing, but scripts beside it may hand it something."""
    return f"framesel.store.addColumns({as_json(columns)});\n".encode()


def _replace(partial: Path, path: Path) -> None:
    old = path.with_name(f"{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    partial.rename(path)
    shutil.rmtree(old, ignore_errors=True)
