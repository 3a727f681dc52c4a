"""`framesel why`: the reason for one frame, chosen or left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from framesel import planning
from framesel.catalog import Catalog
from framesel.chosen import Chosen
from framesel.frame_names import Found, Frame, find
from framesel.overtaken import Outvoted, Replay, replayed
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.rounds.decision import Key
from framesel.rounds.verdicts import Verdicts
from framesel.selection.picks import FIXED
from framesel.stages.reviewer import NO_DUPLICATE
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Why:
    """Answers for the frames of one selection."""

    workspace: Workspace
    catalog: Catalog
    chosen: Chosen
    verdicts: Verdicts = field(default_factory=Verdicts)
    """What a reviewer said of the round, before the selection and since."""
    replay: Replay | None = None
    """What a frame would have added; None where the strategy maximises nothing."""

    def lines(self, found: Found) -> Iterator[str]:
        """What became of a frame, for a person."""
        frame = found.frame
        if not found.exact:
            yield (
                "that frame was not looked at (frames.sample); "
                f"the nearest is {self._name(frame.video_no, frame.pts, frame.t_s)}"
            )
        yield from self._chosen_or_not(frame)
        yield from (
            f"  reviewer    {words}" for words in self._reviewer((frame.video_no, frame.pts))
        )

    def _chosen_or_not(self, frame: Frame) -> Iterator[str]:
        pick = self._row(self.chosen.picks, frame.video_no, frame.pts)
        if pick is not None:
            yield from self._picked(pick)
            return
        row = self._row(self.chosen.left_out, frame.video_no, frame.pts)
        name = self._name(frame.video_no, frame.pts, frame.t_s)
        if row is None:
            yield f"{name} was not there when {self.chosen.name} was chosen: `framesel run` again"
            return
        yield from self._left_out(name, row)

    def _reviewer(self, key: Key) -> Iterator[str]:
        """What a person said of a frame."""
        said = self.verdicts
        if key in said.rejected:
            remark = said.remarks.get(key)
            yield f"rejected it: {remark}" if remark else "rejected it"
            if (row := said.replacements.get(key)) is not None:
                other = self._name(row["video_no"], row["pts"], row["t_s"])
                yield f"its place went to {other}: {row['reason']}"
        for gone, row in said.replacements.items():
            if (row["video_no"], row["pts"]) == key and key not in said.rejected:
                yield f"it has the place of {self._name(*gone)}, which was rejected"
        if key in said.pinned:
            yield "pinned it: it is picked on top of the budget"
        if key in said.kept:
            yield "keeps it"
        if key in said.not_duplicates:
            yield "says that it is no duplicate"
        if key in said.tags:
            yield f"tagged it {', '.join(said.tags[key])}"
        if key in said.blurs:
            count = len(said.blurs[key])
            yield f"hides {'a part' if count == 1 else f'{count} parts'} of it in the export"

    def _picked(self, pick: dict[str, Any]) -> Iterator[str]:
        total = self.chosen.picks.num_rows
        name = self._name(pick["video_no"], pick["pts"], pick["t_s"])
        sliced = pick["source"] not in ("", FIXED)
        slice_of = f", from the slice for {pick['source']}" if sliced else ""
        yield f"{name} is pick {pick['rank']} of {total} of {self.chosen.name}{slice_of}"
        yield f"  why         {pick['reason']}"
        if pick["terms"]:
            parts = ", ".join(f"{name} {value:.4g}" for name, value in pick["terms"])
            yield f"  gain        {pick['gain']:.4g} ({parts})"
        if pick["nearest_pts"] is not None:
            other = self._chosen(pick["nearest_video_no"], pick["nearest_pts"])
            yield f"  most like   {other}, at distance {pick['nearest_distance']:.3f}"
        yield f"  stands for  {self._mass(pick)}"
        if pick["revived"]:
            heard = pick["reason"].endswith(NO_DUPLICATE)
            why = NO_DUPLICATE if heard else "the detector sees something else in it"
            yield f"  revived     it was a near-duplicate; {why}"
        if pick["limit"]:
            yield f"  limit       better frames were refused: {pick['limit']}"

    def _mass(self, pick: dict[str, Any]) -> str:
        if pick["mass"] <= 1:
            return "itself"
        frames = f"{pick['mass']:.0f} frames that show nearly the same"
        if pick["span_start_s"] == pick["span_end_s"]:
            return f"{frames}, all others in other videos"
        return (
            f"{frames}, from {pick['span_start_s']:.2f} to {pick['span_end_s']:.2f} s of its video"
        )

    def _left_out(self, name: str, row: dict[str, Any]) -> Iterator[str]:
        other = ""
        if row["nearest_pts"] is not None:
            other = self._chosen(row["nearest_video_no"], row["nearest_pts"])
        if row["why"] == "rejected":
            yield f"{name} was rejected by the quality gate: {row['detail']} (duplicates.gate)"
        elif row["why"] == "declined":
            remark = f": {row['detail']}" if row["detail"] else ""
            yield f"{name} was rejected by the reviewer before the others were chosen{remark}"
        elif row["why"] == "holdout":
            yield (
                f"{name} is held out: no strategy may choose from its video, which tells how good "
                "a model is (`framesel holdout`)"
            )
        elif row["why"] == "earlier":
            yield f"{name} {self._earlier(row)}"
        elif row["why"] == "duplicate":
            yield f"{name} is a near-duplicate (duplicates.tau_cos)"
            yield f"  stands for it  {other}, at cosine {row['nearest_cos']:.4f}"
            keeper = self._row(self.chosen.left_out, row["nearest_video_no"], row["nearest_pts"])
            if keeper is not None:
                yield from (f"  {line}" for line in self._left_out(other, keeper))
        elif row["why"] == "limit":
            yield f"{name} was refused by a limit: {row['detail']}"
        else:
            yield f"{name} was left to others: what it would add fell below what they added"
        if other and row["why"] in ("limit", "outvoted"):
            distance = max(0.0, 2 - 2 * row["nearest_cos"]) ** 0.5
            yield f"  most like   {other}, at distance {distance:.3f}"
        if row["why"] == "outvoted" and self.replay is not None:
            yield from self._outvoted(self.replay(row["video_no"], row["pts"]))

    def _outvoted(self, told: Outvoted | None) -> Iterator[str]:
        """When others overtook it."""
        if told is None:
            return
        yield f"  would add   {told.now:.4g} now; the least that was bought is {told.least:.4g}"
        if told.rank is not None:
            pick = self.chosen.picks.slice(told.rank, 1).to_pylist()[0]
            name = self._name(pick["video_no"], pick["pts"], pick["t_s"])
            yield f"  overtaken   by pick {told.rank + 1}, {name}: until then it gained enough"

    def _chosen(self, video_no: int, pts: int) -> str:
        """A frame by name, and its rank where it is a pick."""
        pick = self._row(self.chosen.picks, video_no, pts)
        if pick is not None:
            return f"pick {pick['rank']}, {self._name(video_no, pts, pick['t_s'])}"
        return self._name(video_no, pts)

    def _name(self, video_no: int, pts: int, t_s: float | None = None) -> str:
        known = self.catalog.videos.get(video_no)
        name = f"video {video_no}" if known is None else Path(known["path"]).name
        return f"{name}@pts:{pts}" if t_s is None else f"{name}@{t_s:.3f}"

    def _earlier(self, row: dict[str, Any]) -> str:
        """Which earlier round picked a frame, if any did."""
        for this in state.rounds(self.workspace):
            picks = this.picks(self.workspace) if this.selection else None
            if picks is not None and self._row(picks, row["video_no"], row["pts"]) is not None:
                return f"was chosen in round {this.number}"
        return "is labelled already"

    @staticmethod
    def _row(table: pa.Table, video_no: int, pts: int) -> dict[str, Any] | None:
        same = pc.and_(pc.equal(table["video_no"], video_no), pc.equal(table["pts"], pts))
        rows: list[dict[str, Any]] = table.filter(same).to_pylist()
        return rows[0] if rows else None


def why(workspace: Workspace, recipe: Recipe, chosen: Chosen, frame: str) -> Iterator[str]:
    """What became of a frame and why, in lines for a person.

    Args:
        workspace: Where it was looked at.
        recipe: Of the last run: says which frames were looked at.
        chosen: The selection that is asked about.
        frame: ``VIDEO@SECONDS`` or ``VIDEO@pts:N``.

    Raises:
        UsageError: There is no such frame.
    """
    steps = planning.plan(workspace, recipe)
    keys = {step.name: step.key for step in steps}
    found = find(workspace, keys["frames"], frame)
    current = chosen.folder.name == keys["selection"]
    replay = replayed(workspace, steps[-1].stage, keys, recipe.run, chosen) if current else None
    this = chosen.round(workspace)
    said = Verdicts() if this is None else this.verdicts(workspace)
    return Why(workspace, Catalog(workspace), chosen, said, replay).lines(found)
