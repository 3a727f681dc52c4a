"""Rates, decay and the average against their formulas."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from framesel.training.optimiser import LONGEST_GRADIENT, Average, Optimiser, rate_at
from framesel.training.settings import TrainSettings

SETTINGS = TrainSettings(iterations=10, warmup=4, learning_rate=0.1, last_rate=0.1)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_at(SETTINGS, k) for k in range(10)]
    expected = [0.025, 0.0455, 0.0615, 0.073, 0.064, 0.055, 0.046, 0.037, 0.028, 0.019]
    assert np.allclose(rates, expected, atol=1e-12)


@given(st.integers(1, 200), st.integers(0, 300), st.floats(0, 1))
def test_the_rate_stays_in_its_bounds(iterations: int, warmup: int, last: float) -> None:
    settings = TrainSettings(iterations=iterations, warmup=warmup, last_rate=last)
    rates = np.array([rate_at(settings, k) for k in range(iterations)])
    assert (rates > 0).all()
    assert (rates <= settings.learning_rate + 1e-15).all()
    assert (np.diff(rates[warmup:]) <= 1e-15).all()


def test_a_step_is_adam_with_decoupled_decay() -> None:
    """The first step by hand: a clipped gradient, m and v corrected to g and g squared."""
    model, decay = network(), 0.3
    settings = SETTINGS.model_copy(update={"weight_decay": decay})
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    loss = model(torch.randn(2, 3, 5, 5)).square().sum() * 100
    slopes = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
    length = torch.sqrt(sum((g**2).sum() for g in slopes))  # type: ignore[arg-type]
    assert length > LONGEST_GRADIENT
    assert Optimiser(model, settings).step(loss, 0) == pytest.approx(float(length), rel=1e-5)
    rate = rate_at(settings, 0)
    for (name, after), slope in zip(model.named_parameters(), slopes, strict=True):
        clipped = slope * LONGEST_GRADIENT / length
        shrunk = before[name] * (1 - rate * decay) if after.ndim > 1 else before[name]
        moved = shrunk - rate * clipped / (clipped.abs() + 1e-8)
        assert torch.allclose(after, moved, atol=2e-4)


def test_going_on_is_as_never_having_stopped() -> None:
    pictures = torch.randn(4, 3, 5, 5)

    def steps(model: nn.Module, optimiser: Optimiser, numbers: range) -> None:
        for number in numbers:
            optimiser.step(model(pictures).square().mean(), number)

    whole, halves = network(), network()
    steps(whole, Optimiser(whole, SETTINGS), range(6))
    first = Optimiser(halves, SETTINGS)
    steps(halves, first, range(3))
    later = network()
    later.load_state_dict(halves.state_dict())
    second = Optimiser(later, SETTINGS)
    second.restore({name: tensor.clone() for name, tensor in first.state().items()})
    steps(later, second, range(3, 6))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, later.state_dict()[name]), name


def test_frozen_weights_stay() -> None:
    model = network()
    model[0].weight.requires_grad_(False)
    before = model[0].weight.clone()
    Optimiser(model, SETTINGS).step(model(torch.randn(2, 3, 5, 5)).sum(), 0)
    assert torch.equal(model[0].weight, before)


@given(st.floats(0, 0.9999), st.integers(1, 30))
def test_the_average_follows_its_formula(decay: float, steps: int) -> None:
    layer = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(2.0)
    average, expected = Average(layer, decay), 2.0
    for step in range(1, steps + 1):
        with torch.no_grad():
            layer.weight.fill_(float(step))
        average.update(layer, step)
        kept = min(decay, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * step
    assert float(average.tensors["weight"]) == pytest.approx(expected, rel=1e-5)


def test_counts_are_not_averaged() -> None:
    norm = nn.BatchNorm2d(2)
    average = Average(norm, 0.9)
    norm(torch.randn(3, 2, 4, 4))
    average.update(norm, 1)
    assert int(average.tensors["num_batches_tracked"]) == 1
    assert not torch.equal(average.tensors["running_mean"], norm.running_mean)
