"""YOLO networks on torch: fp32 on the CPU, half precision on a GPU with pinned prefetch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from framesel.detectors.detector import Image
from framesel.detectors.yolo_boxes import Rows
from framesel.detectors.yolo_network import YoloNetwork
from framesel.errors import UsageError
from framesel.runtime import torch_threads

Engine = Callable[[Iterable[Image]], Iterator[list[Rows]]]
"""Blocks (batch, h, w, 3) uint8 in, the rows of each picture of a block out, block after block."""


def sift(outputs: tuple[Tensor, ...], levels: int, floor: float) -> list[Rows]:
    """The rows of each picture in which some class reaches ``floor``, wherever the tensors lie.

    Args:
        outputs: As ``YoloNetwork`` gives them.
        levels: How many there are.
        floor: Logit.

    Returns:
        One for each picture; rows by level, then from the top left to the bottom right.
    """
    each = len(outputs) // levels
    parts = [_level_rows(outputs[n * each : (n + 1) * each], floor) for n in range(levels)]
    count = len(outputs[0])
    return [_picture_rows(parts, number) for number in range(count)]


def _level_rows(tensors: tuple[Tensor, ...], floor: float) -> list[np.ndarray]:
    """Of one level: picture, x, y of each row; peak of each picture; logits, sides, features."""
    best = tensors[0].amax(dim=1)
    # A comparison with nan is false: not below the floor is the question, so that nan gets through.
    picture, y, x = torch.nonzero(~(best < floor), as_tuple=True)
    places = torch.stack([picture, x, y], dim=1).cpu().numpy()
    found = [tensor.permute(0, 2, 3, 1)[picture, y, x].float().cpu().numpy() for tensor in tensors]
    peaks = best.flatten(1).amax(dim=1).float().cpu().numpy()
    return [places, peaks, *found]


def _picture_rows(parts: list[list[np.ndarray]], number: int) -> Rows:
    chosen, levels, centres = [], [], []
    for level, (places, _, *found) in enumerate(parts):
        start, end = np.searchsorted(places[:, 0], [number, number + 1])
        chosen.append([tensor[start:end] for tensor in found])
        levels.append(np.full(end - start, level, np.int8))
        centres.append(places[start:end, 1:].astype(np.float32) + np.float32(0.5))
    joined = [np.concatenate(tensors) for tensors in zip(*chosen, strict=True)]
    return Rows(
        level=np.concatenate(levels),
        centre=np.concatenate(centres),
        logits=joined[0],
        sides=joined[1],
        features=joined[2] if len(joined) > 2 else None,
        peak=float(np.max([peaks[number] for _, peaks, *_ in parts])),
    )


def cpu_engine(network: YoloNetwork, floor: float, threads: int) -> Engine:
    """An engine of fp32 on the CPU.

    Args:
        network: What to run.
        floor: Logit from which rows are given.
        threads: Of torch.
    """
    model = network.eval().to(memory_format=torch.channels_last)
    levels = len(network.strides)

    def run(blocks: Iterable[Image]) -> Iterator[list[Rows]]:
        for block in blocks:
            with torch_threads(threads), torch.inference_mode():
                rows = sift(model(torch.from_numpy(block)), levels, floor)
            yield rows

    return run


def cuda_engine(network: YoloNetwork, floor: float, device: str) -> Engine:
    """An engine of half precision on one GPU.

    A block is written into pinned memory and sent while the GPU computes the one before: two
    buffers take turns, and rows are fetched one block late, on a stream of their own, so that
    fetching waits for its block alone and not for the next.

    Args:
        network: Is copied to the GPU.
        floor: Logit from which rows are given.
        device: ``cuda`` or ``cuda:N``.

    Raises:
        UsageError: torch cannot use that GPU.
    """
    target = torch.device(device)
    if not torch.cuda.is_available() or (target.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"torch cannot use {device} here: check the driver, or take device cpu")
    model = copy.deepcopy(network).eval().half().to(target).to(memory_format=torch.channels_last)
    levels = len(network.strides)
    fetching = torch.cuda.Stream(target)  # type: ignore[no-untyped-call]

    def launch(block: Image, pinned: Tensor) -> tuple[tuple[Tensor, ...], torch.cuda.Event]:
        pinned.copy_(torch.from_numpy(block))
        with torch.inference_mode():
            outputs = model(pinned.to(target, non_blocking=True))
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        done.record(torch.cuda.current_stream(target))
        return outputs, done

    def fetched(outputs: tuple[Tensor, ...], done: torch.cuda.Event) -> list[Rows]:
        with torch.inference_mode(), torch.cuda.stream(fetching):
            fetching.wait_event(done)
            for tensor in outputs:
                tensor.record_stream(fetching)
            return sift(outputs, levels, floor)

    def run(blocks: Iterable[Image]) -> Iterator[list[Rows]]:
        buffers: list[Tensor] = []
        waiting: tuple[tuple[Tensor, ...], torch.cuda.Event] | None = None
        with torch.cuda.device(target):
            for number, block in enumerate(blocks):
                if len(buffers) < 2:
                    buffers.append(torch.empty(block.shape, dtype=torch.uint8, pin_memory=True))
                # Fetching block k-1 below waits for it, so the buffer of block k-2 is free by now.
                launched = launch(block, buffers[number % 2])
                if waiting is not None:
                    yield fetched(*waiting)
                waiting = launched
            if waiting is not None:
                yield fetched(*waiting)

    return run
