"""What is compared, and what shall come of it; written down before anything was compared.

An *arm* is a way to spend a budget as a user would have it:

- ``all`` frames: a baseline chooses from every sampled frame, bad and double ones included. That is
  what people do today.
- ``kept`` frames: framesel's quality gate and near-duplicate rule first, at the recipe's default
  threshold; the strategy sees what is kept, with its mass.
- informed: the strategy is also told what a small model says that was trained on a warm start (see
  :mod:`framesel.simulation.warm_start`; the same labels for all arms, known to the model alone).

Every arm is judged by its picks alone. The reference is ``stratified``: uniform picks within every
video, from all frames. The budgets are 0.5, 1 and 2 percent of the pool's sampled frames.

Primary endpoints, each of them at each budget, over ten seeds or more; p of two-sided paired
Wilcoxon tests, adjusted by Holm over all tests of the endpoints:

1. ``cover`` (cold: no model yet) represents the pool better than ``stratified``: mean cosine
   distance of all good pool frames, each counted once, to the nearest pick; on ``dwell`` and on
   ``mixed``.
2. ``cover`` teaches more than ``stratified``: macro accuracy of 1-NN from the picks on held-out
   videos; on ``dwell`` and on ``mixed``.
3. ``cover`` finds at least twice the share of rare events that ``uniform`` finds, at 1 percent; on
   ``dwell`` and on ``mixed``.
4. ``cover`` loses at most one point of that accuracy to ``stratified`` on ``moving``.

Everything else in the tables is secondary; Holm there runs over the arms of one table and figure.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from framesel.errors import UsageError
from framesel.selection.one_call import make_strategy
from framesel.selection.registry import STRATEGIES, AnyStrategy
from framesel.stages.duplicates import Duplicates

REFERENCE: Final = "stratified"
"""The arm that all others are compared with."""

OURS: Final = "cover"
"""The arm that the endpoints are about: the default strategy."""

BUDGETS: Final = ("0.5%", "1%", "2%")

GUESSED: Final = frozenset({"utility", "class_counts", "gradients"})
"""Columns that the model of the warm start can give."""


class Tau(NamedTuple):
    """From where on frames are near-duplicates.

    Attributes:
        cos: Cosine of two frames of a shot.
        across: Of two frames of different shots.
        tile: Of their tiles.
    """

    cos: float
    across: float
    tile: float


def default_tau() -> Tau:
    """The recipe's thresholds, whose defaults have one place."""
    fields = Duplicates.model_fields
    return Tau(*(float(fields[name].default) for name in ("tau_cos", "tau_across", "tau_tile")))


class Arm(BaseModel):
    """One way to spend a budget.

    Attributes:
        name: In tables.
        strategy: Name in the registry.
        settings: Of the strategy.
        footage: Whether it chooses from all sampled frames, or from what gate and near-duplicate
            rule keep.
        informed: Whether it gets utility, expected class counts and gradients of the warm model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    strategy: str
    settings: dict[str, Any] = Field(default_factory=dict)
    footage: Literal["all", "kept"] = "kept"
    informed: bool = False

    def make(self) -> AnyStrategy:
        """The strategy with its settings."""
        return make_strategy(self.strategy, dict(self.settings))


ARMS: Final = (
    Arm(name="random", strategy="random", footage="all"),
    Arm(name="uniform", strategy="uniform", footage="all"),
    Arm(name="stratified", strategy="stratified", footage="all"),
    Arm(name="shot_cut", strategy="shot_cut", footage="all"),
    Arm(name="stratified, kept", strategy="stratified"),
    Arm(name="k_center", strategy="k_center"),
    Arm(name="k_center_outliers", strategy="k_center_outliers"),
    Arm(name="facility_location", strategy="facility_location"),
    Arm(name="herding", strategy="herding"),
    Arm(name="k_medoids", strategy="k_medoids"),
    Arm(name="typiclust", strategy="typiclust"),
    Arm(name="cover", strategy="cover"),
    Arm(name="cover, informed", strategy="cover", informed=True),
    Arm(name="top_k, informed", strategy="top_k", informed=True),
    Arm(name="badge, informed", strategy="badge", informed=True),
)
"""What is compared where nothing else is asked for."""


def arms_named(names: tuple[str, ...]) -> tuple[Arm, ...]:
    """Arms by their own name or by that of any strategy.

    A strategy that cannot do without a model's word gets the warm model's.

    Raises:
        UsageError: No such strategy, or one that needs what no simulation has.
    """
    known = {arm.name: arm for arm in ARMS}
    return tuple(known.get(name) or _arm_of(name) for name in names)


def _arm_of(strategy: str) -> Arm:
    if strategy not in STRATEGIES:
        raise UsageError(
            f"there is no arm or strategy {strategy!r}; arms: "
            f"{'; '.join(arm.name for arm in ARMS)}; strategies: {', '.join(STRATEGIES)}"
        )
    uses = STRATEGIES[strategy].uses
    if missing := sorted(uses - GUESSED):
        raise UsageError(
            f"strategy {strategy!r} needs {', '.join(missing)}, which no simulation has; "
            "leave it out"
        )
    return Arm(name=strategy, strategy=strategy, informed=bool(uses))


class Endpoint(NamedTuple):
    """A claim that is tested: our arm against another, on one figure of one world.

    Attributes:
        measure: Name of the figure.
        world: Name of the preset.
        against: Name of the other arm.
        budgets: At which it is tested.
        wanted: ``better``: the difference is in our favour, with significance; ``twice``: at least
            twice as much; ``no harm``: at most one point is lost.
    """

    measure: str
    world: str
    against: str
    budgets: tuple[str, ...]
    wanted: Literal["better", "twice", "no harm"]


ENDPOINTS: Final = (
    *(
        Endpoint(measure, world, REFERENCE, BUDGETS, "better")
        for measure in ("distance", "accuracy")
        for world in ("dwell", "mixed")
    ),
    *(Endpoint("events", world, "uniform", ("1%",), "twice") for world in ("dwell", "mixed")),
    Endpoint("accuracy", "moving", REFERENCE, BUDGETS, "no harm"),
)
