"""Several scores into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from framesel.errors import UsageError

F64 = NDArray[np.float64]
Scores = Mapping[str, NDArray[Any]]
"""By name: (n,) each, higher is more informative, nan where a frame has no such score."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ZScoredMax(_Settings):
    """``zscore_max`` of some scores.

    Attributes:
        scores: Names.
    """

    how: Literal["zscore_max"] = "zscore_max"
    scores: tuple[str, ...] = Field(min_length=1)

    def __call__(self, scores: Scores) -> F64:
        """(n,) higher is more informative."""
        return zscore_max(_chosen(scores, self.scores))


class Product(_Settings):
    """``product`` of some scores.

    Attributes:
        powers: Exponent of each; negative ones prefer low values.
        scale: How values come into (0, 1].
        floor: What the lowest value becomes.
    """

    how: Literal["product"] = "product"
    powers: Mapping[str, FiniteFloat] = Field(min_length=1)
    scale: Literal["rank", "range"] = "rank"
    floor: float = Field(0.05, gt=0, lt=1)

    def __call__(self, scores: Scores) -> F64:
        """(n,) higher is more informative."""
        chosen = _chosen(scores, self.powers)
        return product(chosen, self.powers, scale=self.scale, floor=self.floor)


class WeightedSum(_Settings):
    """``weighted_sum`` of some scores.

    Attributes:
        weights: Of each; negative ones prefer low values.
        scale: What makes the scores comparable.
    """

    how: Literal["weighted_sum"] = "weighted_sum"
    weights: Mapping[str, FiniteFloat] = Field(min_length=1)
    scale: Literal["zscore", "rank"] = "zscore"

    def __call__(self, scores: Scores) -> F64:
        """(n,) higher is more informative."""
        return weighted_sum(_chosen(scores, self.weights), self.weights, scale=self.scale)


Combination: TypeAlias = Annotated[ZScoredMax | Product | WeightedSum, Field(discriminator="how")]
"""What stands under ``scores.combine`` in a recipe."""


def names_in(combination: ZScoredMax | Product | WeightedSum) -> tuple[str, ...]:
    """The scores that a combination draws on."""
    if isinstance(combination, ZScoredMax):
        return combination.scores
    return tuple(combination.powers if isinstance(combination, Product) else combination.weights)


def zscore_max(scores: Scores) -> F64:
    """The greatest of the z-scored values of each frame (AL-MDN: Choi et al., 2021, section 3.2).

    A frame counts as informative if it stands out by any of the scores.

    Args:
        scores: By name, (n,) each.

    Returns:
        (n,) float64, unbounded; nan where a frame has none of them.
    """
    table = np.stack([_zscored(values) for values in _table(scores)])
    highest = np.max(np.where(np.isnan(table), -np.inf, table), axis=0)
    return np.where(np.isneginf(highest), np.nan, highest)


def product(
    scores: Scores,
    powers: Mapping[str, float],
    *,
    scale: Literal["rank", "range"] = "rank",
    floor: float = 0.05,
) -> F64:
    """The product of powers of the scaled values.

    What a frame lacks is taken to be like what it has: the product of the others, to the power that
    makes the exponents sum up as if none were missing.

    Args:
        scores: By name, (n,) each.
        powers: By name.
        scale: ``rank``: place among the frames; ``range``: linear from the lowest to the highest.
        floor: What the lowest value becomes; the highest becomes 1.

    Returns:
        (n,) float64, over 0; nan where a frame has none of them.

    Raises:
        UsageError: The floor is not in (0, 1): a 0 would win over everything else.
    """
    if not 0 < floor < 1:
        raise UsageError(f"product of scores: floor must be in (0, 1), not {floor}")
    scaled = utility if scale == "rank" else _ranged
    table = [np.log(_keep_nan(scaled, values, floor)) for values in _table(scores)]
    return np.exp(_weigh(np.stack(table), scores, powers))


