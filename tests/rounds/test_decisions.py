"""Decisions on disk: whole or not there, never overwritten, believed only where they make sense."""

import errno
import json
import multiprocessing as mp
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from framesel import tables
from framesel.rounds import decisions
from framesel.rounds.decisions import Decision
from framesel.workspace import Workspace
from tests.rounds.said import histories, row, said

A, B = (0, 0), (0, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


def names(workspace: Workspace) -> list[str]:
    """Every file in the folder of decisions."""
    return sorted(p.name for p in (workspace.root / "decisions").iterdir())


def test_a_decision_gets_a_number_and_a_time_and_is_read_back(workspace: Workspace) -> None:
    assert decisions.read(workspace) == []
    assert decisions.last(workspace) == 0
    given_ = said(0, "reject", A, row=row(B), text="  too dark ", at="")
    written = decisions.append(workspace, given_)
    assert (written.no, written.text) == (1, "too dark")
    assert written.at.endswith("+00:00")
    assert decisions.append(workspace, said(0, "blur", A, box=(0.1, 0.2, 0.3, 1 / 3))).no == 2
    found = decisions.read(workspace)
    assert found[0] == written
    assert found[1].box == (0.1, 0.2, 0.3, 1 / 3)
    assert decisions.read(workspace, after=1) == found[1:]
    assert decisions.last(workspace) == 2
    assert names(workspace) == ["00000001.json", "00000002.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(histories(most=6))
def test_what_is_read_says_what_was_written(workspace: Workspace, history: list[Decision]) -> None:
    first = decisions.last(workspace)
    shifted = [
        d.model_copy(update={"no": 0, "undoes": d.undoes and d.undoes + first}) for d in history
    ]
    written = [decisions.append(workspace, d) for d in shifted]
    found = decisions.read(workspace, after=first)
    assert found == written
    assert decisions.verdicts(found) == decisions.verdicts(written)


def _append_many(root: Path, video_no: int, times: int) -> None:
    for pts in range(times):
        decisions.append(Workspace(root), said(0, "keep", (video_no, pts), at=""))


def test_many_writers_at_once_lose_nothing(workspace: Workspace) -> None:
    others = [
        mp.get_context("spawn").Process(target=_append_many, args=(workspace.root, number, 25))
        for number in (7, 8)
    ]
    for process in others:
        process.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: _append_many(workspace.root, number, 25), range(4)))
    for process in others:
        process.join()
        assert process.exitcode == 0
    found = decisions.read(workspace)
    assert [d.no for d in found] == list(range(1, 151))
    assert len({d.key for d in found}) == 150
    for number in (0, 1, 2, 3, 7, 8):  # each writer's own in its order
        assert [d.pts for d in found if d.video_no == number] == list(range(25))
    assert names(workspace)[-1] == "00000150.json"


def test_a_number_that_another_writer_took_is_left_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions.append(workspace, said(0, "keep", A))
    honest = decisions.last
    told = iter([0])  # a listing from before the other writer's file was there
    monkeypatch.setattr(decisions, "last", lambda ws: 0 if next(told, 1) == 0 else honest(ws))
    assert decisions.append(workspace, said(0, "reject", A)).no == 2
    assert [d.kind for d in decisions.read(workspace)] == ["keep", "reject"]


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_writer_that_ends_on_the_way_leaves_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    decisions.append(workspace, said(0, "keep", A))

    def broken(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken)
        with pytest.raises(KeyboardInterrupt):
            decisions.append(workspace, said(0, "reject", A))
    assert names(workspace) == ["00000001.json"]
    assert decisions.append(workspace, said(0, "reject", A)).no == 2


def test_a_full_disk_is_said_and_nothing_is_half_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        decisions.append(workspace, said(0, "keep", A))
    assert decisions.read(workspace) == []


def test_what_a_killed_writer_left_is_no_decision_and_is_swept(workspace: Workspace) -> None:
    decisions.append(workspace, said(0, "keep", A))
    (workspace.root / "decisions" / ".00000002.json.abc.tmp").write_bytes(b'{"form')
    assert len(decisions.read(workspace)) == 1
    assert decisions.append(workspace, said(0, "keep", B)).no == 2
    assert workspace.sweep() == 1


def test_a_run_that_sweeps_meanwhile_costs_a_second_try(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = os.link
    swept: list[int] = []

    def link(source: Path, target: Path) -> None:
        if not swept:
            swept.append(workspace.sweep())
        honest(source, target)

    monkeypatch.setattr(os, "link", link)
    assert decisions.append(workspace, said(0, "keep", A)).no == 1
    assert swept == [1]
    assert names(workspace) == ["00000001.json"]


def test_a_file_system_without_links_is_written_to_under_a_lock(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    decisions.append(workspace, said(0, "keep", A))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: _append_many(workspace.root, number, 8), range(3)))
    assert [d.no for d in decisions.read(workspace)] == list(range(1, 26))


def test_a_link_that_was_made_though_the_file_system_denies_it_counts_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = os.link

    def twice(source: Path, target: Path) -> None:
        honest(source, target)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "link", twice)
    assert decisions.append(workspace, said(0, "keep", A)).no == 1
    assert names(workspace) == ["00000001.json"]


def test_a_file_that_was_removed_is_a_gap_and_its_number_stays_free(workspace: Workspace) -> None:
    for key in (A, B, (1, 1)):
        decisions.append(workspace, said(0, "keep", key))
    (workspace.root / "decisions" / "00000002.json").unlink()
    assert [d.no for d in decisions.read(workspace)] == [1, 3]
    assert decisions.append(workspace, said(0, "keep", B)).no == 4


def test_a_listing_that_misses_an_earlier_file_is_completed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (A, B, (1, 1)):
        decisions.append(workspace, said(0, "keep", key))
    monkeypatch.setattr(decisions, "_numbers", lambda ws: [1, 3])
    assert [d.no for d in decisions.read(workspace)] == [1, 2, 3]
    assert [d.no for d in decisions.read(workspace, after=1)] == [2, 3]


def test_a_video_that_is_forgotten_leaves_numbers_only(workspace: Workspace) -> None:
    other = (1, 3)
    decisions.append(workspace, said(0, "reject", A, row=row(other)))
    decisions.append(workspace, said(0, "tag", other, text="secret place"))
    decisions.append(workspace, said(0, "keep", B))
    touched = decisions.forget(workspace, 1)
    assert [p.name for p in touched] == ["00000001.json", "00000002.json"]
    text = "".join(p.read_text("utf-8") for p in touched)
    assert "secret" not in text
    assert str(other) not in text
    found = decisions.verdicts(decisions.read(workspace))
    assert found.rejected == {A}
    assert not found.replacements
    assert not found.tags
    assert found.kept == {B}
    assert decisions.append(workspace, said(0, "keep", A)).no == 4


def test_the_table_tells_everything(workspace: Workspace) -> None:
    history = [
        said(1, "reject", A, row=row(B), text="too <b>dark</b>"),
        said(2, "blur", B),
        said(3, "undo", undoes=1),
    ]
    found = decisions.table(history)
    assert found.schema == tables.DECISIONS
    assert found["stands"].to_pylist() == [False, True, False]
    assert found["undoes"].to_pylist() == [None, None, 1]
    assert [found[c].to_pylist()[1] for c in ("x1", "y1", "x2", "y2")] == [0.0, 0.0, 0.5, 0.5]
    assert json.loads(found["row"].to_pylist()[0])["pts"] == B[1]
    assert decisions.table([]).num_rows == 0
