"""How weights move: AdamW on a linear schedule, and the moving average that is kept."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from framesel.training.settings import TrainSettings

LONGEST_GRADIENT = 10.0  # norm over all parameters, as ultralytics clips it


def rate_at(settings: TrainSettings, iteration: int) -> float:
    """The learning rate of a step, from 0: a linear warm-up times a linear fall."""
    rise = min(1.0, (iteration + 1) / max(1, settings.warmup))
    fall = 1.0 - (1.0 - settings.last_rate) * iteration / settings.iterations
    return settings.learning_rate * rise * fall


class Optimiser:
    """AdamW (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019).

    Weights decay; biases and what norms learn do not.

    Args:
        module: What learns; parameters without gradients stay as they are.
        settings: Of the training.
    """

    def __init__(self, module: nn.Module, settings: TrainSettings) -> None:
        self._settings = settings
        learning = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
        groups = [[(n, p) for n, p in learning if (p.ndim > 1) is thick] for thick in (True, False)]
        self._named = [pair for group in groups for pair in group]
        self._adam = torch.optim.AdamW(
            [
                {"params": [p for _, p in group], "weight_decay": decay}
                for group, decay in zip(groups, (settings.weight_decay, 0.0), strict=True)
                if group
            ],
            lr=settings.learning_rate,
        )

    def step(self, loss: Tensor, iteration: int) -> float:
        """One step down; gives the length of the gradient before it was clipped."""
        for group in self._adam.param_groups:
            group["lr"] = rate_at(self._settings, iteration)
        self._adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        parameters = [parameter for _, parameter in self._named]
        length = float(torch.nn.utils.clip_grad_norm_(parameters, LONGEST_GRADIENT))
        self._adam.step()
        return length

    def state(self) -> dict[str, Tensor]:
        """What it remembers of each parameter, by its name."""
        found = {}
        for name, parameter in self._named:
            for part, tensor in self._adam.state.get(parameter, {}).items():
                found[f"{name}/{part}"] = tensor
        return found

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what ``state`` gave."""
        parts: dict[int, dict[str, Tensor]] = {}
        numbers = {name: number for number, (name, _) in enumerate(self._named)}
        for key, tensor in state.items():
            name, _, part = key.rpartition("/")
            parts.setdefault(numbers[name], {})[part] = tensor
        groups = self._adam.state_dict()["param_groups"]
        self._adam.load_state_dict({"state": parts, "param_groups": groups})


class Average:
    """Exponential moving average of all weights and statistics.

    The decay rises with the steps that were done, min(decay, (1 + t) / (10 + t)), so that short
    trainings do not keep their beginning.

    Args:
        module: What is averaged.
        decay: 0: the average is the last value.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._decay = decay
        self.tensors = {name: t.detach().clone() for name, t in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, steps: int) -> None:
        """Takes in the weights after so many steps."""
        decay = min(self._decay, (1 + steps) / (10 + steps))
        for name, tensor in module.state_dict().items():
            kept = self.tensors[name]
            if kept.is_floating_point():
                kept.lerp_(tensor, 1.0 - decay)
            else:
                kept.copy_(tensor)

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from earlier tensors."""
        for name, tensor in state.items():
            self.tensors[name].copy_(tensor)
