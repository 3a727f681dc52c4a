"""The strategies by name, and their settings as one discriminated union for recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from framesel.selection.facility_location import FacilityLocation
from framesel.selection.k_center import KCenter
from framesel.selection.random_choice import RandomChoice
from framesel.selection.stratified import Stratified
from framesel.selection.uniform import Uniform

StrategySettings: TypeAlias = Annotated[
    RandomChoice | Uniform | Stratified | KCenter | FacilityLocation, Field(discriminator="name")
]
"""What stands under ``strategy`` in a recipe; ``name`` decides which fields are valid."""

AnyStrategy: TypeAlias = RandomChoice | Uniform | Stratified | KCenter | FacilityLocation

STRATEGIES: Final[Mapping[str, type[AnyStrategy]]] = {
    "random": RandomChoice,
    "uniform": Uniform,
    "stratified": Stratified,
    "k_center": KCenter,
    "facility_location": FacilityLocation,
}
