"""Whether a round's scores had earned it to be listened to, as the run found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framesel import table_files
from framesel.errors import WorkspaceError
from framesel.report.figures.plain import number
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Trust:
    """What the stage ``trust`` found.

    Attributes:
        auroc: How well the utility told frames with an error from others; nan: not known.
        frames: Labelled frames that this was measured on.
        errors: How many of them held an error.
        trusted: Whether selection followed the utility.
        why: In words.
    """

    auroc: float
    frames: int
    errors: int
    trusted: bool
    why: str

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "auroc": number(self.auroc),
            "frames": self.frames,
            "errors": self.errors,
            "trusted": self.trusted,
            "why": self.why,
        }


def trust(workspace: Workspace, keys: Mapping[str, str]) -> Trust | None:
    """The verdict that a selection was made with; None where it asked for none.

    Args:
        workspace: Where.
        keys: Folders of the stages behind the selection (``behind``).

    Raises:
        WorkspaceError: The table is damaged.
    """
    path = workspace.stage("trust", keys.get("trust", "none")) / "all.parquet"
    if not path.exists():
        return None
    try:
        (row,) = table_files.read(path).to_pylist()
        auroc = float("nan") if row["auroc"] is None else float(row["auroc"])
        return Trust(
            auroc, int(row["frames"]), int(row["errors"]), bool(row["trusted"]), row["why"]
        )
    except (OSError, pa.ArrowInvalid, ValueError, TypeError, KeyError) as error:
        raise WorkspaceError(
            f"{path} is damaged ({error}): remove its folder and run again"
        ) from None
