"""Workers end with the process that started them, even if it is killed."""

import contextlib
import signal
import subprocess
import sys
from multiprocessing import parent_process

import psutil

from framesel.simulation.processes import processes

DIES = """
import os, signal
from framesel.simulation.processes import processes

if __name__ == "__main__":
    print(processes(1).submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def has_a_parent() -> bool:
    return parent_process() is not None


def test_work_is_done_in_a_process_of_its_own() -> None:
    with processes(1) as pool:
        assert pool.submit(has_a_parent).result()


def test_an_idle_worker_ends_when_its_parent_is_killed(tmp_path) -> None:
    script = tmp_path / "dies.py"
    script.write_text(DIES)
    # it returns when nobody holds the pipe any more, the worker neither
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(timeout=60)
