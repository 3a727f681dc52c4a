"""What the rounds of a workspace came to, read from disk; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from framesel.history.advice import advice
from framesel.history.balance import balance
from framesel.history.behind import behind, identity
from framesel.history.changed import changed
from framesel.history.comparing import Agreement, agreements
from framesel.history.coverage import Coverage, coverage
from framesel.history.labelled import Labelled, labelled
from framesel.history.measured import On, measured
from framesel.history.trust import trust
from framesel.history.turn import History, Turn
from framesel.history.uncertainty import uncertainty
from framesel.labels import store
from framesel.recipe import Recipe
from framesel.rounds import models, state
from framesel.rounds.decision import Key
from framesel.rounds.models import Model
from framesel.rounds.state import Round
from framesel.workspace import Workspace


def history(workspace: Workspace, recipe: Recipe) -> History:
    """The rounds of a workspace, and whether another one is worth it.

    Args:
        workspace: Where.
        recipe: Of the last run: how labels become one word, what labelling takes, when to stop.

    Raises:
        WorkspaceError: Something on disk is damaged.
        UsageError: The recipe's rule for several annotators fits none of them.
    """
    known = _Known(workspace, recipe)
    turns = [known.turn(number) for number in known.numbers]
    on = _common(turns)
    found = History(tuple(turns), on, None, tuple(_remarks(turns, on)))
    if not turns:
        return found
    return History(found.turns, on, advice(found, recipe.stop), found.remarks)


@dataclass(frozen=True)
class _Known:
    """What is on disk."""

    workspace: Workspace
    recipe: Recipe

    @cached_property
    def rounds(self) -> dict[int, Round]:
        """By number, the open one included."""
        return {this.number: this for this in state.rounds(self.workspace)}

    @cached_property
    def models(self) -> dict[int, Model]:
        """By round."""
        return {model.round: model for model in models.models(self.workspace)}

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Rounds that there is something to say of; 0 only if something was labelled before 1."""
        found = {n for n, this in self.rounds.items() if this.selection} | set(self.models)
        if self.until[0]:
            found.add(0)
        return tuple(sorted(found))

    @cached_property
    def until(self) -> dict[int, int]:
        """The last import of each round: what was there when the next one was chosen."""
        last = store.last(self.workspace)
        found: dict[int, int] = {}
        for number in range(max([0, *self.rounds, *self.models]), -1, -1):
            after = self.rounds.get(number + 1)
            chosen = after is not None and after.selection is not None
            found[number] = after.imports if after is not None and chosen else last
            last = found[number]
        return found

    @cached_property
    def keys(self) -> dict[int, Mapping[str, str]]:
        """Stages behind each round."""
        return {n: behind(self.workspace, this.selection) for n, this in self.rounds.items()}

    @cached_property
    def counted(self) -> dict[int, Labelled]:
        """By the last import that counts."""
        wanted = {self.until[n] for n in self.numbers}
        wanted |= {model.imports for model in self.models.values()}
        return {n: labelled(self.workspace, self.recipe, n) for n in sorted(wanted)}

    @cached_property
    def coverage(self) -> dict[int, Coverage]:
        """Of each round, by what its selection and its labels knew."""
        chosen = [n for n in self.numbers if n in self.rounds and self.keys[n]]
        if not chosen:
            return {}
        known = [self._frames(number) for number in self.numbers]
        found = coverage(self.workspace, self.keys[chosen[-1]], known)
        return dict(zip(self.numbers, found, strict=False))

    @cached_property
    def agreements(self) -> Mapping[int, Agreement]:
        """Of each round's model with the one before."""
        return agreements(self.workspace, self.recipe, self.keys, self.models)

    def _frames(self, number: int) -> set[Key]:
        """What was labelled or picked in a round."""
        keys = store.labelled_keys(self.workspace, self.until[number])
        found = set(zip(keys["video_no"].to_pylist(), keys["pts"].to_pylist(), strict=True))
        this = self.rounds.get(number)
        if this is not None and this.selection is not None:
            picks = this.picks(self.workspace)
            found |= set(zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True))
        return found

    def _informed(self, keys: Mapping[str, str]) -> bool:
        """Whether uncertainty had a say in a selection."""
        if "selection" not in keys:
            return False
        told = identity(self.workspace, "selection", keys["selection"])
        name = dict(told.get("fields") or {}).get("utility", "none")
        if name == "auto":
            verdict = trust(self.workspace, keys)
            return verdict is not None and verdict.trusted
        return bool(name != "none")

    def turn(self, number: int) -> Turn:
        """One round."""
        this = self.rounds.get(number, Round(number, closed=True))
        keys = self.keys.get(number, {})
        model = self.models.get(number)
        before = self.keys.get(number - 1, {})
        return Turn(
            number=number,
            closed=this.closed,
            picks=0 if this.selection is None else this.picks(self.workspace).num_rows,
            imports=self.until[number],
            labelled=self.counted[self.until[number]],
            trained_on=None if model is None else self.counted[model.imports],
            model="" if model is None else model.folder,
            measured=None if model is None else measured(self.workspace, model),
            uncertainty=uncertainty(self.workspace, this, keys),
            informed=self._informed(keys),
            balance=balance(self.workspace, this, keys),
            trust=trust(self.workspace, keys),
            coverage=self.coverage.get(number),
            agreement=self.agreements.get(number),
            changed=changed(self.workspace, before, keys) if before and keys else (),
        )


def _common(turns: Sequence[Turn]) -> On | None:
    """The frames that models are compared on: the holdout if the newest model was judged on it."""
    judged = [turn.measured for turn in turns if turn.measured is not None]
    names: tuple[On, ...] = ("holdout", "val")
    return next((name for name in names if judged and judged[-1].on(name) is not None), None)


def _remarks(turns: Sequence[Turn], on: On | None) -> Iterator[str]:
    trained = [turn for turn in turns if turn.model]
    if trained and on is None:
        yield (
            "no model was judged: no labelled frame was held out (`framesel holdout`) or kept "
            "apart (train.val_share)"
        )
    if on == "val":
        yield (
            "models are judged on frames kept apart from their own training, which may differ from "
            "round to round: draw a holdout (`framesel holdout`) for a curve that compares"
        )
    sizes = {
        metrics.frames
        for turn in trained
        if on and turn.measured is not None and (metrics := turn.measured.on(on)) is not None
    }
    if on == "holdout" and len(sizes) > 1:
        few, many = min(sizes), max(sizes)
        yield (
            f"the holdout grew from {few:,} to {many:,} labelled frames: older models were judged "
            "on fewer, and a step of the curve may come from that"
        )
    for turn in trained:
        told = None if turn.measured is None else turn.measured.difference
        if told is not None and told.get("word") == "worse":
            yield (
                f"the model of round {turn.number} is worse than the one before it on the same "
                "frames; both are kept"
            )
    newest = turns[-1] if turns else None
    if newest is not None and newest.trained_on is not None:
        later = newest.labelled.frames - newest.trained_on.frames
        if later > 0:
            yield f"{later:,} labelled frames came after the newest training: `framesel train`"
