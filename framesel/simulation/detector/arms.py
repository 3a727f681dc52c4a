"""What is compared, and what shall come of it; written down before anything was compared.

An *arm* is a way to spend a budget that grows. At each budget it chooses, the truth labels its
picks, and a detector is trained from the same beginning on all of them. An arm that hears a
detector hears the one that was trained at the budget before.

- Arms over ``all`` frames are what people do today: every sampled frame may be chosen.
- Arms over ``kept`` frames see what framesel's quality gate and near-duplicate rule leave, with its
  mass.
- ``uniform`` and ``stratified`` stride over the footage. Whoever strides knows the budget
  beforehand, so they choose ``anew`` at each budget: to be held to the picks for a smaller one
  would only weaken them. All other arms add to what they have picked.
- ``entropy`` and ``ppal`` begin with the first batch of ``random``, as in the literature; the
  others begin in their own way, without a detector.
- ``cover, informed`` is what ``framesel loop`` does: from the second batch on it hears which
  classes a detector sees, and its utility once that has told frames with errors from others with
  an AUROC of 0.6 (:mod:`framesel.simulation.detector.trust`).
- ``cover, informed, after random`` does the same from the first batch of ``random``: the experiment
  of the guides to active learning. Its gain over that first model is compared with the gain that
  random frames bring.

The figure is mAP50 on held-out footage, averaged over seeds (mAP50-95 is told beside it: the median
drone box has 15 pixels, so that higher thresholds of IoU measure luck). The goals:

1. In ``dwell`` and ``rare``, at 95 % of the best isotonic mean over all baselines and full data,
   ``cover, informed`` takes half of the labelled frames of ``stratified``, and a quarter of those
   of ``random``.
2. In ``rare``, its detector's recall of the rare class is at least twice ``uniform``'s, by the mean
   over budgets.
3. In ``as_is`` its area under the curve is at most one point of mAP50 below ``stratified``'s.

Everything else in the tables is secondary. p of two-sided paired Wilcoxon tests on the area under
the curve against ln(budget), each arm with ``stratified``, adjusted by Holm within a setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from framesel.errors import UsageError
from framesel.selection.one_call import make_strategy
from framesel.selection.registry import STRATEGIES, AnyStrategy

REFERENCE: Final = "stratified"
"""The arm that all others are compared with."""

RANDOM: Final = "random"
"""The arm whose first batch others share, and that gains are compared with."""

OURS: Final = "cover, informed"
"""The arm that the goals are about."""

FULL: Final = "full"
"""Stands as the arm where the detector learnt from all frames of the pool."""

GUIDED: Final = f"{OURS}, after {RANDOM}"

HEARD: Final = frozenset({"utility", "class_counts", "objects"})
"""Columns that a detector can give."""


class Arm(BaseModel):
    """One way to spend a budget.

    Attributes:
        name: In tables.
        strategy: Name in the registry.
        settings: Of the strategy.
        footage: Whether it chooses from all sampled frames, or from what gate and near-duplicate
            rule keep.
        tau_cos: Cosine from which on frames are near-duplicates; None: the recipe's default.
        tau_across: The same for frames of different shots; None: the recipe's default.
        spare: Frames that there should be for each pick; None: the recipe's default.
        shots: Whether the strategy is told of which shot each frame is.
        first: Whose first batch it begins with.
        anew: Whether it chooses the whole of each budget, or adds to what it has.
        hears: ``entropy``: the frame's entropy, from the second batch on; ``trusted``: the recipe's
            utility once it has earned it, and which classes are seen; ``always``: the same at once;
            ``classes``: which classes are seen, and nothing else.
        calibrated: Utility is the chance of an error that earlier picks taught, not a rank.
        revives: Whether near-duplicates that the detector objects to may be chosen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    strategy: str
    settings: dict[str, Any] = Field(default_factory=dict)
    footage: Literal["all", "kept"] = "kept"
    tau_cos: Annotated[float, Field(gt=0, le=1)] | None = None
    tau_across: Annotated[float, Field(gt=0, le=1)] | None = None
    spare: Annotated[float, Field(ge=0)] | None = None
    shots: bool = True
    first: Literal["own", "random"] = "own"
    anew: bool = False
    hears: Literal["nothing", "classes", "entropy", "trusted", "always"] = "nothing"
    calibrated: bool = False
    revives: bool = True

    def make(self) -> AnyStrategy:
        """The strategy with its settings.

        Raises:
            SelectionError: There is no such strategy, or it has no such settings.
        """
        return make_strategy(self.strategy, dict(self.settings))


