"""The statistics of drift: what may differ between the sides, each under every arrangement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from framesel.drift.distributions import curves, largest_gap
from framesel.drift.domain import separability
from framesel.drift.footage import F64, I64, Guesses
from framesel.drift.histograms import chi_squared, rates
from framesel.drift.mean_discrepancy import mean_discrepancy, mean_kernel, width
from framesel.drift.nearest import distances, mean_distance
from framesel.drift.sample import Sample

COMPONENTS = 16
"""Principal components whose distributions are compared."""

LEAST_PIECES = 3
"""Pieces of each side from which on distributions are compared and a classifier is taught. With
fewer they have no power, and would only make the other tests pay for being several."""


@dataclass(frozen=True, eq=False)
class Measure:
    """One statistic.

    Attributes:
        name: What it is called.
        says: What is compared.
        statistic: (a,) more is more different; the first is how it is.
    """

    name: str
    says: str
    statistic: F64


def measures(
    sample: Sample, guesses: Guesses | None, side: F64, rng: np.random.Generator
) -> Iterator[Measure]:
    """All that the footage allows.

    Args:
        sample: The frames.
        guesses: What a detector sees in them, ``frame`` counting the sample's rows; or None.
        side: (a, u) as in ``Arrangements``.
        rng: Draws the frames from which the kernel's width is taken.
    """
    of, u = sample.of, len(sample.is_new)
    few = min(side[0].sum(), (1.0 - side[0]).sum()) < LEAST_PIECES
    kernel = mean_kernel(sample.vectors, of, u, width(sample.vectors, of, rng))
    yield Measure("mmd", "embeddings as a whole (MMD²)", mean_discrepancy(kernel, side))
    apart = distances(sample.vectors, sample.vectors, of, u)
    yield Measure("nearest", "distance to the nearest known frame", mean_distance(apart, of, side))
    if few:
        return
    gaps = [largest_gap(curves(column, of, u), side) for column in sample.places.T[:COMPONENTS]]
    yield Measure(
        "components",
        f"each of {len(gaps)} principal components (largest KS distance)",
        np.max(gaps, axis=0),
    )
    yield Measure(
        "domain",
        "whether a classifier tells the sides apart (area under its curve)",
        separability(sample.places, of, side),
    )
    if guesses is not None:
        yield from _seen(sample, guesses, side)


def _seen(sample: Sample, guesses: Guesses, side: F64) -> Iterator[Measure]:
    """What the detector says of both sides."""
    u = len(sample.is_new)
    piece = sample.of[guesses.frame]
    rate = rates(guesses.class_no, piece, sample.size, max(len(guesses.classes), 1))
    yield Measure("classes", "predicted classes (χ²)", chi_squared(rate, side))
    count = np.bincount(guesses.frame, minlength=len(sample)).astype(np.float64)
    columns: tuple[tuple[F64, I64], ...] = (
        (count, sample.of),
        (guesses.confidence, piece),
        (np.sqrt(guesses.area), piece),
    )
    gaps = [largest_gap(curves(values, of, u), side) for values, of in columns]
    yield Measure(
        "boxes",
        "number, confidence and size of boxes (largest KS distance)",
        np.max(gaps, axis=0),
    )