def weighted_sum(
    scores: Scores,
    weights: Mapping[str, float],
    *,
    scale: Literal["zscore", "rank"] = "zscore",
) -> F64:
    """The weighted sum of comparable values.

    What a frame lacks is left out and the sum enlarged as the missing weights demand.

    Args:
        scores: By name, (n,) each.
        weights: By name.
        scale: ``zscore``: in standard deviations from the mean; ``rank``: place among the frames,
            0 to 1.

    Returns:
        (n,) float64; nan where a frame has none of them.
    """
    if scale == "zscore":
        table = [_zscored(values) for values in _table(scores)]
    else:
        table = [_keep_nan(utility, values, 0.0) for values in _table(scores)]
    return _weigh(np.stack(table), scores, weights)


def utility(values: ArrayLike, floor: float = 0.05) -> F64:
    """Place among the frames, scaled to [floor, 1]: what a selection weighs frames with.

    Args:
        values: (n,) higher is more informative. Equal values share their mean place.
        floor: Of the lowest.

    Returns:
        (n,) float64. A frame whose value is nan stands in the middle: neither preferred nor ruled
        out for what is not known of it.

    Raises:
        UsageError: The floor is not in [0, 1], or a value is infinite.
    """
    if not 0 <= floor <= 1:
        raise UsageError(f"utility: floor must be in [0, 1], not {floor}")
    # Loaded late: settings are read without scipy's statistics.
    from scipy.stats import rankdata

    (column,) = _table({"values": np.asarray(values, np.float64)})
    known = ~np.isnan(column)
    place = np.full(len(column), 0.5)
    if known.sum() > 1:
        place[known] = (rankdata(column[known]) - 1.0) / (known.sum() - 1.0)
    scaled: F64 = floor + (1.0 - floor) * place
    return scaled


def _ranged(values: F64, floor: float) -> F64:
    low, high = np.nanmin(values), np.nanmax(values)
    place = (values - low) / (high - low) if high > low else np.full_like(values, 0.5)
    scaled: F64 = floor + (1.0 - floor) * place
    return scaled


def _keep_nan(scaled: Any, values: F64, floor: float) -> F64:
    missing = np.isnan(values)
    return values if missing.all() else np.where(missing, np.nan, scaled(values, floor))


def _zscored(values: F64) -> F64:
    if np.isnan(values).all():
        return values
    spread = np.nanstd(values)
    # Equal values have a spread of rounding errors only.
    flat = spread <= 1e-12 * max(1.0, float(np.nanmax(np.abs(values))))
    centred = values - np.nanmean(values)
    return centred * 0.0 if flat else centred / spread


def _weigh(table: F64, scores: Scores, weights: Mapping[str, float]) -> F64:
    """(n,) sums over what is there, as large as if nothing were missing."""
    weight = np.array([weights[name] for name in scores])[:, None]
    there = ~np.isnan(table)
    size = (np.abs(weight) * there).sum(axis=0)
    total = np.where(there, weight * table, 0.0).sum(axis=0)
    lacking = np.full(table.shape[1], np.nan)
    whole: F64 = np.divide(total * np.abs(weight).sum(), size, out=lacking, where=size > 0)
    return whole


def _chosen(scores: Scores, names: Mapping[str, float] | tuple[str, ...]) -> Scores:
    missing = sorted(set(names) - set(scores))
    if missing:
        raise UsageError(
            f"a combination asks for {', '.join(missing)}, which nobody computed; "
            f"there are: {', '.join(sorted(scores)) or 'none'}"
        )
    return {name: scores[name] for name in names}


def _table(scores: Scores) -> list[F64]:
    columns = [np.asarray(values, np.float64) for values in scores.values()]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise UsageError("scores to combine must be (n,) each, for the same frames")
    for name, column in zip(scores, columns, strict=True):
        if np.isinf(column).any():
            raise UsageError(f"the score {name!r} is infinite somewhere; nan says: not available")
    return columns
