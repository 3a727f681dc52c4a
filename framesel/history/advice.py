"""Whether another round is worth it: the stop rules, asked about every round that has a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from framesel.evaluation.results import Estimate
from framesel.history.labelled import Labelled
from framesel.report.figures.plain import floats
from framesel.stopping.settings import Stop
from framesel.stopping.verdict import Recommendation, Rule, Verdict, recommend

if TYPE_CHECKING:
    from framesel.history.turn import History, Point, Turn
    from framesel.stopping.judge import Known
    from framesel.stopping.plateau import Gain

TITLES: Final[Mapping[Rule, str]] = {
    "predictions": "Stable predictions",
    "plateau": "Plateau",
    "uncertainty": "Remaining uncertainty",
    "coverage": "Coverage",
    "value": "Value",
}
GRID = 40
"""Places where the fitted curve is drawn."""
LEVEL = 0.9
"""Of its band."""
_STANDARD = 2 * 1.959963984540054
"""Standard errors in a 95 % interval."""


@dataclass(frozen=True)
class Advice:
    """Whether to go on.

    Attributes:
        recommendation: What the rules say together.
        rulings: Of each round that was asked about, what each rule said.
        gain: What the next batch of labels is expected to bring; None: nothing is known.
        first: Labelled frames of the first model, where the curve begins.
    """

    recommendation: Recommendation
    rulings: Mapping[int, tuple[Verdict, ...]]
    gain: Gain | None = None
    first: int = 0

    @property
    def stop(self) -> bool:
        """Whether stopping is recommended."""
        return self.recommendation.stop

    @property
    def why(self) -> str:
        """The same for a person."""
        return self.recommendation.sentence

    @property
    def newest(self) -> tuple[int, tuple[Verdict, ...]]:
        """The last round that was asked about, and what each rule says of it; 0 and none."""
        return max(self.rulings.items(), default=(0, ()))

    def fit(self) -> dict[str, list[float | None]] | None:
        """The fitted curve with its 90 % band, up to the next batch; None with too few models."""
        if self.gain is None or self.gain.curve is None:
            return None
        curve, last = self.gain.curve, self.gain.curve.labels + self.gain.batch
        low = max(1, self.first)
        frames = [low + (last - low) * at / (GRID - 1) for at in range(GRID)]
        band = [curve.between(n, LEVEL) for n in frames]
        return {
            "frames": floats(frames),
            "value": floats([curve.at(n) for n in frames]),
            "low": floats([one for one, _ in band]),
            "high": floats([one for _, one in band]),
        }

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        told = [
            {"round": number, "title": TITLES[one.rule], **one.json()}
            for number, verdicts in self.rulings.items()
            for one in verdicts
        ]
        return {**self.recommendation.json(), "rulings": told, "fit": self.fit()}


def advice(found: History, stop: Stop) -> Advice:
    """Asks the rules about each round that has a model; without any, about each that has picks.

    Args:
        found: The rounds.
        stop: The thresholds.
    """
    from framesel.stopping.judge import expected_gain, judge_rounds, last_batch

    trained = [turn for turn in found.turns if turn.trained_on is not None]
    asked = trained or [turn for turn in found.turns if turn.picks]
    points = {point.round: point for point in found.curve}
    known = _known(asked, points, stop.metric)
    verdicts = judge_rounds(known, stop)
    return Advice(
        recommend(verdicts, stop.needed, stop.rounds),
        {turn.number: told for turn, told in zip(asked, verdicts, strict=True)},
        expected_gain(known, last_batch(known)) if known else None,
        min((point.frames for point in found.curve), default=0),
    )


def _known(asked: Sequence[Turn], points: Mapping[int, Point], metric: str) -> list[Known]:
    """What is known after each round. Picks are judged by the detector that chose them."""
    from framesel.stopping.judge import Known

    nan, spent_s, found = math.nan, 0.0, []
    for turn in asked:
        labels: Labelled = turn.trained_on or turn.labelled
        point, seen, same = points.get(turn.number), turn.uncertainty, turn.agreement
        estimate = Estimate(nan, nan, nan) if point is None else point.estimate(metric)
        found.append(
            Known(
                labels=labels.frames,
                metric=estimate.value,
                error=(estimate.high - estimate.low) / _STANDARD,
                agreement=nan if same is None else same.f1,
                kappa=nan if same is None else same.kappa,
                uncertain=nan if seen is None else seen.error,
                ratio=nan if seen is None else seen.ratio,
                informed=turn.informed,
                uncovered=nan if turn.coverage is None else turn.coverage.uncovered,
                radius=nan if turn.coverage is None else turn.coverage.radius,
                batch_s=labels.cost_s - spent_s,
            )
        )
        spent_s = labels.cost_s
    return found
