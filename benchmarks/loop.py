"""Three rounds of `framesel loop` on drone clips: how long, how good, and killed at ten moments.

    python benchmarks/loop.py --work DIR [--seeds 3] [--kills 10]

For each seed: so many train clips are drawn to choose from, the visible dev clips are the holdout
that models are judged by, stored labels answer. Prints minutes and the mAP50 after each round. Then
the first of these loops is run again on a tenth of the training: once undisturbed, and as often as
it takes to kill it so many times with -9 at random moments outside training. Picks, labels and
metrics of the workspaces are compared.
Nothing that is done is done again by the same call.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
from drone_clips import clips_of, data_folder, drone_video


def main() -> None:
    """Prints a line for each seed, one for each kill, and the verdicts."""
    options = _options()
    clips = _clips()
    better = 0
    for seed in range(options.seeds):
        root = options.work / f"seed{seed}"
        began = time.monotonic()
        assert start(options, clips, seed, root, options.iterations).wait() == 0, "a loop failed"
        map50 = [of_round(root, number) for number in range(1, options.rounds + 1)]
        better += map50[-1] > map50[0]
        told = "  ".join(f"{value:.3f}" for value in map50)
        print(
            f"seed {seed}: {(time.monotonic() - began) / 60:.1f} min  mAP50 by round: {told}",
            flush=True,
        )
    print(f"the last round is better than the first in {better} of {options.seeds}", flush=True)
    if options.kills:
        _kill(options, clips)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--judged", type=int, default=24)
    parser.add_argument("--judged-frames", type=int, default=120)
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    return parser.parse_args()


def _clips() -> dict[str, list[str]]:
    """Names of the visible clips by split."""
    return {
        split: [row["clip"] for row in clips_of(split) if row["spectrum"] == "visible"]
        for split in ("train", "dev")
    }


def start(
    options: argparse.Namespace,
    clips: dict[str, list[str]],
    seed: int,
    root: Path,
    iterations: int,
) -> subprocess.Popen[bytes]:
    """Starts a loop, or goes on with one."""
    pool = _linked(random.Random(seed).sample(clips["train"], options.clips), root / "pool")
    dev = _linked(random.Random(0).sample(clips["dev"], options.judged), root / "dev")
    settings = {
        "selection.seed": seed,
        "train.weights": data_folder() / "weights/yolov8n-approx.pt",
        "train.seed": seed,
        "train.iterations": iterations,
        "train.size_px": 320,
        "train.warmup": max(1, iterations // 10),
        "train.plain_end": 0,
    }
    command = [sys.executable, "-m", "framesel", "loop", str(pool), "-w", str(root / "ws")]
    command += ["--oracle", str(data_folder() / "drone/labels"), "--rounds", str(options.rounds)]
    command += ["--holdout", str(dev), "--holdout-frames", str(options.judged_frames)]
    command += ["--budget", str(options.budget)]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=(root / "said.txt").open("ab"))


def _linked(names: list[str], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        link = folder / f"{name}.mp4"
        if not link.is_symlink():
            link.symlink_to(drone_video(name).resolve())
    return folder


def of_round(root: Path, number: int) -> float:
    """The mAP50 on the holdout after a round."""
    found = json.loads((root / f"ws/rounds/{number:04d}/metrics.json").read_text("utf-8"))
    return next(
        float(entry["value"])
        for entry in found["map50"]
        if entry["bound"] == "value" and entry["frames"] == "holdout"
    )


def _kill(options: argparse.Namespace, clips: dict[str, list[str]]) -> None:
    """Loops are killed until there were so many kills: a loop that ends makes place for another."""
    iterations = max(1, options.iterations // 10)
    reference = options.work / "undisturbed"
    length_s = _length_s(reference, start(options, clips, 0, reference, iterations))
    print(f"undisturbed, {iterations} iterations a round: {length_s:.0f} s", flush=True)
    draw, kills = random.Random(0), 0
    for number in itertools.count(1):
        killed = options.work / f"killed{number}"
        while kills < options.kills:
            # The moments go through the run, as each start goes on where the last one ended.
            struck = _struck(start(options, clips, 0, killed, iterations), draw, length_s, killed)
            if not struck:
                break
            kills += 1
            print(f"kill {kills}, loop {number}: {struck}", flush=True)
        assert start(options, clips, 0, killed, iterations).wait() == 0, "a resumed loop failed"
        _compare(reference, killed, options.rounds)
        if kills == options.kills:
            return


def _length_s(root: Path, process: subprocess.Popen[bytes]) -> float:
    """How long an undisturbed loop takes, or took when it was run."""
    began, kept = time.monotonic(), root / "seconds.txt"
    assert process.wait() == 0, "a loop failed"
    if not kept.exists():
        kept.write_text(f"{time.monotonic() - began:.1f}", "utf-8")
    return float(kept.read_text("utf-8"))


def _struck(
    process: subprocess.Popen[bytes], draw: random.Random, length_s: float, root: Path
) -> str:
    """Kills a loop and its workers after a random time, once it is not training.

    Returns:
        When that was; empty if the loop ended before.
    """
    wait_s = draw.uniform(1.0, 2.5 * length_s / 10)
    deadline = time.monotonic() + wait_s
    while process.poll() is None and (time.monotonic() < deadline or _training(root)):
        time.sleep(0.05)
    if process.poll() is not None:
        return ""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    psutil.wait_procs(children, timeout=60)
    return f"after {wait_s:.0f} s or more; last: {_last(root)[24:84]}"


def _compare(reference: Path, killed: Path, rounds: int) -> None:
    differ = 0
    for number in range(1, rounds + 1):
        for name in ("picks.csv", "labels.csv", "metrics.json", "summary.json"):
            a, b = (root / f"ws/rounds/{number:04d}" / name for root in (reference, killed))
            same = a.read_bytes() == b.read_bytes()
            differ += not same
            print(f"round {number} {name}: {'the same bytes' if same else 'DIFFERENT'}", flush=True)
    if differ:
        raise SystemExit(f"{differ} files differ")


def _training(root: Path) -> bool:
    last = _last(root)
    return "iteration" in last or ("train:" in last and "to do" in last)


def _last(root: Path) -> str:
    log = root / "ws/framesel.log"
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    return lines[-1] if lines else "-"


if __name__ == "__main__":
    main()
