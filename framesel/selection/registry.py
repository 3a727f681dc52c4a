"""The strategies by name, and their settings as one discriminated union for recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias, get_args

from pydantic import Field

from framesel.selection.strategies.badge import Badge
from framesel.selection.strategies.class_balance import ClassBalance
from framesel.selection.strategies.clue import Clue
from framesel.selection.strategies.clusters import Clusters
from framesel.selection.strategies.cover import Cover
from framesel.selection.strategies.dpp import DPP
from framesel.selection.strategies.facility_location import FacilityLocation
from framesel.selection.strategies.herding import Herding
from framesel.selection.strategies.hierarchical import Hierarchical
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.strategies.k_center_outliers import KCenterOutliers
from framesel.selection.strategies.k_medoids import KMedoids
from framesel.selection.strategies.log_det import LogDet
from framesel.selection.strategies.metadata_balance import MetadataBalance
from framesel.selection.strategies.object_diversity import ObjectDiversity
from framesel.selection.strategies.ppal import PPAL
from framesel.selection.strategies.random_choice import RandomChoice
from framesel.selection.strategies.ranked_batch import RankedBatch
from framesel.selection.strategies.shot_cut import ShotCut
from framesel.selection.strategies.similar import Similar
from framesel.selection.strategies.stratified import Stratified
from framesel.selection.strategies.top_k import TopK
from framesel.selection.strategies.typiclust import TypiClust
from framesel.selection.strategies.uniform import Uniform
from framesel.selection.strategies.weighted_k_center import WeightedKCenter

AnyStrategy: TypeAlias = (
    RandomChoice
    | Uniform
    | Stratified
    | KCenter
    | WeightedKCenter
    | KCenterOutliers
    | FacilityLocation
    | Herding
    | Cover
    | RankedBatch
    | Badge
    | ClassBalance
    | MetadataBalance
    | ObjectDiversity
    | Clue
    | PPAL
    | Similar
    | Clusters
    | Hierarchical
    | KMedoids
    | ShotCut
    | TopK
    | TypiClust
    | DPP
    | LogDet
)

StrategySettings: TypeAlias = Annotated[AnyStrategy, Field(discriminator="name")]
"""What stands under ``strategy`` in a recipe; ``name`` decides which fields are valid."""

STRATEGIES: Final[Mapping[str, type[AnyStrategy]]] = {
    kind.model_fields["name"].default: kind for kind in get_args(AnyStrategy)
}
