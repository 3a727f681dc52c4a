"""Where reports are written, and what they may be written over."""

from __future__ import annotations

from pathlib import Path

from framesel.errors import UsageError
from framesel.report.shell import GENERATOR
from framesel.report.view import View

_HEAD_BYTES = 65_536


def round_folder(view: View) -> Path | None:
    """The folder of the view's round; None for a selection of no round."""
    return None if view.round is None else view.round.folder(view.workspace)


def page_path(view: View, out: Path | None) -> Path:
    """Where the page goes: the folder of its round, or of its selection, unless told otherwise.

    Raises:
        UsageError: Something else is there, or the workspace keeps other things there.
    """
    usual = _home(view) / "report.html"
    if out is None:
        return usual
    path = out.absolute()
    path = path / "report.html" if path.is_dir() else path
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {out}: the page is one HTML file; let its name end in .html")
    if path.resolve() != usual.resolve() and path.parent.resolve() != view.workspace.root.resolve():
        _refuse_inside(view, path)
    if path.exists() and not is_report(path):
        raise UsageError(f"{path} exists and is no report: give --out another name, or remove it")
    return path


def folder_path(view: View, out: Path | None) -> Path:
    """Where the folder goes, by the same rules.

    Raises:
        UsageError: Something else is there, or the workspace keeps other things there.
    """
    usual = _home(view) / "report"
    if out is None:
        return usual
    path = out.absolute()
    if path.resolve() != usual.resolve():
        _refuse_inside(view, path)
    empty = path.is_dir() and not any(path.iterdir())
    if path.exists() and not empty and not is_report(path / "index.html"):
        raise UsageError(f"{path} exists and is no report: give --out a new or an empty folder")
    return path


def is_report(path: Path) -> bool:
    """Whether a file is a page that this package wrote."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return f'<meta name="generator" content="{GENERATOR}">'.encode() in head


def _home(view: View) -> Path:
    return round_folder(view) or view.chosen.folder


def _refuse_inside(view: View, path: Path) -> None:
    """Folders of stages, catalog and export hold what framesel reads; a report may not be there."""
    if path.resolve().is_relative_to(view.workspace.root.resolve()):
        raise UsageError(
            f"{path} lies among the tables of the workspace. Leave --out away (the report goes "
            f"to {_home(view)}), or name a place outside."
        )
