"""Kills `framesel run` with -9 at random moments on real footage and compares the final bytes.

    python benchmarks/resume.py ../shared/data/drone/videos ../shared/data/odd --kills 20

An undisturbed run comes first and gives the reference and the length of a run. Then runs are killed
(the parent, or one of its workers, in turn) after a random part of that length and started again,
until one ends; its workspace must equal the reference byte by byte, and the next one begins. Prints
where each kill struck.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil


def main() -> None:
    """Prints one line per kill and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=int, default=100)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        began = time.monotonic()
        assert start(options, root / "reference").wait() == 0, "the undisturbed run failed"
        length_s = time.monotonic() - began
        print(f"undisturbed run: {length_s:.0f} s")
        reference = digests(root / "reference")
        finished, number = 0, 0
        while number < options.kills or not finished:
            process = start(options, root / "killed")
            if number < options.kills and strike(process, draw, length_s, number, root / "killed"):
                number += 1
                continue
            assert process.wait() == 0, "a resumed run failed"
            found = digests(root / "killed")
            differing = sorted(k for k in reference | found if reference.get(k) != found.get(k))
            print(f"finished: {len(found)} files, {len(differing)} differ {differing[:5]}")
            assert not differing
            shutil.rmtree(root / "killed")
            finished += 1
        print(f"{number} kills, {finished} workspaces finished, all byte-identical")


def start(options: argparse.Namespace, root: Path) -> subprocess.Popen[bytes]:
    """Starts a run and lets it log into its workspace only."""
    command = [sys.executable, "-m", "framesel", "run", *options.sources, "-w", str(root)]
    return subprocess.Popen(
        [*command, "--budget", str(options.budget)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def strike(
    process: subprocess.Popen[bytes], draw: random.Random, length_s: float, number: int, root: Path
) -> bool:
    """Kills the parent, or every second time one of its workers and then the parent.

    Returns:
        False if the run ended before its moment came.
    """
    wait_s = draw.uniform(0.3, length_s)
    try:
        process.wait(wait_s)
        return False
    except subprocess.TimeoutExpired:
        children = psutil.Process(process.pid).children(recursive=True)
    victim = "parent"
    if number % 2 and children:
        children[0].kill()
        victim = "worker, a second later the parent"
        time.sleep(1)
    process.kill()
    process.wait()
    psutil.wait_procs(children, timeout=60)
    log = root / "framesel.log"
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    print(f"kill {number + 1}: {victim} after {wait_s:.1f} s; last: {(lines or ['-'])[-1][-60:]}")
    return True


def digests(root: Path) -> dict[str, str]:
    """A digest of every file but the log and the lock."""
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name not in ("framesel.log", ".lock")
    }


if __name__ == "__main__":
    main()
