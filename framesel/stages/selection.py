"""Selection: the budget is spent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from framesel import table_files, tables
from framesel.errors import RecipeError
from framesel.selection.limits.settings import Limits
from framesel.selection.registry import StrategySettings
from framesel.selection.strategies.cover import Cover
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, Sees
from framesel.stages import examples, left_out, picked, pool, shortlisting
from framesel.stages.density_file import COUNTS, DOES_NOT_COUNT, density_digest
from framesel.stages.part_task import PartTask
from framesel.stages.pieces import Pieces
from framesel.stages.pool import Pool, Wants
from framesel.stages.tagged import Tagged
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.selection import Picks


class Revive(BaseModel):
    """When a near-duplicate is none after all: the detector sees something else in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(True, description="false: vectors alone decide")
    confident: Annotated[float, Field(gt=0, le=1)] = Field(
        0.3, description="from which confidence on a box is an object"
    )
    reach: Annotated[float, Field(ge=0)] = Field(
        3.0, description="how far an object may move and be the same, in diagonals of its box"
    )


class Selection(Gather):
    """Hands the kept frames to a strategy and writes down its picks with their reasons."""

    name: ClassVar[str] = "selection"
    version: ClassVar[int] = 6

    budget: Annotated[int, Field(ge=1)] | None = Field(
        100, description="how many frames to choose; null: as many as the limits allow"
    )
    strategy: Annotated[StrategySettings, Tagged("name", "cover")] = Field(
        Cover(), description="how they are chosen"
    )
    limits: Limits = Field(Limits(), description="what every choice keeps to, whatever it costs")
    revive: Revive = Field(Revive(), description="near-duplicates that the detector objects to")
    spare: Annotated[float, Field(ge=0)] = Field(
        2.0,
        description="near-duplicates are let in, the most different first, until there are so many "
        "frames for each pick; 0: never",
    )
    exact_below: Annotated[int, Field(ge=1)] = Field(
        250_000,
        description="candidates up to which the strategy looks at all of them together; of more, "
        "parts each choose the whole budget first, or more",
    )
    seed: int = Field(0, description="for strategies that draw")
    utility: str = Field(
        "auto",
        description="what weights a frame: a column of the scores; none; auto: the scores' utility "
        "once labels have shown that it tells where the detector errs",
    )

    density: str = Field(
        "",
        description="a file of `framesel drift --accept` that says how much each frame counts; "
        "the utility is multiplied by it",
    )

    _detected: bool = PrivateAttr(default=False)
    _coarse: bool = PrivateAttr(default=False)

    def sees(self) -> frozenset[Sees]:
        """What was picked before is not picked again; what is known of videos may set limits.

        What a reviewer pinned and kept is picked, what was rejected is not.
        """
        known = "metadata" in self.strategy.uses or self.limits.metadata
        always: frozenset[Sees] = frozenset({"picks", "decisions"})
        return always | {"metadata"} if known else always

    def informed(self, *, scored: bool, coarse: bool) -> Self:
        """The same selection, which knows whether there are scores, and whether a coarse pass was.

        Its ``utility`` stays auto where there are: the stage ``trust`` says what that means. A
        strategy that cannot do without gets the scores' utility.

        Raises:
            RecipeError: Something is asked for that takes a detector, and there is none.
        """
        utility = self.utility
        if utility == "auto" and not scored:
            utility = "none"
        elif utility == "auto" and "utility" in self.strategy.uses:
            utility = "utility"
        if "targets" in self.strategy.uses and not self._examples():
            raise RecipeError(
                f"selection.strategy {self.strategy.name!r} looks for what pictures show: name one "
                "or more under selection.strategy.examples"
            )
        missing = [
            *([f"selection.utility is {utility!r}"] if utility != "none" else []),
            *(["selection.limits.classes names classes"] if self.limits.classes else []),
            *(["selection.limits.boxes counts boxes"] if self.limits.boxes else []),
        ]
        if missing and not scored:
            raise RecipeError(
                f"{' and '.join(missing)}, but nothing is scored without a detector: "
                "set detections.weights, or leave that out"
            )
        found = self.model_copy(update={"utility": utility})
        found._detected, found._coarse = scored, coarse
        return found

    def wants(self) -> Wants:
        """What it says about its pool."""
        revives = (self.revive.confident, self.revive.reach) if self.revive.enabled else None
        return Wants(
            self.strategy,
            self.limits,
            self.utility,
            self._detected,
            revives,
            self._examples(),
            self.density,
            self.budget,
            self.spare,
        )

    def assets(self) -> dict[str, str]:
        """Digests of the example pictures and of the density."""
        density = {"density": density_digest(self.density)} if self.density else {}
        return {**examples.digests(self._examples()), **density}

    def identity(self, runtime: str, needs: Mapping[str, str]) -> dict[str, Any]:
        """As all stages', but what is known by its digest is not known by its path too."""
        found = super().identity(runtime, needs)
        found["fields"].pop("density")
        if self._examples():
            found["fields"]["strategy"].pop("examples")
        return found

    def _examples(self) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self.strategy, "examples", ())
        return found

    def needs(self) -> tuple[str, ...]:
        """Vectors, which frames stand for which, what is seen, and what a label would teach.

        Where nobody says whether that counts, also whether it has shown to be of use.
        """
        known = ("frames", "embeddings", "duplicates")
        seen = ("detections",) if self._detected else ()
        scored = () if self.utility == "none" else ("scores",) if self._detected else ()
        judged = ("trust",) if scored and self.utility == "auto" else ()
        looked = ("windows",) if self._coarse else ()
        return (*known, *looked, *seen, *scored, *judged)

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns one row per pick, ordered by rank; why others were left out lies beside it."""
        folder = inputs.workspace.stage(self.name, inputs.keys[self.name])
        everything = pool.build(self.wants(), inputs, run)
        with shortlisting.candidates_at_hand(everything, folder) as everything:
            found = self._shortlisted(everything, folder, inputs, run)
            picks = self.strategy.select(
                found.candidates,
                self._frames(found),
                found.data.vectors[found.before],
                self.limits,
                np.random.default_rng(self.seed),
            )
            inputs.beside("left_out", left_out.rows(found, picks))
            return picked.table(found, picks).replace_schema_metadata(self._told(found, picks))

    def _shortlisted(
        self, found: Pool, folder: Path, inputs: GatherInputs, run: RunSettings
    ) -> Pool:
        """What the strategy looks at together, of all that it may choose."""
        shortlisting.check_memory(found, self.exact_below, run)
        if len(found.rows) > self.exact_below and not shortlisting.is_listed(folder):
            budget = self._frames(found)
            size = shortlisting.size_of_parts(budget, self.exact_below)
            parts = Pieces.of(inputs.workspace, folder / ".parts", run)
            task = PartTask(parts, self.strategy, self.limits, self.seed, size, found.numbers)
            shortlisting.shortlist(found, task, self.exact_below, budget, inputs)
        return self.as_listed(found, folder)

    def as_listed(self, found: Pool, folder: Path) -> Pool:
        """What the strategy looked at together, once it has chosen.

        Args:
            found: All that it might choose.
            folder: Of the selection.

        Raises:
            WorkspaceError: It is not known any more.
        """
        few = len(found.rows) <= self.exact_below
        return found if few else shortlisting.listed(found, folder)

    def _frames(self, found: Pool) -> int:
        """How many frames to choose: what a reviewer pinned comes on top of the budget."""
        n = len(found.rows)
        return n if self.budget is None else min(self.budget + found.pins, n)

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """How good the choice is for certain, and what limits and the detector changed."""
        path = workspace.stage(self.name, key) / "all.parquet"
        return [str(note) for note in json.loads((table_files.schema(path).metadata or {})[_NOTES])]

    def _told(self, found: Pool, picks: Picks) -> dict[str, str]:
        notes = []
        if found.let_in:
            notes.append(
                f"{found.let_in:,} near-duplicates may be chosen too, those that differ most from "
                "the frames that stand for them: little else is there (selection.spare)"
            )
        revived = int((found.revived & ~found.objected).sum())
        if revived:
            notes.append(
                f"{revived:,} near-duplicates may be chosen after all: the detector sees something "
                "else in them (selection.revive)"
            )
        if self.density:
            notes.append(COUNTS if self.strategy.heeds_utility else DOES_NOT_COUNT)
        notes += _reviewed(found, picks)
        sure = picks.certificate
        if sure is not None and len(picks):
            notes.append(
                f"no {len(picks):,} frames have a {sure.what} better than {sure.bound:.4g}; "
                f"these have {sure.achieved:.4g}"
            )
        if self.budget is not None and len(picks) < self._frames(found):
            notes.append(
                f"the limits allow no more than these {len(picks):,} of "
                f"{self.budget + found.pins:,} frames"
            )
        certificate = None
        if sure is not None:
            certificate = {"what": sure.what, "achieved": sure.achieved, "bound": sure.bound}
        entries = {"certificate": certificate, "notes": notes}
        return tables.footer_entries(entries)


_NOTES = f"{tables.PREFIX}notes".encode()


def _reviewed(found: Pool, picks: Picks) -> list[str]:
    """What became of a reviewer's words."""
    said = found.said
    counts = [
        (
            int(found.objected.sum()),
            "near-duplicate may be chosen after all: the reviewer says that it is none",
            "near-duplicates may be chosen after all: the reviewer says that they are none",
        ),
        (
            len(said.declined),
            "frame is not chosen: the reviewer rejected it",
            "frames are not chosen: the reviewer rejected them",
        ),
        (
            len(found.candidates.fixed),
            "frame comes first: the reviewer pinned or kept it",
            "frames come first: the reviewer pinned or kept them",
        ),
        (
            said.gone,
            "pinned frame is missing: it is no longer looked at (frames.sample)",
            "pinned frames are missing: they are no longer looked at (frames.sample)",
        ),
    ]
    told = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    return [*told, *picks.lowered]
