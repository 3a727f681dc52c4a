"""The real command, its real workers: killed with -9, and run again."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.resume.faults import tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

ARGUMENTS = ["--budget", "6", "--set", "catalog.shard_videos=1", "--log-format", "json"]


def command(videos: Path, root: Path) -> list[str]:
    return [sys.executable, "-m", "framesel", "run", str(videos), "-w", str(root), *ARGUMENTS]


def start(videos: Path, root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(videos, root), stderr=subprocess.PIPE, text=True, preexec_fn=_mind_interrupts
    )


def _mind_interrupts() -> None:
    """A test run in the background may ignore Ctrl-C, and children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(videos: Path, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(videos, root), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "ws"
    done = run(footage.folder, root)
    assert done.returncode == 0, done.stderr
    return tree(root)


def wait_for(process: subprocess.Popen[str], kind: str, stage: str | None = None) -> None:
    """Reads the log until something happens; what happens is the clock of these tests."""
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)
        if event.get("event") == kind and stage in (None, event.get("stage")):
            return
    pytest.fail(f"{kind} {stage} never happened")


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Those that the server of forks has forked and that are not over."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "forkserver" in " ".join(psutil.Process(child.ppid()).cmdline()):
                found.append(child)
    return found


def end(process: subprocess.Popen[str]) -> int:
    process.communicate()
    return process.returncode


def test_the_command_killed_in_every_stage_ends_with_the_same_bytes(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    root = tmp_path / "ws"
    for stage in ("catalog", "frames", "embeddings", "export"):
        process = start(footage.folder, root)
        wait_for(process, "begin", stage)
        left = workers(process)
        os.kill(process.pid, signal.SIGKILL)
        assert end(process) == -signal.SIGKILL
        psutil.wait_procs(left, timeout=60)
        assert not [p for p in left if p.is_running()], "workers outlived their parent"
    assert run(footage.folder, root).returncode == 0
    assert tree(root) == undisturbed


def test_a_worker_killed_in_each_stage_is_replaced(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    root = tmp_path / "ws"
    process = start(footage.folder, root)
    assert process.stderr is not None
    killed = set()
    for line in process.stderr:
        event = json.loads(line)
        if event.get("event") == "begin":
            stage = event["stage"]
        elif event.get("event") == "done" and stage not in killed:
            for worker in workers(process)[:1]:
                worker.kill()
                killed.add(stage)
    assert end(process) == 0
    assert killed >= {"frames", "embeddings"}
    assert tree(root) == undisturbed


def test_ctrl_c_ends_cleanly_and_says_so(tmp_path: Path, footage: "Truth") -> None:
    process = start(footage.folder, tmp_path / "ws")
    wait_for(process, "begin", "frames")
    left = workers(process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    psutil.wait_procs(left, timeout=60)
    assert not [p for p in left if p.is_running()]


def test_two_runs_on_one_workspace_do_not_meet(tmp_path: Path, footage: "Truth") -> None:
    process = start(footage.folder, tmp_path / "ws")
    wait_for(process, "begin", "frames")
    second = run(footage.folder, tmp_path / "ws")
    process.send_signal(signal.SIGINT)
    end(process)
    assert second.returncode == 1
    assert "another framesel is working" in second.stderr
