"""Files of decisions that are damaged, hostile or of a newer framesel."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from framesel import tables
from framesel.errors import WorkspaceError
from framesel.rounds import decisions
from framesel.rounds.decisions import Decision
from framesel.workspace import Workspace
from tests.rounds.said import row, said

A, B = (0, 0), (0, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


GOOD = said(1, "tag", A).model_dump()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b"[" * 5_000,
        b"{}",
        b" " * (1 << 20) + b"{}",
        json.dumps({**GOOD, "no": 2}).encode(),
        json.dumps({**GOOD, "no": "1"}).encode(),
        json.dumps({**GOOD, "at": ""}).encode(),
        json.dumps({**GOOD, "at": "yesterday"}).encode(),
        json.dumps({**GOOD, "at": "2026-01-01T00:00:00"}).encode(),
        json.dumps({**GOOD, "format": 0}).encode(),
        json.dumps({**GOOD, "more": 1}).encode(),
        json.dumps({**GOOD, "round": 0}).encode(),
        json.dumps({**GOOD, "kind": "adore"}).encode(),
        json.dumps({**GOOD, "video_no": 2**31}).encode(),
        json.dumps({**GOOD, "pts": 2**63}).encode(),
        json.dumps({**GOOD, "pts": None}).encode(),
        json.dumps({**GOOD, "text": ""}).encode(),
        json.dumps({**GOOD, "text": "x" * 61}).encode(),
        json.dumps({**GOOD, "text": "\x1b[2J"}).encode(),
        json.dumps({**GOOD, "text": "right\u202eleft"}).encode(),
        json.dumps({**GOOD, "text": "\ud800"}).encode(),
        json.dumps({**GOOD, "kind": "reject", "text": "x" * 501}).encode(),
        json.dumps({**GOOD, "kind": "reject", "text": "two\nlines"}).encode(),
        json.dumps({**GOOD, "box": [0, 0, 1, 1]}).encode(),
        json.dumps({**GOOD, "kind": "blur"}).encode(),
        json.dumps({**GOOD, "kind": "blur", "box": [0, 0, float("nan"), 1]}).encode(),
        json.dumps({**GOOD, "kind": "blur", "box": [0, 0, 1.5, 1]}).encode(),
        json.dumps({**GOOD, "kind": "blur", "box": [0.5, 0, 0.5, 1]}).encode(),
        json.dumps({**GOOD, "kind": "blur", "box": [0, 0, 1]}).encode(),
        json.dumps({**GOOD, "kind": "undo", "undoes": 0}).encode(),
        json.dumps({**GOOD, "kind": "undo", "undoes": 1, "video_no": None, "pts": None}).encode(),
        json.dumps({**GOOD, "undoes": 1}).encode(),
        json.dumps({**GOOD, "kind": "pin"}).encode(),
        json.dumps({**GOOD, "kind": "pin", "row": row(B)}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(A)}).encode(),
        json.dumps({**GOOD, "kind": "keep", "row": row(B)}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": {}}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, rank="first")}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, video_no=None)}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, t_s=float("inf"))}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, terms=5)}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, terms=[[1]])}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": row(B, pts=2**70)}).encode(),
        json.dumps({**GOOD, "kind": "reject", "row": {**row(B), "__proto__": 1}}).encode(),
    ],
)
def test_a_damaged_file_is_named_and_nothing_else_happens(
    workspace: Workspace, content: bytes
) -> None:
    decisions.append(workspace, said(0, "keep", A))
    path = workspace.root / "decisions" / "00000001.json"
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"decisions/00000001\.json is damaged") as caught:
        decisions.read(workspace)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "emove it" in str(caught.value)


def test_a_good_file_of_the_same_making_is_read(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "keep", A))
    (workspace.root / "decisions" / "00000001.json").write_text(json.dumps(GOOD), "utf-8")
    assert decisions.read(workspace) == [said(1, "tag", A)]


def test_a_newer_format_is_named_and_not_guessed_at(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "keep", A))
    path = workspace.root / "decisions" / "00000001.json"
    path.write_text(json.dumps({"format": 2, "said": "something new"}), "utf-8")
    with pytest.raises(WorkspaceError, match=r"00000001\.json has format 2; .* reads format 1"):
        decisions.read(workspace)


def test_what_is_no_file_is_damaged_and_strangers_are_ignored(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "keep", A))
    folder = workspace.root / "decisions"
    for name in ("notes.txt", "1.json", "00000009.json.bak", "x00000009.json"):
        (folder / name).write_text("hello")
    assert len(decisions.read(workspace)) == 1
    (folder / "00000002.json").mkdir()
    with pytest.raises(WorkspaceError, match=r"00000002\.json is damaged"):
        decisions.read(workspace)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "tag", "text": " "}, "a tag has 1 to 60"),
        ({"kind": "tag", "text": "x" * 61}, "a tag has 1 to 60"),
        ({"kind": "blur", "box": (0.5, 0.5, 0.4, 0.6)}, "x1 < x2"),
        ({"kind": "pin"}, "a pin needs the row"),
        ({"kind": "undo"}, "an undo names a decision"),
        ({"round": 0}, "greater than or equal to 1"),
    ],
)
def test_nonsense_is_refused_before_it_is_written(wrong: dict[str, Any], told: str) -> None:
    plain: dict[str, Any] = {"round": 1, "kind": "keep", "video_no": 0, "pts": 0}
    with pytest.raises(ValidationError, match=told):
        Decision(**{**plain, **wrong})


def test_a_row_loses_what_json_cannot_hold_and_what_a_review_added() -> None:
    given_ = row(B, gain=float("nan"), terms=[("a", 1.0), ("b", float("inf"))], verdict="", tags=[])
    found = said(1, "reject", A, row=given_).row
    assert found is not None
    assert (found["gain"], found["terms"]) == (None, [("a", 1.0)])
    assert set(found) == set(tables.SELECTION.names)
