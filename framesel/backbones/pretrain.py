"""Self-supervised pretraining of a backbone on frames of videos.

Two views of a scene should have the same vector: the views are augmentations of a frame and of a
frame near it in time. The losses and projection heads are lightly's; the loop is a plain one,
because it must be resumable to the bit: everything random in it is a function of (seed, step).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesel.backbones.architectures import build_trunk
from framesel.backbones.augment import random_views
from framesel.backbones.collapse import Spread, spread_of
from framesel.backbones.finish import finished
from framesel.backbones.frame_cache import FrameCache, ImageSource, cache_frames, split_videos
from framesel.backbones.learner import Learner
from framesel.backbones.preprocessing import Preprocessing
from framesel.backbones.pretrain_checkpoint import (
    LossLog,
    load_checkpoint,
    save_checkpoint,
    sweep,
)
from framesel.backbones.pretrain_settings import PretrainSettings
from framesel.backbones.weights_file import WeightsHeader, save_weights
from framesel.errors import StageError

WEIGHTS = "backbone.safetensors"
PROBE_FRAMES = 512
FEWEST_FRAMES = 8
WATCH_STEP = 2**40  # views of watched frames are drawn from steps that training never reaches


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is. ``loss`` is that of the last step."""

    step: int
    steps: int
    epoch: int
    loss: float


@dataclass(frozen=True, slots=True)
class PretrainResult:
    """What a run left behind."""

    weights: Path
    steps: int
    stopped_early: bool
    spread: Spread


def _generator(device: torch.device, *key: int) -> torch.Generator:
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "little") >> 1)


@contextmanager
def _own_torch_state(seed: int, threads: int) -> Iterator[None]:
    """Global generator and thread count are ours inside and the caller's again outside."""
    before = torch.get_num_threads()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


