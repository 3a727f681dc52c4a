"""A handover and an export that are killed at every moment end up the same as undisturbed ones."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from framesel.annotation.formats import FORMATS
from framesel.handover.exporting import write_out
from framesel.handover.handing import Handed, Wanted, hand_over
from framesel.handover.listing import Listing
from framesel.workspace import Workspace
from tests.handover.conftest import Desk
from tests.pipeline.conftest import Recorder
from tests.resume.faults import Inline, Moment, label, tree


class Killed(BaseException):
    """Stands for the end of the process: nothing that runs after it changes a file."""


@contextmanager
def deadly(survived: set[Moment]) -> Iterator[list[Moment]]:
    """Dies just before and after each rename, at the first moment not survived."""
    died: list[Moment] = []

    def moment(when: str, path: str) -> None:
        if died or (when, label(path)) not in survived:
            died.append((when, label(path)))
            raise Killed

    def moved(move: Callable[..., Any]) -> Callable[..., None]:
        def patched(source: Any, target: Any) -> None:
            moment("before", str(target))
            move(source, target)
            moment("after", str(target))

        return patched

    unlink = Path.unlink
    with pytest.MonkeyPatch.context() as patch:
        # the dead tidy nothing up
        patch.setattr(Path, "unlink", lambda *a, **k: None if died else unlink(*a, **k))
        patch.setattr(os, "replace", moved(os.replace))
        patch.setattr(os, "rename", moved(os.rename))
        yield died


def hand_out(root: Path, listing: Listing, out: Path) -> Handed:
    """Hands frames over with context, and writes them out."""
    workspace = Workspace.open(root)
    handed = hand_over(workspace, listing, Wanted(context=1), Recorder(), Inline)
    write_out(handed, [FORMATS["csv"]], out, workspace)
    return handed


def one_with_context(desk: Desk) -> Listing:
    """One frame of the holdout's kind, with a frame before it and one behind it."""
    frames = desk.view.frames
    inside = (
        listed
        for listed in desk.picks.frames
        if frames.span(listed.video_no)[0]
        < frames.row_of(listed.video_no, listed.pts)
        < frames.span(listed.video_no)[1] - 1
    )
    return replace(desk.picks, what="holdout", frames=(next(inside),))


def test_what_is_killed_at_every_moment_ends_up_the_same(desk: Desk, tmp_path: Path) -> None:
    root, out, twin = desk.workspace.root, tmp_path / "out", tmp_path / "twin/ws"
    shutil.copytree(root, twin)
    listing = one_with_context(desk)
    whole = hand_out(twin, listing, tmp_path / "whole")
    survived: set[Moment] = set()
    while True:
        with deadly(survived) as died:
            try:
                hand_out(root, listing, out)
                break
            except Killed:
                survived.add(died[0])
        assert len(list(desk.workspace.handovers.glob("[0-9]*"))) <= 1
    assert {when for when, _ in survived} == {"before", "after"}
    assert len(survived) > 10
    mine, other = (tree(folder / "handovers") for folder in (root, twin))
    for found in (mine, other):
        del found["000001/handover.json"]  # it says when
    assert mine == other
    assert len(mine) > 4
    assert tree(out) == tree(tmp_path / "whole")
    assert hand_out(root, listing, out).identity == whole.identity
    assert [p.name for p in desk.workspace.handovers.iterdir()] == ["000001"]


def test_what_was_killed_for_another_handover_is_removed(desk: Desk, tmp_path: Path) -> None:
    listing = one_with_context(desk)
    with deadly(set()), pytest.raises(Killed):
        hand_out(desk.workspace.root, listing, tmp_path / "out")
    (left,) = desk.workspace.handovers.iterdir()
    assert left.name.startswith("partial-")
    desk.hand()
    assert [p.name for p in desk.workspace.handovers.iterdir()] == ["000001"]
