"""A handover as files for annotation tools, in a folder of the user's choice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framesel.annotation.formats import FORMATS, Format, format_named
from framesel.disk import sweep
from framesel.errors import UsageError
from framesel.handover.handed import Handed
from framesel.handover.instructions import instructions
from framesel.workspace import Workspace, write_bytes, write_json

MARKER = "handover.json"
README = "README.txt"
FORMAT = 1


def formats_named(text: str) -> tuple[Format, ...]:
    """Formats by their names, separated by commas.

    Raises:
        UsageError: There is none of a name, or it can only be read.
    """
    names = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    found = tuple(format_named(name) for name in names)
    if not found:
        raise UsageError("--format: name a format")
    for one in found:
        if not one.writes:
            raise UsageError(f"framesel reads {one.name} ({one.says}) and does not write it")
    return found


def write_out(handed: Handed, formats: Sequence[Format], out: Path, workspace: Workspace) -> None:
    """Writes each format into a folder of its own below ``out``, and says what to do with it.

    An export that was killed goes on; formats that are written stay as they are.

    Args:
        handed: What is written.
        formats: How.
        out: New, empty, or an export of the same handover.
        workspace: Nothing is written into its folder.

    Raises:
        UsageError: The folder holds something else, or is not to be written to.
    """
    out = out.absolute()
    told = _checked(handed, out, workspace)
    write_json(out / MARKER, told)
    done: list[str] = list(told["formats"])
    for one in formats:
        if one.name in done and (out / one.name).is_dir():
            continue
        (out / one.name).mkdir(exist_ok=True)
        one.writer.write(handed.sheet(), out / one.name)
        sweep(out / one.name)
        done = sorted({*done, one.name})
        write_json(out / MARKER, {**told, "formats": done})
    text = instructions(handed, [FORMATS[name] for name in done], workspace.root)
    write_bytes(out / README, text.encode("utf-8"))
    sweep(out)


def marker_of(folder: Path) -> dict[str, Any] | None:
    """What the marker of an exported folder says; None if there is none that makes sense."""
    try:
        found = json.loads((folder / MARKER).read_text("utf-8"))
        sound = (
            isinstance(found["handover"], int)
            and isinstance(found["identity"], str)
            and all(name in FORMATS for name in found["formats"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(found) if sound else None


def _checked(handed: Handed, out: Path, workspace: Workspace) -> dict[str, Any]:
    """What the marker shall say.

    Raises:
        UsageError: The folder is not to be written to.
    """
    if out.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"--out {out} lies in the workspace: name a folder outside of it")
    told = {"format": FORMAT, "handover": handed.no, "identity": handed.identity, "formats": []}
    if not out.exists():
        return told
    if not out.is_dir():
        raise UsageError(f"--out {out} is a file: name a folder")
    found = marker_of(out)
    if found is not None and found["identity"] == handed.identity:
        told = {**told, "formats": sorted(found["formats"])}
        ours = {MARKER, README, *FORMATS}
    elif found is not None:
        raise UsageError(
            f"{out} holds handover {found['handover']}, and this is handover {handed.no}, which is "
            "another: give --out a new folder"
        )
    else:
        ours = set()
    strange = [p.name for p in sorted(out.iterdir()) if p.name not in ours and not _rubbish(p)]
    if strange:
        raise UsageError(
            f"{out} holds {strange[0]!r}, which is not of this export: give --out a new or an "
            "empty folder"
        )
    return told


def _rubbish(path: Path) -> bool:
    """Whether a killed export left it half written."""
    return path.name.startswith((f".{MARKER}.", f".{README}.")) and path.name.endswith(".tmp")
