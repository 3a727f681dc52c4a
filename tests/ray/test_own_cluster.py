"""Where no cluster runs, one is started on this machine, quietly, and ended again."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = """
import os, sys
from pathlib import Path
import psutil
from framesel.runners.runner import runner_of
from framesel.settings import RunSettings
from tests.core.runner_tasks import Adder, Numbers

root = Path(sys.argv[1])
run = RunSettings(runner="ray", memory_gb=0.05, workers=1)
runner = runner_of(run, root)(8, 600.0)
work = [Numbers("w0", (1, 2, 5)), Numbers("w1", (4,))]
for outcome in runner.map(Adder(root, deadly=5, once=True), work, lambda key, rows: None):
    print(outcome.key, outcome.payload)
import ray
print("memory", ray.cluster_resources()["memory"])
print("reports", os.environ["RAY_USAGE_STATS_ENABLED"])
mine = {p.pid for p in psutil.Process().children(recursive=True)}
listening = [c for c in psutil.net_connections("tcp") if c.pid in mine and c.status == "LISTEN"]
print("listens on", {c.laddr.ip.removeprefix("::ffff:") for c in listening})
"""


def test_it_says_nothing_listens_to_nobody_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tempfile.mkdtemp(prefix="ray")  # sockets lie in it: its name must be short
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    environment |= {"RAY_TMPDIR": folder, "RAY_AUTH_MODE": "disabled", "HOME": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    shutil.rmtree(folder)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "w0 8",
        "w1 4",
        "memory 50000000.0",
        "reports 0",
        "listens on {'127.0.0.1'}",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"died", "pids"}
