"""Holds named videos out as a whole: footage that was set aside beforehand to judge by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.recipe import Recipe
from framesel.rounds.holdout import Holdout, read, write
from framesel.sources import expand
from framesel.splitting import stored
from framesel.splitting.holdout_draw import Drawing, learnt_from, picks_in, with_frames
from framesel.splitting.stored import Stored
from framesel.workspace import Workspace

MOST_TOLD = 20


def hold_out(
    workspace: Workspace, recipe: Recipe, paths: Sequence[str], frames: int | None = None
) -> Drawing:
    """Holds videos out, and draws the frames of them that are to be labelled.

    They join what is held out already. The caller has the workspace's lock. The same call again
    changes nothing.

    Args:
        workspace: Where; the videos are among its input.
        recipe: Of the last run.
        paths: Files, folders, globs or lists, as for ``framesel run``.
        frames: To be labelled of the whole holdout, at least; None: as many as before, or 200.

    Raises:
        UsageError: A video is not among the input, cannot be read, or was learnt from already: it
            has labels, or picks of a closed round.
        WorkspaceError: Not every video was looked at yet.
    """
    if frames is not None and frames < 1:
        raise UsageError("--frames: give 1 or more")
    catalog = Catalog(workspace)
    before = read(workspace) or Holdout(tau=stored.tau_of(workspace, recipe))
    wanted = _numbers(workspace, catalog, paths, recipe)
    digest = {no: str(catalog.videos[no]["digest"]) for no in catalog.live}
    new = {no for no in wanted if digest[no] not in before.videos}
    if known := sorted(new & learnt_from(workspace)):
        raise UsageError(
            f"{_listed([str(catalog.videos[no]['path']) for no in known])} cannot be held out: "
            "they have labels, or picks of a round that is closed"
        )
    found = before.model_copy(
        update={
            "videos": (*before.videos, *sorted(digest[no] for no in new)),
            "considered": tuple(one for one in before.considered if one not in _of(digest, new)),
        }
    )
    sampled = stored.read(workspace, recipe)
    live = {no for no, one in digest.items() if one in found.videos}
    mine = live & set(sampled.video_no.tolist())
    if mine:
        found = with_frames(found, sampled, digest, mine, frames)
    write(workspace, found)
    share = _share(sampled, live)
    return Drawing(found, tuple(sorted(new)), len(live), share, 0, 0, picks_in(workspace, live))


def _numbers(
    workspace: Workspace, catalog: Catalog, paths: Sequence[str], recipe: Recipe
) -> set[int]:
    """Numbers of the videos that some paths mean."""
    rows = zip(*(catalog.sources[name].to_pylist() for name in ("path", "video_no")), strict=True)
    known: dict[str, int | None] = dict(rows)
    files = [str(path) for path in expand(paths, sequence=recipe.catalog.sequence)]
    if strange := [path for path in files if path not in known]:
        raise UsageError(
            f"{_listed(strange)} are not among the input of {workspace.root}: name them to "
            "`framesel run` too"
        )
    if broken := [path for path in files if known[path] is None]:
        raise UsageError(
            f"{_listed(broken)} could not be opened and cannot be held out: leave them out"
        )
    return {no for path in files if (no := known[path]) is not None}


def _of(digest: dict[int, str], videos: set[int]) -> set[str]:
    return {digest[no] for no in videos}


def _share(sampled: Stored, videos: set[int]) -> float:
    return float(np.isin(sampled.video_no, sorted(videos)).mean()) if len(sampled) else 0.0


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - MOST_TOLD
    return ", ".join(paths[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
