"""Which decisions a round hears."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from framesel.errors import WorkspaceError
from framesel.labels import store
from framesel.rounds import decisions, state
from framesel.workspace import Workspace, write_json, write_table
from tests.labels.words import labels, word
from tests.rounds.said import keys_of, picks, row, said

A, B, C, D, E = (0, 0), (0, 1), (0, 2), (1, 0), (1, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One open round with the picks A, B, C."""
    found = Workspace.create(tmp_path / "ws")
    table: pa.Table = picks(A, B, C)
    write_table(found.root / "selection/abc/all.parquet", table.schema, table.to_batches())
    state.save(found, state.Round(1, selection="selection/abc"))
    return found


def open_round(workspace: Workspace) -> state.Round:
    return state.rounds(workspace)[-1]


def test_picks_are_reviewed_selected_are_the_strategys(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "reject", A, row=row(D)))
    this = open_round(workspace)
    assert keys_of(this.picks(workspace)) == [D, B, C]
    assert keys_of(this.selected(workspace)) == [A, B, C]
    assert keys_of(state.already(workspace)) == []


def test_a_round_written_before_there_were_decisions_is_read_and_left_alone(
    workspace: Workspace,
) -> None:
    path = workspace.root / "rounds/0001/round.json"
    old = {"number": 1, "closed": False, "selection": "selection/abc", "classes": None}
    write_json(path, old)
    this = open_round(workspace)
    assert (this.heard, this.told) == (0, None)
    state.save(workspace, this)
    assert json.loads(path.read_text()) == old


def test_only_what_came_before_its_end_counts_for_a_closed_round(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "reject", A))
    decisions.append(workspace, said(0, "reject", B))
    state.close(workspace, open_round(workspace), 1)
    this = open_round(workspace)
    assert this.closed
    assert keys_of(this.picks(workspace)) == [B, C]
    assert keys_of(state.already(workspace)) == [B, C]
    assert this.verdicts(workspace, 0).rejected == frozenset()
    assert state.current(workspace).verdicts(workspace).rejected == {A, B}
    decisions.append(workspace, said(0, "undo", undoes=1, round=2))
    assert keys_of(state.already(workspace)) == [B, C]
    assert state.current(workspace).verdicts(workspace).rejected == {B}


def test_what_its_selection_has_not_heard_is_told(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "not_duplicate", D))
    decisions.append(workspace, said(0, "tag", A))
    assert open_round(workspace).unheard(workspace) == ["you said that a frame is no duplicate"]
    state.save(workspace, state.Round(1, selection="selection/abc", heard=1))
    assert open_round(workspace).unheard(workspace) == []
    decisions.append(workspace, said(0, "undo", undoes=1))
    (told,) = open_round(workspace).unheard(workspace)
    assert told == "you took back that a frame is no duplicate"


@pytest.mark.parametrize(
    "wrong",
    [
        {"heard": "1"},
        {"heard": None},
        {"told": -1},
        {"number": []},
        {"imports": -1},
        {"more": 1},
        [],
    ],
)
def test_a_damaged_round_is_named(workspace: Workspace, wrong: Any) -> None:
    path = workspace.root / "rounds/0001/round.json"
    good = json.loads(path.read_text())
    path.write_text(json.dumps({**good, **wrong} if wrong else wrong))
    with pytest.raises(WorkspaceError, match=r"round\.json is damaged"):
        state.rounds(workspace)


def labelled(workspace: Workspace, *keys: tuple[int, int]) -> None:
    """One more import: nothing is in any of these frames."""
    words = [word([], video_no=video_no, pts=pts) for video_no, pts in keys]
    store.add(workspace, labels(words), {})


def test_labelled_frames_are_already_and_the_open_rounds_own_are_not(workspace: Workspace) -> None:
    labelled(workspace, D, E, B)
    assert keys_of(state.already(workspace)) == [D, E]
    state.close(workspace, open_round(workspace), 0)
    assert keys_of(state.already(workspace)) == [A, B, C, D, E]
    assert state.already(workspace).schema == picks().select(["video_no", "pts"]).schema


def test_a_round_that_chose_before_frames_were_labelled_did_not_see_them(
    workspace: Workspace,
) -> None:
    labelled(workspace, D)
    state.save(workspace, state.Round(1, True, "selection/abc", imports=1))
    labelled(workspace, E)
    state.save(workspace, state.Round(2, selection="selection/abc", imports=2))
    assert keys_of(state.already(workspace, before=1)) == [D]
    assert keys_of(state.already(workspace, before=2)) == [A, B, C, D, E]


def test_labels_of_its_picks_close_a_round_and_no_others_do(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "reject", A, row=row(D)))
    assert state.close_labelled(workspace, {A, E}, 1) is None
    assert not open_round(workspace).closed
    closed = state.close_labelled(workspace, {D, E}, 1)
    assert closed is not None
    assert open_round(workspace) == state.Round(1, True, "selection/abc", told=1)
    assert state.close_labelled(workspace, {D}, 1) is None
    assert state.current(workspace).number == 2
