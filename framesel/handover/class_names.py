"""Names of classes that come back: renamed, and compared with those that were declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from framesel.annotation.checks import checked_name
from framesel.annotation.classes import declared
from framesel.errors import LabelsError, UsageError, WorkspaceError
from framesel.handover.handed import Handed
from framesel.labels import store
from framesel.workspace import Workspace

MOST = 20
"""Names in one message."""


def renaming(texts: Sequence[str]) -> dict[str, str]:
    """``OLD=NEW`` texts as a mapping.

    Raises:
        UsageError: One has another form, or renames what another renames.
    """
    found: dict[str, str] = {}
    for text in texts:
        old, is_there, new = text.partition("=")
        if not is_there or not old or old in found:
            raise UsageError(f"--rename {text}: write OLD=NEW, each old name once")
        try:
            found[old] = checked_name(new, f"--rename {text}")
        except LabelsError as error:
            raise UsageError(str(error)) from None
    return found


def known_classes(workspace: Workspace, handovers: Iterable[Handed]) -> tuple[str, ...]:
    """All names that were declared: by handovers, the recipe, the detector, earlier labels.

    Args:
        workspace: Whose.
        handovers: Those that the labels belong to.
    """
    names = [one.name for handed in handovers for one in handed.classes]
    names += _of_recipe(workspace)
    names += [name for one in store.imports(workspace) for name in one.told["classes"]]
    return tuple(dict.fromkeys(names))


def checked_classes(
    used: Iterable[str],
    known: Sequence[str],
    *,
    accept: bool,
    listed: Sequence[str] = (),
) -> tuple[str, ...]:
    """The names that the labels declare: those that were known, then new ones.

    Where nothing was declared at all, the labels declare their own.

    Args:
        used: Names of boxes.
        known: Declared before.
        accept: Whether new ones are welcome.
        listed: What the labels list as classes, in its order: new ones are taken in that order.

    Raises:
        LabelsError: A name was not declared.
    """
    new = sorted(set(used) - set(known))
    order = {name: place for place, name in enumerate(listed)}
    new.sort(key=lambda name: order.get(name, len(order)))
    if new and known and not accept:
        raise LabelsError(
            f"nobody declared {_listed(new, known)}. Declared are "
            f"{', '.join(known[:MOST])}{' and more' * (len(known) > MOST)}. Say --rename OLD=NEW, "
            "or --new-classes if they are meant; nothing was taken."
        )
    return (*known, *new)


def _listed(new: Sequence[str], known: Sequence[str]) -> str:
    said = []
    folded: Mapping[str, str] = {name.casefold(): name for name in reversed(known)}
    for name in new[:MOST]:
        close = get_close_matches(name.casefold(), folded, 1)
        meant = f" (--rename '{name}={folded[close[0]]}'?)" if close else ""
        said.append(f"the class {name!r}{meant}")
    return ", ".join(said) + f" and {len(new) - MOST} more" * (len(new) > MOST)


def _of_recipe(workspace: Workspace) -> list[str]:
    """What the recipe, or else the detector of the latest round, declares."""
    from framesel import exporting
    from framesel.rounds import state

    if not workspace.recipe.exists():
        return []
    detector = [this.classes for this in state.rounds(workspace) if this.classes]
    try:
        recipe = exporting.last_recipe(workspace)
        found = declared(recipe.classes, detector[-1] if detector else ())
    except UsageError as error:
        raise WorkspaceError(f"{workspace.recipe}: {error}") from None
    return [one.name for one in found]
