"""What changed between two rounds: settings, weights, tables; in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from framesel.history.behind import identity
from framesel.planning import changes
from framesel.workspace import Workspace

SAID_OTHERWISE = ("needs", "assets")
"""Parts of an identity that hold digests: nobody reads those."""

ASSETS = {
    "weights": "other weights",
    "calibration": "another calibration",
    "density": "another target density",
}


def changed(
    workspace: Workspace, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[str, ...]:
    """How the settings behind a round's picks differ from those of the round before.

    Args:
        workspace: Where.
        before: Folders of the stages behind the earlier selection.
        after: The same of the later one.
    """
    found: list[str] = []
    for name in (*after, *(name for name in before if name not in after)):
        if name not in before or name not in after:
            found.append(f"{name}: {'new' if name in after else 'no longer there'}")
        elif before[name] != after[name]:
            old, new = (identity(workspace, name, keys[name]) for keys in (before, after))
            found += [f"{name}: {line}" for line in differences(old, new)]
    return tuple(found)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Differences of two identities that a person can read; digests are told by what they are of.

    Args:
        old: As a ``stage.json`` holds it; empty where it is gone: nothing is known then.
        new: The same.
    """
    if not old or not new:
        return
    mine, theirs = (
        {key: value for key, value in one.items() if key not in SAID_OTHERWISE}
        for one in (old, new)
    )
    yield from changes(mine, theirs)
    assets = [dict(one.get("assets") or {}) for one in (old, new)]
    for name in sorted({*assets[0], *assets[1]}):
        if assets[0].get(name) != assets[1].get(name):
            yield ASSETS.get(name, f"another {name}")
