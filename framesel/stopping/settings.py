"""When another round is no longer worth it: the thresholds, as they stand in a recipe."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Stop(BaseModel):
    """The recipe's section `stop`. It changes no result: it is what `framesel rounds` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    needed: Annotated[int, Field(ge=1, le=5)] = Field(
        2, description="rules that must say stop in the same round"
    )
    rounds: Annotated[int, Field(ge=1)] = Field(
        2, description="rounds in a row in which so many must say so"
    )
    metric: Literal["map50", "map50_95"] = Field(
        "map50", description="what the plateau and the value of a round are judged by"
    )
    delta: Positive = Field(
        0.005, description="plateau: a batch of labels that surely brings less is not worth it"
    )
    agreement: Share = Field(
        0.95, description="predictions: F1 agreement of successive models' boxes that is stable"
    )
    kappa: Share = Field(
        0.95, description="predictions: the same for which classes a frame shows (Cohen's kappa)"
    )
    window: Annotated[int, Field(ge=1)] = Field(
        3, description="predictions: pairs of successive models over which agreement is averaged"
    )
    confident: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.25, description="predictions: from which confidence on a box counts"
    )
    frames: Annotated[int, Field(ge=1)] = Field(
        500, description="predictions: unlabelled frames, drawn once, on which models are compared"
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="predictions: of that draw")
    uncertain: Share = Field(
        0.05, description="uncertainty: mean chance of an error over all frames that is little"
    )
    uncovered: Share = Field(
        0.05, description="coverage: share of the footage far from every label that is little"
    )
    point_value: Annotated[float, Field(ge=0)] = Field(
        0.0, description="value: what one point (0.01) of the metric is worth; 0: the rule is off"
    )
    hour_cost: Annotated[float, Field(ge=0)] = Field(
        0.0, description="value: what an hour of labelling costs, in the same money"
    )