BASELINES: Final = (
    Arm(name=RANDOM, strategy="random", footage="all"),
    Arm(name="uniform", strategy="uniform", footage="all", anew=True),
    Arm(name=REFERENCE, strategy="stratified", footage="all", anew=True),
    Arm(name="entropy", strategy="top_k", footage="all", first="random", hears="entropy"),
    Arm(name="k_center", strategy="k_center", footage="all"),
    Arm(name="ppal", strategy="ppal", footage="all", first="random", hears="entropy"),
)

ARMS: Final = (
    *BASELINES,
    Arm(name="cover", strategy="cover"),
    Arm(name=OURS, strategy="cover", hears="trusted"),
    Arm(name=GUIDED, strategy="cover", hears="trusted", first="random"),
)
"""What is compared where nothing else is asked for."""

MORE: Final = (
    Arm(name="stratified, kept", strategy="stratified", anew=True),
    Arm(name="entropy, kept", strategy="top_k", first="random", hears="entropy"),
    Arm(
        name="entropy, gap",
        strategy="top_k",
        settings={"gap_s": 2.0},
        footage="all",
        first="random",
        hears="entropy",
    ),
    Arm(name="k_center, kept", strategy="k_center"),
    Arm(name="cover, always", strategy="cover", hears="always"),
    Arm(name="cover, calibrated", strategy="cover", hears="trusted", calibrated=True),
    Arm(name="cover, unrevived", strategy="cover", hears="trusted", revives=False),
)
"""Further ones that may be asked for by name."""


def arms_named(names: Sequence[str]) -> tuple[Arm, ...]:
    """Arms by their own name or by that of any strategy.

    A strategy that cannot do without a detector hears the entropy, after a random first batch.

    Raises:
        UsageError: No such strategy, one that needs what is not there, or a name that comes twice.
    """
    known = {arm.name: arm for arm in (*ARMS, *MORE)}
    return checked(tuple(known.get(name) or _arm_of(name) for name in names))


def read_arms(path: Path) -> tuple[Arm, ...]:
    """Arms from a YAML file: a list with the fields of ``Arm``.

    Raises:
        UsageError: It cannot be read, or an arm makes no sense.
    """
    import yaml

    try:
        written = yaml.safe_load(path.read_text("utf-8"))
        found = TypeAdapter(tuple[Arm, ...]).validate_python(written)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"--arms {path}: {error}; give a list of arms in YAML") from None
    return checked(found)


def checked(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """The arms, if they can be run together.

    Raises:
        UsageError: See ``arms_named``.
    """
    names = [arm.name for arm in arms]
    if not arms or len(set(names)) < len(names) or FULL in names:
        raise UsageError(
            f"arms {'; '.join(names) or '(none)'}: give one or more, each once, none called {FULL}"
        )
    for arm in arms:
        missing = sorted(arm.make().uses - (HEARD if arm.hears != "nothing" else frozenset()))
        if missing:
            raise UsageError(
                f"arm {arm.name!r}: strategy {arm.strategy!r} needs {', '.join(missing)}, which "
                "is not there; leave it out, or let it hear a detector"
            )
        unsure = arm.hears in ("classes", "trusted") or arm.first == "own"
        if "utility" in arm.make().uses and unsure:
            raise UsageError(
                f"arm {arm.name!r}: strategy {arm.strategy!r} cannot do without a utility: let it "
                "hear entropy, or hear it always, after a random first batch (first: random)"
            )
    return arms


def _arm_of(strategy: str) -> Arm:
    if strategy not in STRATEGIES:
        raise UsageError(
            f"there is no arm or strategy {strategy!r}; arms: "
            f"{'; '.join(arm.name for arm in (*ARMS, *MORE))}; strategies: {', '.join(STRATEGIES)}"
        )
    if STRATEGIES[strategy].uses:
        return Arm(name=strategy, strategy=strategy, first="random", hears="entropy")
    return Arm(name=strategy, strategy=strategy)
