"""The stop set: frames on which successive models are compared, drawn once and never again.

They are drawn among frames that nobody had labelled and no round had picked, outside the holdout
(Bloodgood and Vijay-Shanker, "A method for stopping active learning based on stabilizing
predictions and the need for user-adjustable stopping", CoNLL 2009: the set is fixed, unlabelled and
representative). ``stop_set.json`` names videos by the digest of their content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from framesel.rounds.decision import Key
from framesel.rounds.drawn import FORMAT, Drawn, read_drawn
from framesel.workspace import Workspace, write_json


class StopSet(BaseModel):
    """What was drawn.

    Attributes:
        format: Of the file.
        seed: Of the draw.
        frames: In the order in which they were drawn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    seed: int = 0
    frames: tuple[Drawn, ...] = ()


def read(workspace: Workspace) -> StopSet | None:
    """The stop set of a workspace; None where none was drawn.

    Raises:
        WorkspaceError: Its file is damaged, or a newer framesel wrote it.
    """
    mend = "Restore it, or remove it: another one is drawn then, and models are compared anew"
    return read_drawn(workspace.root / "stop_set.json", StopSet, mend)


def draw(
    workspace: Workspace,
    frames: Iterable[tuple[str, int]],
    leave: Collection[tuple[str, int]],
    count: int,
    seed: int,
) -> StopSet:
    """Draws the stop set unless there is one; the caller has the workspace's lock.

    Args:
        workspace: Where.
        frames: (digest of the video, pts) of all that was sampled outside the holdout.
        leave: Those of them that are labelled or picked.
        count: How many are wanted.
        seed: Of the draw. It does not depend on the order of the frames.
    """
    known = read(workspace)
    if known is not None:
        return known
    pool = sorted(set(frames) - set(leave))
    order = np.random.default_rng(seed).permutation(len(pool))[:count]
    drawn = tuple(Drawn(digest=pool[at][0], pts=pool[at][1]) for at in order.tolist())
    found = StopSet(seed=seed, frames=drawn)
    write_json(workspace.root / "stop_set.json", found.model_dump(mode="json"))
    return found


def keys(found: StopSet, numbers: dict[str, int]) -> tuple[Key, ...]:
    """(video_no, pts) of its frames whose videos are known, sorted.

    Args:
        found: The stop set.
        numbers: Of videos, by digest.
    """
    return tuple(sorted((numbers[f.digest], f.pts) for f in found.frames if f.digest in numbers))


def forget(workspace: Workspace, digest: str) -> list[Path]:
    """Removes a video's frames. Returns the files that were rewritten."""
    found = read(workspace)
    if found is None or all(frame.digest != digest for frame in found.frames):
        return []
    rest = tuple(frame for frame in found.frames if frame.digest != digest)
    left = found.model_copy(update={"frames": rest})
    write_json(workspace.root / "stop_set.json", left.model_dump(mode="json"))
    return [workspace.root / "stop_set.json"]
