"""Kills `framesel run` with -9 at random moments on real footage and compares the final bytes.

    python benchmarks/resume.py ../shared/data/drone/videos ../shared/data/odd --kills 20

An undisturbed run comes first and gives the reference and the length of a run. Then one workspace
is killed again and again (parent, or one of its workers, in turn) after a random part of that
length, and finished. Prints where each kill struck and whether the tables are byte-identical.
"""

from __future__ import annotations

import argparse
import hashlib
import random
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
        for number in range(options.kills):
            # what is done stays done, so later runs are shorter: aim at what is left
            wait_s = draw.uniform(0.5, max(1.0, length_s * (1 - number / options.kills) / 2))
            strike(start(options, root / "killed"), wait_s, number, root / "killed")
        assert start(options, root / "killed").wait() == 0, "the last run failed"
        reference, killed = digests(root / "reference"), digests(root / "killed")
        differing = sorted(k for k in reference | killed if reference.get(k) != killed.get(k))
        print(f"{len(reference)} files, {len(differing)} differ {differing[:5]}")
        sys.exit(bool(differing))


def start(options: argparse.Namespace, root: Path) -> subprocess.Popen[bytes]:
    """Starts a run and lets it log into its workspace only."""
    command = [sys.executable, "-m", "framesel", "run", *options.sources, "-w", str(root)]
    return subprocess.Popen(
        [*command, "--budget", str(options.budget)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def strike(process: subprocess.Popen[bytes], wait_s: float, number: int, root: Path) -> None:
    """Kills the parent, or every second time one of its workers and then the parent."""
    try:
        process.wait(wait_s)
        print(f"kill {number + 1}: the run had ended before {wait_s:.1f} s")
        return
    except subprocess.TimeoutExpired:
        children = psutil.Process(process.pid).children(recursive=True)
    victim = "parent"
    if number % 2 and children:
        children[0].kill()
        victim = "worker, 2 s later the parent"
        psutil.wait_procs(children[:1])
        time.sleep(2)
    process.kill()
    process.wait()
    psutil.wait_procs(children, timeout=60)
    log = (root / "framesel.log").read_text("utf-8") if (root / "framesel.log").exists() else "-"
    print(f"kill {number + 1}: {victim} after {wait_s:.1f} s; last: {log.splitlines()[-1][-60:]}")


def digests(root: Path) -> dict[str, str]:
    """A digest of every file but the log and the lock."""
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name not in ("framesel.log", ".lock")
    }


if __name__ == "__main__":
    main()
