"""Writes the labels of the drone clips in framesel's own form: video,index,label,x,y,w,h.

With them strategies are compared on the clips, split as in ``splits.csv``:

    framesel run ../shared/data/drone/videos --workspace drone
    python benchmarks/drone_csv.py drone.csv
    framesel simulate --workspace drone --labels drone.csv --split benchmarks/splits.csv \
        --budget 2% --strategy stratified --strategy uniform --strategy k_center --strategy cover \
        --strategy "stratified, kept" --out docs/simulation_drone.md
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from drone_clips import drone_video, read_splits
from drone_labels import CLASSES, read_labels


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="the CSV to write")
    wanted = parser.parse_args(arguments)
    with wanted.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("video", "index", "label", "x", "y", "w", "h"))
        for row in read_splits():
            labels = read_labels(row["clip"])
            name = drone_video(row["clip"]).name
            for frame in range(labels.frames):
                boxes, classes = labels.of(frame)
                for (x0, y0, x1, y1), number in zip(boxes.tolist(), classes.tolist(), strict=True):
                    box = (f"{value:.2f}" for value in (x0, y0, x1 - x0, y1 - y0))
                    writer.writerow((name, frame, CLASSES[number], *box))
                if not len(classes):  # every frame was labelled: nothing is there
                    writer.writerow((name, frame, "", "", "", "", ""))


if __name__ == "__main__":
    main()
