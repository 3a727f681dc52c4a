"""The strategies by name, and their settings as one discriminated union for recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias, get_args

from pydantic import Field

from framesel.selection.badge import Badge
from framesel.selection.class_balance import ClassBalance
from framesel.selection.cover import Cover
from framesel.selection.facility_location import FacilityLocation
from framesel.selection.herding import Herding
from framesel.selection.k_center import KCenter
from framesel.selection.metadata_balance import MetadataBalance
from framesel.selection.random_choice import RandomChoice
from framesel.selection.ranked_batch import RankedBatch
from framesel.selection.similar import Similar
from framesel.selection.stratified import Stratified
from framesel.selection.uniform import Uniform

AnyStrategy: TypeAlias = (
    RandomChoice
    | Uniform
    | Stratified
    | KCenter
    | FacilityLocation
    | Herding
    | Cover
    | RankedBatch
    | Badge
    | ClassBalance
    | MetadataBalance
    | Similar
)

StrategySettings: TypeAlias = Annotated[AnyStrategy, Field(discriminator="name")]
"""What stands under ``strategy`` in a recipe; ``name`` decides which fields are valid."""

STRATEGIES: Final[Mapping[str, type[AnyStrategy]]] = {
    kind.model_fields["name"].default: kind for kind in get_args(AnyStrategy)
}
