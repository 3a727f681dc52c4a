"""The one loop that trains every family of detectors.

Schedules count iterations, never passes over the data: trainings on few and on many pictures are
treated alike. Everything random is a function of (seed, iteration, slot), so that a training that
was killed goes on to the same weights: to the bit on the CPU, with the same number of threads.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch

from framesel.errors import UsageError
from framesel.runtime import Runtime, choose_runtime, torch_threads
from framesel.training import checkpoint as checkpoints
from framesel.training import learners
from framesel.training.examples import Frozen, read
from framesel.training.learner import Form
from framesel.training.progress import Progress, Trained
from framesel.training.randomness import START, seed_of
from framesel.training.run import Run
from framesel.training.settings import TrainSettings
from framesel.workspace import write_json

VERSION = 1  # raised whenever equal settings give other weights
DONE = "trained.json"
SAVE_AFTER_S = 60.0
# Settings that decide what is trained on, which the pictures show, or who may be trusted.
ELSEWHERE = {"weights", "start", "val_share", "rule", "trust_weights"}
PACKAGES = ("torch", "torchvision", "ultralytics")


def train(
    examples: Path,
    settings: TrainSettings,
    start: str,
    classes: tuple[str, ...],
    folder: Path,
    *,
    device: str = "cpu",
    threads: int = 1,
    judge: Callable[[Path], float] | None = None,
    on_step: Callable[[Progress], None] = lambda progress: None,
) -> Trained:
    """Trains a detector, or goes on with a training that was killed.

    Args:
        examples: What ``examples.freeze`` wrote.
        settings: How.
        start: What it begins with: ``PATH.pt``, ``scratch:NAME``, ``torchvision:NAME@PATH`` or
            ``torchvision:NAME``.
        classes: Those of the examples.
        folder: Of this training; gets the weights, ``trained.json`` and, meanwhile,
            ``checkpoint/``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        threads: Of torch on the CPU.
        judge: Gives a score, more is better, for weights in a file that is there as long as the
            call lasts; asked every ``check_every`` steps and after the last one.
        on_step: Called after each step; what it raises ends the training, which can go on later.

    Raises:
        UsageError: The start or the device makes no sense, or the classes are others.
        WeightsError: The initial weights are missing, damaged, hostile or do not fit.
        StageError: A picture or its labels are damaged, or the training diverged.
    """
    frozen = read(examples)
    if frozen.classes != classes:
        raise UsageError(
            f"{examples} was frozen with the classes {', '.join(frozen.classes)}, not with "
            f"{', '.join(classes)}"
        )
    identity = _identity(frozen, settings, start)
    trained = _done(folder, identity)
    if trained is None:
        target = _torch_device(device)
        with _own_torch(target, threads):
            torch.manual_seed(seed_of(settings.seed, START))
            learner = learners.begin_with(start, classes, settings)
            run = Run(learner, frozen, settings, target, identity)
            _advance(run, settings, folder, judge, on_step)
            learner.export(folder / learner.form.file, run.kept_tensors())
        trained = _trained(learner.form, run, classes, folder)
        _write_done(folder, identity, trained)
    checkpoints.remove(folder)
    return trained


def _trained(form: Form, run: Run, classes: tuple[str, ...], folder: Path) -> Trained:
    return Trained(
        weights=folder / form.file,
        prefix=form.prefix,
        classes=classes,
        size_px=form.size_px,
        iterations=run.place.iteration,
        kept=run.kept,
        scores=run.place.scores,
        taken_over=form.taken_over,
        resumed_at=run.resumed_at,
    )


def _advance(
    run: Run,
    settings: TrainSettings,
    folder: Path,
    judge: Callable[[Path], float] | None,
    on_step: Callable[[Progress], None],
) -> None:
    """All steps that are left, with a checkpoint now and then; when it is made changes nothing."""
    remark = run.restore(folder)
    saved_s = time.monotonic()
    while not run.over:
        loss = run.advance()
        score = run.look(judge, folder) if judge is not None and run.looks else None
        if score is not None or time.monotonic() - saved_s > SAVE_AFTER_S or run.over:
            run.save(folder)
            saved_s = time.monotonic()
        on_step(
            Progress(run.place.iteration, settings.iterations, loss, score, run.resumed_at, remark)
        )
        remark = ""


def _identity(frozen: Frozen, settings: TrainSettings, start: str) -> str:
    """Digest over everything that decides the weights, but the machine."""
    about = {
        "version": VERSION,
        "packages": {name: version(name) for name in PACKAGES},
        "settings": settings.model_dump(mode="json", exclude=ELSEWHERE),
        "start": learners.digest_of(start),
        "pictures": frozen.digest,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _write_done(folder: Path, identity: str, trained: Trained) -> None:
    scores = [(step, None if math.isnan(score) else score) for step, score in trained.scores]
    about = asdict(trained) | {
        "identity": identity,
        "weights": trained.weights.name,
        "scores": scores,
    }
    del about["resumed_at"]
    write_json(folder / DONE, about)


def _done(folder: Path, identity: str) -> Trained | None:
    """What a finished training left, where it is this one."""
    try:
        found = json.loads((folder / DONE).read_text("utf-8"))
        if found.pop("identity") != identity or not (folder / found["weights"]).is_file():
            return None
        return Trained(
            **found
            | {
                "weights": folder / str(found["weights"]),
                "classes": tuple(found["classes"]),
                "scores": tuple((int(step), _score(score)) for step, score in found["scores"]),
                "taken_over": tuple(found["taken_over"]),
                "resumed_at": int(found["iterations"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _score(found: float | None) -> float:
    return math.nan if found is None else float(found)


def _torch_device(device: str) -> torch.device:
    """Where to compute.

    Raises:
        UsageError: The device is unknown or not there.
    """
    if choose_runtime(device) is not Runtime.CUDA_FP16:
        return torch.device("cpu")
    return torch.device("cuda" if device == "auto" else device)


@contextmanager
def _own_torch(device: torch.device, threads: int) -> Iterator[None]:
    """Generator, threads and the choice of algorithms are ours inside, the caller's outside."""
    before = torch.get_deterministic_debug_mode()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices), torch_threads(threads):
        # On a GPU sums are in no fixed order anyway, and the ordered ones are slow.
        # (torch.use_deterministic_algorithms does the same, and loads a compiler for seconds.)
        torch.set_deterministic_debug_mode("warn" if device.type == "cpu" else "default")
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(before)