class _Run:
    """One pretraining run: its model, its optimiser and where it is."""

    def __init__(
        self, train: FrameCache, watched: FrameCache, settings: PretrainSettings, device: str
    ) -> None:
        self.settings, self.train, self.watched = settings, train, watched
        self.device = torch.device(device)
        self.preprocessing = Preprocessing(settings.size_px)
        trunk = build_trunk(settings.architecture)
        learner = Learner(trunk, settings).to(memory_format=torch.channels_last)
        self.learner = learner.to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.learner.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
        )
        self.batch = min(settings.batch, len(train))
        self.epoch_steps = len(train) // self.batch
        self.steps = self.epoch_steps * settings.epochs
        self.step = 0
        self.best = math.inf
        self.bad_epochs = 0
        self.mean = torch.tensor(self.preprocessing.mean, device=self.device).view(1, 3, 1, 1)
        self.std = torch.tensor(self.preprocessing.std, device=self.device).view(1, 3, 1, 1)

    @property
    def stopped(self) -> bool:
        """Whether the watched loss has stood still for too long."""
        return 0 < self.settings.patience <= self.bad_epochs

    def state(self, identity: str) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {
            "identity": identity,
            "step": self.step,
            "best": self.best,
            "bad_epochs": self.bad_epochs,
            "learner": self.learner.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.learner.load_state_dict(state["learner"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])
        self.best, self.bad_epochs = float(state["best"]), int(state["bad_epochs"])

    def learning_rate(self) -> float:
        """Linear warm-up, then half a cosine to zero."""
        warmup = max(1, round(self.steps * self.settings.warmup_share))
        if self.step < warmup:
            return self.settings.lr * (self.step + 1) / warmup
        done = (self.step - warmup) / max(1, self.steps - warmup)
        return self.settings.lr * 0.5 * (1.0 + math.cos(math.pi * done))

    def views(
        self, frames: FrameCache, rows: NDArray[np.int64], number: int
    ) -> tuple[Tensor, Tensor]:
        """Views of some frames and of neighbours of theirs; ``number`` decides on every draw."""
        order = np.random.default_rng([self.settings.seed, 1, number])
        partners = frames.neighbours(rows, self.settings.neighbour_reach, order)
        rng = _generator(self.device, self.settings.seed, number)
        both = torch.from_numpy(frames.pixels[np.concatenate([rows, partners])]).to(self.device)
        views = random_views(both, self.settings.view_px, self.settings.augmentation, rng)
        views = ((views - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        first, second = views.chunk(2)
        return first, second

    def advance(self) -> float:
        """One step of the optimiser; gives its loss."""
        epoch, place = divmod(self.step, self.epoch_steps)
        order = np.random.default_rng([self.settings.seed, 0, epoch]).permutation(len(self.train))
        rows = order[place * self.batch : (place + 1) * self.batch]
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        self.learner.train()
        torch.manual_seed(self.settings.seed + self.step)
        loss: Tensor = self.learner(*self.views(self.train, rows, self.step))
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.step += 1
        value = float(loss.detach())
        if not math.isfinite(value):
            raise StageError(
                f"pretraining diverged at step {self.step}: the loss is {value}. Lower lr "
                f"(now {self.settings.lr:g}) or lengthen the warm-up."
            )
        return value

    @torch.no_grad()
    def watch(self) -> float:
        """Mean loss over the watched frames, always with the same views."""
        if len(self.watched) < 2:
            return math.nan
        self.learner.eval()
        order = np.random.default_rng([self.settings.seed, 2]).permutation(len(self.watched))
        size = min(self.batch, len(self.watched))
        blocks = [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
        losses = [
            float(self.learner(*self.views(self.watched, rows, WATCH_STEP + number)))
            for number, rows in enumerate(blocks)
        ]
        return float(np.mean(losses))

    @torch.no_grad()
    def spread(self) -> Spread:
        """Spread of the features of evenly spaced frames, without augmentation."""
        self.learner.eval()
        rows = np.linspace(0, len(self.train) - 1, min(PROBE_FRAMES, len(self.train))).astype(int)
        parts = []
        for chunk in np.array_split(rows, max(1, len(rows) // self.batch)):
            pixels = torch.from_numpy(self.train.pixels[chunk]).to(self.device).float() / 255.0
            parts.append(self.learner.trunk((pixels - self.mean) / self.std))
        features = torch.cat(parts)
        unit = features / features.norm(dim=1, keepdim=True).clamp(min=1e-12)
        return spread_of(unit.cpu().numpy())

    def end_epoch(self, log: LossLog) -> None:
        """Watch, log, and stop a collapsed run.

        Raises:
            StageError: The vectors have collapsed.
        """
        watched, spread = self.watch(), self.spread()
        if not math.isnan(watched):
            better = watched < self.best
            self.bad_epochs = 0 if better else self.bad_epochs + 1
            self.best = min(self.best, watched)
        event: dict[str, float | int | str] = {"step": self.step, "std": spread.std}
        event |= {"rank": spread.rank} | ({} if math.isnan(watched) else {"watched_loss": watched})
        log.append(**event)
        if spread.std < self.settings.min_std or spread.rank < self.settings.min_rank:
            raise StageError(
                f"pretraining collapsed at step {self.step}: spread {spread.std:.4f} (at least "
                f"{self.settings.min_std:g}), effective rank {spread.rank:.2f} (at least "
                f"{self.settings.min_rank:g}). Lower lr, take larger batches or another loss, or "
                "give it more varied footage."
            )


def _identity(settings: PretrainSettings, train: FrameCache, watched: FrameCache) -> str:
    parts = [settings.model_dump_json(), train.digest, watched.digest]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _train(run: _Run, folder: Path, identity: str, on_step: Callable[[Progress], None]) -> None:
    """All steps that are left, with checkpoints and log."""
    sweep(folder)
    state = load_checkpoint(folder, identity)
    if state is not None:
        run.restore(state)
    log = LossLog(folder, run.step)
    while run.step < run.steps and not run.stopped:
        loss = run.advance()
        log.append(step=run.step, loss=loss)
        ends_epoch = run.step % run.epoch_steps == 0
        if ends_epoch:
            run.end_epoch(log)
        if ends_epoch or run.step % run.settings.checkpoint_steps == 0:
            log.sync()
            save_checkpoint(folder, run.state(identity))
        on_step(Progress(run.step, run.steps, (run.step - 1) // run.epoch_steps, loss))


def _frames(source: ImageSource, settings: PretrainSettings) -> tuple[FrameCache, FrameCache]:
    """Frames to train on and to watch."""
    to_train, to_watch = split_videos(source, settings.watch_share)
    train = cache_frames(to_train, settings.size_px)
    if len(train) < FEWEST_FRAMES:
        raise StageError(
            f"pretraining got {len(train)} readable frames and needs at least {FEWEST_FRAMES}: "
            "give it more footage or sample more frames per second"
        )
    return train, cache_frames(to_watch, settings.size_px)


def pretrain(
    source: ImageSource,
    settings: PretrainSettings,
    folder: Path,
    *,
    device: str = "cpu",
    threads: int = 1,
    on_step: Callable[[Progress], None] = lambda progress: None,
) -> PretrainResult:
    """Train a backbone on frames, or go on with a run that was killed.

    On one kind of machine and number of threads an interrupted run arrives at the same bytes as an
    undisturbed one. ``folder`` gets ``checkpoint.pt``, ``loss.jsonl`` and, at the end,
    ``backbone.safetensors``, which loads as ``file:PATH``.

    Args:
        source: Frames by video, in time order.
        settings: What decides the weights.
        folder: Of this run; made if missing.
        device: ``cpu``, ``cuda`` or ``cuda:1``.
        threads: Of torch on the CPU.
        on_step: Called after each step; what it raises ends the run, which can go on later.

    Raises:
        StageError: Too few frames, a collapsed or diverged run, or a checkpoint of another run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train, watched = _frames(source, settings)
    with _own_torch_state(settings.seed, threads):
        run = _Run(train, watched, settings, device)
        _train(run, folder, _identity(settings, train, watched), on_step)
        spread = run.spread()
        tensors = finished(run.learner.trunk, train, settings, run.preprocessing, run.device)
    header = WeightsHeader(
        architecture=settings.architecture, dim=settings.dim, size_px=settings.size_px
    )
    save_weights(folder / WEIGHTS, header, tensors)
    return PretrainResult(folder / WEIGHTS, run.step, run.step < run.steps, spread)
