"""The strategies by name, and their settings as one discriminated union for recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias, get_args

from pydantic import Field

from framesel.selection.badge import Badge
from framesel.selection.class_balance import ClassBalance
from framesel.selection.clue import Clue
from framesel.selection.clusters import Clusters
from framesel.selection.cover import Cover
from framesel.selection.dpp import DPP
from framesel.selection.facility_location import FacilityLocation
from framesel.selection.herding import Herding
from framesel.selection.hierarchical import Hierarchical
from framesel.selection.k_center import KCenter
from framesel.selection.k_center_outliers import KCenterOutliers
from framesel.selection.k_medoids import KMedoids
from framesel.selection.log_det import LogDet
from framesel.selection.metadata_balance import MetadataBalance
from framesel.selection.object_diversity import ObjectDiversity
from framesel.selection.ppal import PPAL
from framesel.selection.random_choice import RandomChoice
from framesel.selection.ranked_batch import RankedBatch
from framesel.selection.shot_cut import ShotCut
from framesel.selection.similar import Similar
from framesel.selection.stratified import Stratified
from framesel.selection.top_k import TopK
from framesel.selection.typiclust import TypiClust
from framesel.selection.uniform import Uniform
from framesel.selection.weighted_k_center import WeightedKCenter

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
