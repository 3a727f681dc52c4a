"""Kills parts of a Ray cluster under `framesel run` and compares the final bytes.

    python benchmarks/ray_drills.py VIDEOS [--weights DETECTOR.pt]

The cluster is this machine, as several nodes. An undisturbed run in one local process is what all
others are compared with: two processes, Ray on one node, Ray on three; then on three nodes a node
is killed in each stage, a worker is killed in each stage as the kernel does when memory runs out, a
worker stops in the middle of a decoder, and the command itself is killed and called again. Prints a
line for each.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

# Everything on loopback: Ray reads these when it is imported.
os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "disabled"}
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0"}

import psutil
from ray.cluster_utils import Cluster

STAGES = ("catalog", "frames", "embeddings", "shots", "duplicates", "selection", "export")
SMALL = (
    "catalog.shard_videos=1",
    "selection.exact_below=12",
    "run.memory_gb=2e-4",
)
"""So that there are pieces of work in every stage: loads of footage, parts of a choice."""
NODE = {
    "num_cpus": 1,
    "memory": 2 * 10**9,
    "object_store_memory": 80 * 2**20,
    "node_ip_address": "127.0.0.1",
    "include_dashboard": False,
}
WATCHFUL = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}
HANG_S = 20.0

Strike = Callable[[subprocess.Popen[str]], None]


class Drills:
    """Runs, and what they are compared with."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.reference: dict[str, str] = {}
        self.failed = 0
        self.cluster: Any = None

    def nodes(self, count: int) -> None:
        """As many nodes that take work; the command is called on one that takes none."""
        if self.cluster is None:
            head = {**NODE, "num_cpus": 0, "_system_config": WATCHFUL}
            self.cluster = Cluster(initialize_head=True, head_node_args=head)
        while len(self.cluster.worker_nodes) < count:
            self.cluster.add_node(**NODE)

    def run(self, name: str, how: list[str], stage: str = "", strike: Strike | None = None) -> None:
        """One run in a new workspace, disturbed in a stage; prints what came of it."""
        root, began = self.folder / "ws", time.monotonic()
        process = self._start(root, how)
        struck = strike is None or self._strike(process, stage, strike)
        _, errors = process.communicate()
        if process.returncode == -signal.SIGKILL:
            process = self._start(root, how)
            _, errors = process.communicate()
        found, seconds = digests(root), time.monotonic() - began
        self.reference = self.reference or found
        other = sorted(k for k in found | self.reference if found.get(k) != self.reference.get(k))
        word = f"{len(other)} files differ: {other[:3]}" if other else "same bytes"
        if process.returncode or not struck:
            word = f"FAILED: {errors[-500:]}" if process.returncode else "nothing to strike at"
        self.failed += bool(other or process.returncode or not struck)
        print(f"{name:<44}{word}, {len(found)} files, {seconds:.0f} s", flush=True)
        shutil.rmtree(root)

    def _start(self, root: Path, how: list[str]) -> subprocess.Popen[str]:
        given = [*SMALL, f"run.hang_s={HANG_S}"]
        if self.options.weights:
            given += [f"detections.weights={self.options.weights.absolute()}"]
        settings = [word for setting in given for word in ("--set", setting)]
        command = ["run", *self.options.sources, "-w", str(root), "--budget", "4", *settings, *how]
        command += ["--log-format", "json"]
        return subprocess.Popen(
            [sys.executable, "-m", "framesel", *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _strike(self, process: subprocess.Popen[str], stage: str, strike: Strike) -> bool:
        """Strikes while a worker is at a piece of a stage; False if there never was one."""
        assert process.stderr is not None
        for line in process.stderr:
            event = json.loads(line)
            if event.get("event") == "begin" and event["stage"] == stage:
                break
        while process.poll() is None:
            if working():
                strike(process)
                return True
            time.sleep(0.02)
        return False

    def kill_node(self, process: subprocess.Popen[str]) -> None:
        """Kills the node of a worker that is at work; another one comes."""
        del process
        raylet = working()[0].ppid()
        for node in list(self.cluster.worker_nodes):
            if node.all_processes["raylet"][0].process.pid == raylet:
                self.cluster.remove_node(node, allow_graceful=False)
        self.nodes(3)


def working() -> list[psutil.Process]:
    """Workers that are at a piece of work."""
    lines = [(one, one.info["cmdline"] or [""]) for one in psutil.process_iter(["cmdline"])]
    return [one for one, line in lines if line[0].startswith("ray::Worker.do")]


def hit(number: signal.Signals, process: subprocess.Popen[str]) -> None:
    """Sends a worker a signal."""
    del process
    working()[0].send_signal(number)


def kill_command(process: subprocess.Popen[str]) -> None:
    """Kills the command itself."""
    process.kill()


def digests(root: Path) -> dict[str, str]:
    """Of every file but logs, what names the runner, and models that can be made again."""
    unlike = ("framesel.log", ".lock", "recipe.yaml")
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name not in unlike
        and not path.is_relative_to(root / ".converted")
    }


def main() -> None:
    """Prints a line for each drill; exit code 1 if any bytes differed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--weights", type=Path, help="A detector, for the stage detections.")
    parser.add_argument("--stages", help="Some of them, with commas between.")
    options = parser.parse_args()
    stages = [*STAGES, *(["detections"] if options.weights else [])]
    stages = options.stages.split(",") if options.stages else stages
    with tempfile.TemporaryDirectory() as folder:
        drills = Drills(options, Path(folder))
        drills.run("one process", ["--set", "run.workers=1"])
        drills.run("two processes", ["--set", "run.workers=2"])
        drills.nodes(1)
        ray = ["--runner", "ray", "--set", f"run.ray_address={drills.cluster.address}"]
        drills.run("Ray, one node", ray)
        drills.nodes(3)
        drills.run("Ray, three nodes", ray)
        for stage in stages:
            drills.run(f"a node killed in {stage}", ray, stage, drills.kill_node)
        for stage in stages:
            kill = partial(hit, signal.SIGKILL)
            drills.run(f"a worker killed in {stage}", ray, stage, kill)
        drills.run("a worker that stops in a decoder", ray, "frames", partial(hit, signal.SIGSTOP))
        drills.run("the command killed and called again", ray, "embeddings", kill_command)
        drills.cluster.shutdown()
    sys.exit(drills.failed > 0)


if __name__ == "__main__":
    main()
