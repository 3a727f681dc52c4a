"""One training: its learner, its optimiser, and where it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from framesel.errors import StageError
from framesel.runtime import cpu_has_bf16
from framesel.training import checkpoint as checkpoints
from framesel.training.batches import Batches
from framesel.training.checkpoint import Checkpoint, Place
from framesel.training.examples import Frozen
from framesel.training.learner import Learner, Precision
from framesel.training.optimiser import Average, Optimiser
from framesel.training.pictures import Pictures
from framesel.training.randomness import TORCH, seed_of
from framesel.training.settings import TrainSettings


class Run:
    """A training that can be stopped between any two steps.

    Args:
        learner: With its initial weights.
        frozen: The pictures.
        settings: Of the training.
        device: Where it computes.
        identity: Of everything that decides the weights.
    """

    def __init__(
        self,
        learner: Learner,
        frozen: Frozen,
        settings: TrainSettings,
        device: torch.device,
        identity: str,
    ) -> None:
        self._learner, self._settings, self._device = learner, settings, device
        learner.begin(_precision(settings, device))
        form = learner.form
        pictures = Pictures(frozen, form.size_px, form.stretched)
        self._batches = Batches(pictures, form.size_px, settings)
        self._optimiser = Optimiser(learner.module, settings)
        self._average = Average(learner.module, settings.averaging)
        self._best: dict[str, Tensor] = {}
        self.place = Place(identity)
        self.resumed_at = 0

    @property
    def over(self) -> bool:
        """Whether all steps are done, or too many looks were without a better score."""
        return self.place.iteration >= self._settings.iterations or self._stalled()

    @property
    def looks(self) -> bool:
        """Whether the judge is to be asked after the steps that are done."""
        done = self.place.iteration
        return done % self._settings.check_every == 0 or done == self._settings.iterations

    def advance(self) -> float:
        """One step; gives the loss per picture.

        Raises:
            StageError: The loss or its gradient is not finite, or memory is short.
        """
        settings, iteration = self._settings, self.place.iteration
        module = self._learner.module.train()
        if settings.freeze_batchnorm:
            _freeze_statistics(module)
        batch = self._batches(iteration)
        torch.manual_seed(seed_of(settings.seed, TORCH, iteration))
        try:
            loss = self._learner.loss(batch.to(self._device), iteration / settings.iterations)
            length = self._optimiser.step(loss, iteration)
        except torch.OutOfMemoryError as error:
            raise StageError(
                f"training ran out of the GPU's memory at iteration {iteration + 1} ({error}). "
                f"Lower train.batch (now {settings.batch}) or train.size_px (now "
                f"{settings.size_px})."
            ) from error
        value = float(loss.detach())
        if not math.isfinite(value) or not math.isfinite(length):
            raise StageError(
                f"training diverged at iteration {iteration + 1}: the loss is {value}, its "
                f"gradient {length}. Lower train.learning_rate (now {settings.learning_rate:g}), "
                f"lengthen train.warmup (now {settings.warmup}), or look for labels that are wrong."
            )
        self._average.update(module, iteration + 1)
        self.place = replace(self.place, iteration=iteration + 1)
        return value / settings.batch if self._learner.form.summed else value

    def look(self, judge: Callable[[Path], float], folder: Path) -> float:
        """Asks the judge for a score of the averaged weights, and keeps them if they are best."""
        path = folder / checkpoints.FOLDER / self._learner.form.file
        self._learner.export(path, self._average.tensors)
        score = judge(path)
        path.unlink()
        done = self.place.iteration
        before = [value for _, value in self.place.scores if not math.isnan(value)]
        if not math.isnan(score) and score > max(before, default=-math.inf):
            self.place = replace(self.place, kept=done)
            if self._settings.keep == "best":
                self._best = {name: t.clone() for name, t in self._average.tensors.items()}
        self.place = replace(self.place, scores=(*self.place.scores, (done, score)))
        return score

    def kept_tensors(self) -> dict[str, Tensor]:
        """The weights that the training ends with."""
        return self._best or self._average.tensors

    @property
    def kept(self) -> int:
        """Step whose weights these are."""
        return self.place.kept if self._best else self.place.iteration

    def save(self, folder: Path) -> None:
        """Writes everything that the next step depends on."""
        parts = {
            "weights": dict(self._learner.module.state_dict()),
            "average": self._average.tensors,
            "optimiser": self._optimiser.state(),
            "best": self._best,
        }
        checkpoints.save(folder, Checkpoint(self.place, parts))

    def restore(self, folder: Path) -> str:
        """Goes on from the checkpoint, where there is one for this training. Says what it did."""
        found, remark = checkpoints.load(folder, self.place.identity)
        if found is None:
            return remark
        module = self._learner.module
        module.load_state_dict(found.parts["weights"])
        self._average.restore(found.parts["average"])
        self._optimiser.restore(found.parts["optimiser"])
        best = found.parts.get("best", {})
        self._best = {name: tensor.to(self._device) for name, tensor in best.items()}
        self.place = found.place
        self.resumed_at = found.place.iteration
        return f"goes on after iteration {self.resumed_at} of {self._settings.iterations}"

    def _stalled(self) -> bool:
        patience = self._settings.patience
        later = [step for step, _ in self.place.scores if step > self.place.kept]
        return 0 < patience <= len(later)


def _precision(settings: TrainSettings, device: torch.device) -> Precision:
    """What is asked for, as far as the device has units for it: without them bf16 is slower."""
    # bf16 has fp32's range, so no loss has to be scaled.
    if device.type == "cuda":
        asked = settings.precision != "fp32"
        fits = asked and torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fits = settings.precision == "mixed" and cpu_has_bf16()
    return Precision(device, torch.bfloat16 if fits else None)


def _freeze_statistics(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.eval()
