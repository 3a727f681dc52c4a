"""Undo and redo are those of every editor, also where a rejection is filled later."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from framesel.desk.history import History
from framesel.rounds.decisions import Decision, Key, standing, verdicts

AT = "2026-01-01T00:00:00+00:00"


def row_of(key: Key) -> dict[str, Any]:
    return {"video_no": key[0], "pts": key[1], "rank": 0, "index": 0, "t_s": 0.0, "terms": []}


@dataclass
class Said:
    """Decisions as a desk writes them."""

    made: list[Decision] = field(default_factory=list)

    def add(self, kind: str, pts: int | None = None, **more: Any) -> Decision:
        place = {} if pts is None else {"video_no": 0, "pts": pts}
        content = {"no": len(self.made) + 1, "at": AT, "round": 1, "kind": kind, **place, **more}
        self.made.append(Decision.model_validate(content))
        return self.made[-1]

    def fill(self, old: Decision) -> None:
        """What a desk does for a rejection whose place is still free."""
        assert old.pts is not None
        self.add("reject", old.pts, row=row_of((9, old.no)))
        self.add("undo", undoes=old.no)

    def undo(self) -> int:
        last = History(self.made).undone_next(1)
        if last is not None:
            self.add("undo", undoes=last.no)
        return 0 if last is None else History(self.made).origin(last)

    def redo(self) -> None:
        last = History(self.made).redone_next(1)
        if last is not None:
            self.add("undo", undoes=last.no)

    def stands(self) -> list[tuple[str, int]]:
        """What a person did and did not take back, in the order of doing."""
        history = History(self.made)
        found = sorted((history.origin(d), d.kind, d.key[1]) for d in standing(self.made))
        return [(kind, pts) for _, kind, pts in found]


@given(st.lists(st.sampled_from(["keep", "reject", "undo", "redo", "fill"]), max_size=30))
def test_undo_and_redo_are_those_of_an_editor(steps: list[str]) -> None:
    said = Said()
    done: list[tuple[str, int]] = []
    undone: list[tuple[str, int]] = []
    for number, step in enumerate(steps):
        if step == "undo":
            said.undo()
            undone += [done.pop()] if done else []
        elif step == "redo":
            said.redo()
            done += [undone.pop()] if undone else []
        elif step == "fill":
            for old in History(said.made).unfilled(1):
                said.fill(old)
        else:
            said.add(step, number)
            done.append((step, number))
            undone.clear()
        assert said.stands() == done
    rejected = {(0, pts) for kind, pts in done if kind == "reject"}
    assert verdicts(said.made).rejected == rejected


@given(st.lists(st.sampled_from(["keep", "reject", "undo", "redo", "fill"]), max_size=20))
def test_whatever_changes_is_touched(steps: list[str]) -> None:
    said = Said()
    for number, step in enumerate(steps):
        before, seq = verdicts(said.made), len(said.made)
        if step in ("undo", "redo"):
            getattr(said, step)()
        elif step == "fill":
            for old in History(said.made).unfilled(1):
                said.fill(old)
        else:
            said.add(step, number % 3, row=row_of((9, number)) if step == "reject" else None)
        after, touched = verdicts(said.made), History(said.made).touched(seq)
        entered = {(r["video_no"], r["pts"]) for r in after.replacements.values()}
        left = {(r["video_no"], r["pts"]) for r in before.replacements.values()}
        different = (before.rejected ^ after.rejected) | (before.kept ^ after.kept)
        assert different | (entered ^ left) <= touched


def test_what_took_the_place_of_what_took_a_place_is_touched_when_the_first_comes_back() -> None:
    said = Said()
    said.add("reject", 1, row=row_of((0, 2)))
    said.add("reject", 2, row=row_of((0, 3)))
    said.add("keep", 1)
    assert History(said.made).touched(2) == {(0, 1), (0, 2), (0, 3)}
    assert History(said.made).touched(3) == set()


def test_filling_is_nobody_elses_decision() -> None:
    said = Said()
    rejected = said.add("reject", 1)
    said.fill(rejected)
    history = History(said.made)
    assert not history.changed_by_others((0, 1), rejected.no)
    assert history.unfilled(1) == []
    said.add("tag", 1, text="night")
    assert History(said.made).changed_by_others((0, 1), rejected.no)
    assert not History(said.made).changed_by_others((0, 2), rejected.no)


def test_undoing_is_a_decision_about_the_frame() -> None:
    said = Said()
    said.add("keep", 1)
    said.undo()
    assert History(said.made).changed_by_others((0, 1), 1)


def test_rounds_are_taken_back_one_by_one() -> None:
    said = Said()
    said.add("keep", 1)
    said.made.append(said.made[0].model_copy(update={"no": 2, "round": 2}))
    history = History(said.made)
    assert history.undone_next(1) == said.made[0]
    assert history.undone_next(2) == said.made[1]
    assert history.undone_next(3) is None
