"""Which classes a detector is trained for, and what became of those of the round before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from framesel.errors import UsageError
from framesel.labels.labels import Labels
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.rounds.models import Model
from framesel.workspace import Workspace


def classes_of(
    workspace: Workspace, labels: Labels, recipe: Recipe, previous: Model | None
) -> tuple[str, ...]:
    """Names, in the order of the detector's numbers.

    The recipe's, where it has some. Else those that are drawn anywhere: what the model of the round
    before knows comes first and in its order, then as they were declared. Where nothing is drawn
    yet, those that were declared, or that the last detector knows.

    Raises:
        UsageError: Labels name a class that the recipe does not have, or there is none at all.
    """
    drawn = Counter(labels.boxes["label"].to_pylist())
    if recipe.classes:
        _check_known(drawn, recipe)
        return tuple(recipe.classes)
    order = dict.fromkeys([*_known_before(recipe, previous), *labels.classes, *sorted(drawn)])
    found = tuple(name for name in order if name in drawn)
    if found:
        return found
    rounds = [this.classes for this in state.rounds(workspace) if this.classes]
    declared = labels.classes or tuple(_known_before(recipe, previous))
    declared = declared or tuple(rounds[-1] if rounds else ())
    if not declared:
        raise UsageError(
            f"{workspace.root}: no labelled frame shows anything, and nothing says which classes "
            "there are: name them, such as --set 'classes=[car, person]'"
        )
    return declared


def class_remarks(
    labels: Labels,
    original: Labels,
    classes: tuple[str, ...],
    recipe: Recipe,
    previous: Model | None,
) -> Iterator[str]:
    """What a person should hear of the classes.

    Args:
        labels: Under the present names.
        original: As they were given.
        classes: What will be trained for.
        recipe: With ``train.rename``.
        previous: The model of the round before.
    """
    drawn = set(labels.boxes["label"].to_pylist())
    if not drawn:
        yield "not one labelled frame shows anything: the detector learns background alone"
    never = [name for name in classes if name not in drawn]
    if never and drawn:
        yield f"nothing labelled shows {_listed(never)}: of that, nothing can be learnt or measured"
    old = {*original.boxes["label"].to_pylist(), *original.classes}
    old |= set(previous.classes) if previous is not None else set()
    idle = [name for name in recipe.train.rename if name not in old]
    if idle:
        yield f"train.rename: nothing was ever called {_listed(idle)}"
    if previous is not None:
        yield from _changes(classes, _known_before(recipe, previous), previous.round)


def _changes(now: tuple[str, ...], before: list[str], number: int) -> Iterator[str]:
    new = [name for name in now if name not in before]
    gone = [name for name in before if name not in now]
    if new:
        yield f"classes that the model of round {number} did not know: {_listed(new)}"
    if gone:
        yield f"classes that it knew and that are there no more: {_listed(gone)}"
    if new and gone:
        yield (
            "if one of these is another under a new name, say so, and what was learnt and labelled "
            f"of it counts: --set 'train.rename={{{gone[0]}: {new[0]}}}'"
        )


def _known_before(recipe: Recipe, previous: Model | None) -> list[str]:
    """Classes of the model of the round before, under their present names."""
    names = () if previous is None else previous.classes
    return list(dict.fromkeys(recipe.train.rename.get(name, name) for name in names))


def _check_known(drawn: Counter[str], recipe: Recipe) -> None:
    strange = sorted(set(drawn) - set(recipe.classes))
    if strange:
        told = ", ".join(f"{name!r} ({drawn[name]:,} boxes)" for name in strange[:10])
        raise UsageError(
            f"labels name classes that the recipe's `classes` do not have: {told}. Add them there, "
            f"or say what they are called now: --set 'train.rename={{{strange[0]}: "
            f"{next(iter(recipe.classes))}}}'"
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(repr(name) for name in names[:12]) + more
