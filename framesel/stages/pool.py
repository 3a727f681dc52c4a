"""The pool: what a selection may choose from, with all that is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from framesel.errors import SelectionError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import about_videos, examples, gathered, keepers
from framesel.stages.density_file import weighted
from framesel.stages.gathered import Dataset
from framesel.stages.out_of_reach import crowded, held_out
from framesel.stages.reviewer import Said
from framesel.stages.sightings import Seen
from framesel.stages.stood_for import mass_of
from framesel.stages.texts import Texts

if TYPE_CHECKING:
    from framesel.selection import Candidates
    from framesel.selection.limits.settings import Limits
    from framesel.selection.registry import AnyStrategy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Wants:
    """What a selection says about its pool.

    Attributes:
        strategy: Says which columns it uses.
        limits: What every choice keeps to.
        utility: Column of the scores; ``none``; ``auto``: the utility if it is trusted.
        detected: Whether there are detections.
        revives: From which confidence on boxes are objects, and how far they may move; None:
            nothing is revived.
        examples: Picture files of what to look for.
        density: File that says how much frames are to count; empty: all alike.
        budget: Frames that are to be chosen; None: all that limits allow.
        spare: Frames that there should be for each pick, those of earlier rounds included.
    """

    strategy: AnyStrategy
    limits: Limits
    utility: str
    detected: bool
    revives: tuple[float, float] | None
    examples: tuple[str, ...] = ()
    density: str = ""
    budget: int | None = None
    spare: float = 0.0

    def enough(self, before: int) -> int:
        """How many frames are enough, where so many were picked before."""
        return 0 if self.budget is None else math.ceil(self.spare * (self.budget + before))


@dataclass(frozen=True)
class Pool:
    """Every frame that was looked at, and which of them may be chosen.

    Row i of the arrays is row i of ``data``, except in ``candidates``.

    Attributes:
        data: All frames.
        rejected: (n,) why a frame is too bad: "", black, flat, blurred, frozen.
        keeper: (n,) row of who stands for a frame, itself for a kept one; -1 for a rejected one.
        let_in: How many near-duplicates are none because there was little else.
        revived: (n,) whether it was a near-duplicate before the detector or a reviewer objected.
        objected: (n,) whether it was the reviewer who did.
        mass: (n,) frames that a kept one stands for, itself included; 0 for the others.
        start_s, end_s: (n,) first and last second of them in its own video.
        before: Rows that earlier rounds picked.
        held: (n,) whether a frame is in the holdout: neither candidate, nor footage, nor known.
        crowded: (n,) whether an earlier pick of the same video is nearer than the gap allows.
        said: What a reviewer said.
        rows: (p,) rows that may be chosen.
        weight: (p,) mass of each for a strategy, that of those that were passed over included.
        known: Everything that is known of all n frames, by fields of ``Candidates``.
    """

    data: Dataset
    rejected: Texts
    keeper: Ints
    let_in: int
    revived: Mask
    objected: Mask
    mass: Floats
    start_s: Floats
    end_s: Floats
    before: Ints
    held: Mask
    crowded: Mask
    said: Said
    rows: Ints
    weight: F32
    known: Mapping[str, Any]

    @cached_property
    def candidates(self) -> Candidates:
        """What may be chosen, for a strategy; what a reviewer wants is fixed."""
        return self.some(self.rows, self.weight, self.before)

    def some(self, rows: Ints, weight: F32, before: Ints) -> Candidates:
        """Frames for a strategy.

        Args:
            rows: (r,) which.
            weight: (r,) their mass.
            before: Rows that are known already.
        """
        found = _candidates(self.data, self.known, rows, weight, before)
        place = np.full(len(self.data), -1, np.int64)
        place[rows] = np.arange(len(rows))
        fixed = place[self.said.fixed]
        return replace(found, fixed=fixed[fixed >= 0])

    @property
    def numbers(self) -> int:
        """Numbers of a candidate, about: its vector, gradient, and the features of its objects."""
        gradients, objects = self.known.get("gradients"), self.known.get("objects")
        width: int = self.data.vectors.shape[1]
        width += 0 if gradients is None else gradients.shape[1]
        width += 0 if objects is None else objects.features.size // len(self.data)
        return width

    @property
    def pins(self) -> int:
        """How many of the fixed candidates come on top of the budget."""
        return int(np.isin(self.said.pinned, self.rows).sum())

    def places(self, rows: Ints) -> Ints:
        """Positions among the candidates, in the same order; of those that are candidates."""
        place = np.full(len(self.data), -1, np.int64)
        place[self.rows] = np.arange(len(self.rows))
        found = place[rows[rows >= 0]]
        return found[found >= 0]


def build(wants: Wants, inputs: GatherInputs, run: RunSettings) -> Pool:
    """Brings together what earlier stages found.

    Raises:
        SelectionError: Nothing is left to choose from, or a column is missing that is needed.
    """
    data = gathered.read(inputs, ["t_s", "index"], run)
    before = data.rows(inputs.already["video_no"], inputs.already["pts"])
    strict = keepers.read(inputs, data)
    rejected, keeper = strict.rejected, strict.enough(data, wants.enough(len(before)))
    uses = wants.strategy.uses
    bulky = not uses.isdisjoint({"objects", "gradients"})
    seen = Seen.of(inputs, data, bulky=bulky) if wants.detected else None
    said = Said.of(inputs.verdicts, data)
    now, objected = said.stand_alone(keepers.revived(keeper, seen, wants.revives), data.vectors)
    revived = (now == np.arange(len(data))) & (keeper != now) & (keeper >= 0)
    revived[said.fixed] = objected[said.fixed]
    rejected.code[said.fixed] = 0
    held = held_out(inputs, data)
    now[held] = -1
    mass = mass_of(inputs, data, now)
    start_s, end_s = keepers.spans(data.columns["video_no"], data.columns["t_s"], now)
    before = before[(before >= 0) & ~held[before]]
    near = crowded(data, before, wants.limits.gap_s)
    rows = np.union1d(np.flatnonzero((mass > 0) & ~near), said.fixed)
    rows = np.setdiff1d(rows, np.concatenate([before, said.declined, np.flatnonzero(held)]))
    if not len(rows):
        raise SelectionError(
            "every frame was rejected by the quality gate or a reviewer, chosen before, or is held "
            "out: nothing is left to choose from. Loosen duplicates.gate or selection.limits.gap_s "
            "or add footage."
        )
    columns = {**about_videos.columns(inputs.catalog, data), **_what_is_seen(wants, seen)}
    utility = _utility(wants.utility, inputs, data)
    columns["utility"] = weighted(utility, wants.density, inputs.catalog, data)
    if "targets" in uses:
        columns["targets"] = examples.embed(wants.examples, inputs, run)
    columns |= {"mass": mass.astype(np.float32), "shots": strict.shot_no}
    return Pool(
        data=replace(data),  # without what finding rows by their keys took
        rejected=rejected,
        keeper=now,
        let_in=keepers.count(keeper) - keepers.count(strict.keeper),
        revived=revived,
        objected=objected,
        mass=mass,
        start_s=start_s,
        end_s=end_s,
        before=before,
        held=held,
        crowded=near,
        said=said,
        rows=rows,
        weight=columns["mass"][rows],
        known=columns,
    )


def _utility(name: str, inputs: GatherInputs, data: Dataset) -> F32 | None:
    """(n,) how much a label would teach; frames that could not be scored get the median."""
    if name == "none" or (name == "auto" and not _trusted(inputs)):
        return None
    name = "utility" if name == "auto" else name
    found = inputs.table("scores", None)
    if name not in found.column_names:
        raise SelectionError(
            f"selection.utility is {name!r}; the scores table has "
            f"{', '.join(found.column_names[2:])}. Add it to scores.compute."
        )
    rows = data.rows(found["video_no"], found["pts"])
    values = np.full(len(data), np.nan, np.float32)
    values[rows[rows >= 0]] = found[name].to_numpy()[rows >= 0]
    known = values[np.isfinite(values)]
    middle = float(np.median(known)) if len(known) else 1.0
    return np.maximum(np.where(np.isfinite(values), values, middle), 0).astype(np.float32)


def _trusted(inputs: GatherInputs) -> bool:
    """Whether what the detector does not know has shown to be of use."""
    if "trust" not in inputs.keys:
        return False
    return bool(inputs.table("trust", ["trusted"])["trusted"][0].as_py())


def _what_is_seen(wants: Wants, seen: Seen | None) -> dict[str, Any]:
    """Columns that come from the detector."""
    if seen is None:
        return {}
    makers: dict[str, Callable[[], Any]] = {"objects": seen.objects, "gradients": seen.gradients}
    made = {name: make() for name, make in makers.items() if name in wants.strategy.uses}
    return {"class_counts": seen.class_counts(), "classes": seen.classes, **made}


def _candidates(
    data: Dataset, columns: Mapping[str, Any], rows: Ints, weight: F32, before: Ints
) -> Candidates:
    """Some frames for a strategy; see ``Pool.some``."""
    from framesel.selection import Candidates

    kept: dict[str, Any] = {
        name: columns[name] if columns[name] is None else columns[name][rows]
        for name in ("utility", "groups", "shots", "class_counts", "gradients")
        if name in columns
    }
    kept["targets"] = columns.get("targets")
    if "objects" in columns:
        kept["objects"] = columns["objects"].subset(rows)
    return Candidates(
        vectors=data.vectors[rows],
        mass=weight,
        video_no=data.columns["video_no"][rows],
        pts_s=data.columns["t_s"][rows],
        already_shots=columns["shots"][before],
        classes=columns.get("classes", ()),
        metadata={name: texts[rows] for name, texts in columns["metadata"].items()},
        **kept,
    )
