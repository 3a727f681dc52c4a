"""A step of training on the CPU: how pixels lie in memory, and in what precision it computes.

    python benchmarks/training_step.py [--threads 1] [--weights scratch:yolov8n] [--size 320]

Three trainings of the same network on the same made pictures take turns, a step each: by planes in
fp32 (as ultralytics and torch do unasked), by channels in fp32 (``train.precision: auto``) and by
channels in bf16 (``mixed``; on a processor without units for it that is fp32 too). Edits, loss,
optimiser and average are in all of them. Prints medians and how many times faster than the first.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from framesel.training import Example, freeze
from framesel.training.examples import read
from framesel.training.learners import begin_with
from framesel.training.run import Run
from framesel.training.settings import TrainSettings
from framesel.video import jpeg

CLASSES = ("a", "b")
PICTURES = 32
WAYS = (("planes, fp32", False, "fp32"), ("channels, fp32", True, "fp32"), ("mixed", True, "mixed"))


@dataclass(frozen=True)
class Way:
    """One of the trainings."""

    name: str
    by_channels: bool
    run: Run

    def step_s(self) -> float:
        """One step."""
        began = time.perf_counter()
        with layout(self.by_channels):
            self.run.advance()
        return time.perf_counter() - began


@contextlib.contextmanager
def layout(by_channels: bool) -> Iterator[None]:
    """Without channels: as if nobody had asked for them."""
    asked = torch.channels_last if by_channels else torch.contiguous_format
    with mock.patch.object(torch, "channels_last", asked):
        yield


def examples(size_px: int) -> Iterator[Example]:
    """Noise with four boxes each."""
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        image = rng.integers(0, 255, (size_px, size_px, 3)).astype(np.uint8)
        corner = rng.uniform(0, 0.8 * size_px, (4, 2))
        xyxy = np.concatenate([corner, corner + 0.1 * size_px], axis=1).astype(np.float32)
        class_no = rng.integers(0, len(CLASSES), 4)
        yield Example(str(number), jpeg.encode(image, 95, None), xyxy, class_no, image.shape[:2])


def main() -> None:
    """Prints a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", default="scratch:yolov8n")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=9)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as folder:
        freeze(Path(folder) / "data", examples(asked.size), CLASSES)
        ways = [_begun(Path(folder) / "data", asked, *way) for way in WAYS]
        took: list[list[float]] = [[way.step_s() for way in ways] for _ in range(asked.steps + 2)]
    medians = [statistics.median(times) for times in zip(*took[2:], strict=True)]
    print("| way | seconds a step | times faster |\n|---|--:|--:|")
    for way, median in zip(ways, medians, strict=True):
        print(f"| {way.name} | {median:.2f} | {medians[0] / median:.2f} |")


def _begun(
    data: Path, asked: argparse.Namespace, name: str, by_channels: bool, precision: str
) -> Way:
    settings = TrainSettings(
        weights=asked.weights, size_px=asked.size, batch=asked.batch, precision=precision
    )
    with layout(by_channels):
        begun = begin_with(asked.weights, CLASSES, settings)
        return Way(name, by_channels, Run(begun, read(data), settings, torch.device("cpu"), ""))


if __name__ == "__main__":
    main()
