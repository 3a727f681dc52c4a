"""The local runner survives the death of each of its workers."""

import subprocess
import sys
from pathlib import Path

import pytest

from framesel.errors import StageError
from framesel.runners.local import LocalRunner
from tests.core.runner_tasks import Adder, Numbers

WORK = [Numbers(f"w{i}", (1, 2, 3 + i)) for i in range(6)]


def test_outcomes_are_complete_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    outcomes = list(LocalRunner(2).map(Adder(tmp_path), WORK, lambda k, n: told.append((k, n))))
    assert sorted(o.key for o in outcomes) == [w.key for w in WORK]
    assert {o.key: o.payload for o in outcomes} == {w.key: sum(w.parts) for w in WORK}
    assert sum(n for _, n in told) == 18
    assert len(set((tmp_path / "pids").read_text().split())) <= 2


def test_a_worker_that_dies_once_is_forgiven(tmp_path: Path) -> None:
    outcomes = list(LocalRunner(1).map(Adder(tmp_path, deadly=5, once=True), WORK))
    assert {o.key: o.payload for o in outcomes} == {w.key: sum(w.parts) for w in WORK}
    assert not any(o.errors for o in outcomes)


@pytest.mark.parametrize("how", ["kill", "hang"])
def test_the_part_that_kills_twice_is_left_out_and_nothing_else(tmp_path: Path, how: str) -> None:
    task = Adder(tmp_path, deadly=5, how=how)
    outcomes = {o.key: o for o in LocalRunner(2, hang_s=1.0).map(task, WORK)}
    assert len(outcomes) == 6
    assert outcomes["w2"].payload == 3  # 1 + 2, without the deadly 5
    assert "SIGKILL" in outcomes["w2"].errors[0]["error"]
    assert all(not o.errors for k, o in outcomes.items() if k != "w2")


@pytest.mark.parametrize(
    ("how", "message"),
    [("disk", "No space left"), ("ours", "weights are missing"), ("bug", "KeyError")],
)
def test_what_no_retry_mends_stops_the_run(tmp_path: Path, how: str, message: str) -> None:
    with pytest.raises(StageError, match=message):
        list(LocalRunner(2).map(Adder(tmp_path, deadly=5, how=how), WORK))


def test_a_worker_that_cannot_even_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="keep dying on w0"):
        list(LocalRunner(1).map(Adder(tmp_path, how="open"), WORK))


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    (tmp_path / "a.png").write_bytes(b"no picture")
    script.write_text(f"import framesel\nframesel.run({str(tmp_path / 'a.png')!r}, 'ws')\n")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "StageError" in done.stderr
    assert 'put the call under `if __name__ == "__main__":`' in done.stderr


def test_nobody_is_left_behind_when_the_caller_stops_listening(tmp_path: Path) -> None:
    import multiprocessing

    outcomes = LocalRunner(2).map(Adder(tmp_path), WORK)
    next(outcomes)
    outcomes.close()
    assert not multiprocessing.active_children()
