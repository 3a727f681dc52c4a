"""How true ``framesel plan`` is: plans and runs three different inputs, and prints both.

    python benchmarks/plan.py --work DIR [--input drone --input long --input stills]

``drone``: two dozen short clips, visible and thermal, at five frames a second. ``long``: one video
of about twenty minutes in several shards, put together by stream copy from the clips of people.
``stills``: a folder of pictures, with a detector. Each input is planned and run by commands of
their own, as a user would; what is printed is what `framesel status` then tells.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from drone_clips import data_folder

from framesel.foresight import prediction, words
from framesel.foresight.costs import off_by
from framesel.workspace import Workspace

MATTERS_S = 5.0
"""A stage that takes less may be off by any factor."""

GOAL = 1.5

LONG = "one-by-one-person-detection.mp4"
TIMES = 9


@dataclass(frozen=True)
class Input:
    """What is planned and run."""

    sources: Callable[[Path], list[str]]
    settings: tuple[str, ...]


def main() -> None:
    """Prints a table for each input, and whether the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--input", action="append", choices=sorted(INPUTS))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for name in options.input or INPUTS:
        print(f"\n{name}", flush=True)
        _compare(INPUTS[name], options.work, name)


def _compare(what: Input, work: Path, name: str) -> None:
    sources, root = what.sources(work), work / f"ws_{name}"
    shutil.rmtree(root, ignore_errors=True)
    changes = [word for text in what.settings for word in ("--set", text)]
    planned_s = _framesel("plan", *sources, "-w", str(root), *changes)
    whole_s = _framesel("run", *sources, "-w", str(root), *changes)
    found = prediction.read(Workspace.open(root))
    assert found is not None
    assert found.complete
    print("  ".join(f"{word:>11}" for word in words.BESIDE))
    for row in words.beside(found):
        print("  ".join(f"{cell:>11}" for cell in row))
    frames = {r.stage: r.amount for r in found.rows}.get("frames", 0.0)
    print(f"frames: {frames:,.0f} predicted, {_frames(root):,} came")
    print(f"planning took {planned_s:.1f} s, the whole command {whole_s:.1f} s")
    pairs = [(r.seconds, found.taken.get(r.stage, 0.0)) for r in found.rows]
    pairs = [p for p in pairs if max(p) > MATTERS_S]
    pairs.append((found.seconds, sum(found.taken.values())))
    worst = max(off_by(*pair) for pair in pairs)
    verdict = "reached" if worst <= GOAL else "missed"
    print(
        f"worst factor of the total and of what takes over {MATTERS_S:g} s: {worst:.2f}, {verdict}"
    )
    print(json.dumps({r.stage: [round(r.seconds, 2), round(r.start_s, 2)] for r in found.rows}))


def _framesel(*words_: str) -> float:
    """Seconds that a command takes."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "framesel", *words_], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - began


def _frames(root: Path) -> int:
    from framesel import tables

    return sum(tables.footer(p)["rows"] for p in root.glob("frames/*/s*.parquet"))


def _drone(work: Path) -> list[str]:
    clips = sorted((data_folder() / "drone" / "videos").glob("*.mp4"))[::13][:24]
    listed = work / "drone.txt"
    listed.write_text("\n".join(str(clip) for clip in clips) + "\n", "utf-8")
    return [str(listed)]


def _long(work: Path) -> list[str]:
    """One clip, several times, as one video."""
    path = work / "long.mp4"
    if not path.exists():
        source = data_folder() / "clips" / "intel_sample_videos" / LONG
        with av.open(str(path), "w") as written:
            stream, shift = None, 0
            for _ in range(TIMES):
                with av.open(str(source)) as opened:
                    given = opened.streams.video[0]
                    if stream is None:
                        stream = written.add_stream_from_template(given)
                    last = 0
                    for packet in opened.demux(given):
                        if packet.dts is None or packet.pts is None:
                            continue
                        last = max(last, packet.pts + (packet.duration or 0))
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.time_base = Fraction(given.time_base or 1)
                        packet.stream = stream
                        written.mux(packet)
                    shift += last
    return [str(path)]


def _stills(work: Path) -> list[str]:
    del work
    return [str(data_folder() / "bccd")]


INPUTS = {
    "drone": Input(_drone, ("frames.sample.fps=5",)),
    "long": Input(_long, ("frames.sample.fps=2", "catalog.segment_s=120", "catalog.shard_mb=8")),
    "stills": Input(
        _stills,
        (f"detections.weights={data_folder() / 'weights' / 'yolov8n-approx.pt'}",),
    ),
}


if __name__ == "__main__":
    main()
