"""The holdout: videos that no strategy may choose from and nothing trains on.

``holdout.json`` names videos by the digest of their content. What is in it stays in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from framesel.rounds.drawn import FORMAT, Drawn, read_drawn
from framesel.workspace import Workspace, write_json


class Holdout(BaseModel):
    """What was drawn.

    Attributes:
        format: Of the file.
        seed: Of all draws.
        share: Of the footage, as it was asked for last.
        tau: Cosine from which videos were drawn together.
        videos: Digests of the videos that are held out.
        considered: Digests of all videos that a draw has looked at: drawn or not, none of them is
            drawn again.
        rate: Frames are drawn up to this place in an order by chance that never changes.
        frames: What is to be labelled, in the order in which it was drawn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    seed: int = 0
    share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    tau: float = 1.0
    videos: tuple[str, ...] = ()
    considered: tuple[str, ...] = ()
    rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    frames: tuple[Drawn, ...] = ()


def read(workspace: Workspace) -> Holdout | None:
    """The holdout of a workspace; None where nothing was drawn.

    Raises:
        WorkspaceError: Its file is damaged, or a newer framesel wrote it.
    """
    mend = "Restore it; without it frames may be chosen that must not be."
    return read_drawn(workspace.root / "holdout.json", Holdout, mend)


def write(workspace: Workspace, holdout: Holdout) -> None:
    """Writes a holdout down."""
    write_json(workspace.root / "holdout.json", holdout.model_dump(mode="json"))


def forget(workspace: Workspace, digest: str) -> list[Path]:
    """Removes a video and its frames from the holdout. Returns the files that were rewritten."""
    found = read(workspace)
    if found is None or digest not in (*found.videos, *found.considered):
        return []
    rest = {
        "videos": tuple(one for one in found.videos if one != digest),
        "considered": tuple(one for one in found.considered if one != digest),
        "frames": tuple(one for one in found.frames if one.digest != digest),
    }
    write(workspace, found.model_copy(update=rest))
    return [workspace.root / "holdout.json"]


def digests(workspace: Workspace) -> frozenset[str]:
    """Digests of the videos that are held out; none where nothing was drawn.

    Raises:
        WorkspaceError: The file is damaged.
    """
    found = read(workspace)
    return frozenset() if found is None else frozenset(found.videos)
