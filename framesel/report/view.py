"""One selection of a workspace, opened for reading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import chosen, recipe, tables
from framesel.catalog import Catalog
from framesel.chosen import Chosen
from framesel.errors import WorkspaceError
from framesel.report import readable
from framesel.report.boxes import Box, StoredBoxes
from framesel.report.fates import FATES, Fates
from framesel.report.frames import Frames
from framesel.report.pixels import Pixels
from framesel.report.vectors import FrameVectors
from framesel.rounds import decisions, state
from framesel.rounds.decisions import Verdicts
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.footage import Image
from framesel.stages.texts import Texts
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.stages.sightings import Counts

__all__ = ["FATES", "VideoRow", "View", "stage_keys"]

Ints = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class VideoRow:
    """One video that has frames."""

    no: int
    name: str
    folder: str
    kind: str
    duration_s: float | None
    frames: int
    picks: int
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class View:
    """One selection with all that is known of its frames; everything is read when asked for.

    Attributes:
        workspace: Where it lies.
        catalog: The videos.
        chosen: The selection.
        keys: Folder of each stage that it was made from.
        frames: All frames that are there now.
        pixels: Their pictures.
        fates: What the selection made of them.
    """

    workspace: Workspace
    catalog: Catalog
    chosen: Chosen
    keys: Mapping[str, str]
    frames: Frames
    pixels: Pixels
    fates: Fates

    @classmethod
    def of(cls, workspace: Workspace, name: str | None = None) -> View:
        """Opens a selection.

        Args:
            workspace: Where it lies.
            name: Round, or beginning of its folder's name; None for that of the latest round.

        Raises:
            UsageError: There is none of that name, or several.
            WorkspaceError: Nothing was chosen yet, or tables are missing or damaged.
        """
        found = chosen.find(workspace, name)
        catalog = Catalog(workspace)
        keys = stage_keys(workspace, found)
        readable.check(workspace, found, keys)
        frames = Frames.read(workspace, catalog, keys["frames"])
        decoder = recipe.load(workspace.recipe).frames.decoder
        pixels = Pixels(workspace, catalog, frames, keys["frames"], decoder)
        return cls(workspace, catalog, found, keys, frames, pixels, Fates(frames, found))

    def again(self) -> View:
        """The same selection, its picks and the reviewer's decisions read anew; frames are kept."""
        return replace(self, chosen=Chosen(self.chosen.name, self.chosen.folder))

    @cached_property
    def round(self) -> state.Round | None:
        """The round that has this selection; None if it is of none."""
        numbers = {f"round {r.number}": r for r in state.rounds(self.workspace)}
        return numbers.get(self.chosen.name)

    @cached_property
    def recipe(self) -> recipe.Recipe:
        """That of the last run."""
        return recipe.load(self.workspace.recipe)

    @cached_property
    def verdicts(self) -> Verdicts:
        """What a reviewer said, in this round or before."""
        if self.round is None:
            return decisions.verdicts(decisions.read(self.workspace))
        return self.round.verdicts(self.workspace)

    @cached_property
    def picks(self) -> pa.Table:
        """By rank, as reviewed."""
        return self.chosen.picks if self.round is None else self.round.picks(self.workspace)

    @cached_property
    def pick_list(self) -> list[dict[str, Any]]:
        """The same, a dictionary each."""
        found: list[dict[str, Any]] = self.picks.to_pylist()
        return found

    @property
    def left_out(self) -> pa.Table:
        """Why the others were not chosen."""
        return self.chosen.left_out

    @property
    def strategy(self) -> str:
        """Name of the strategy."""
        return str(self.chosen.identity["fields"]["strategy"]["name"])

    @cached_property
    def pick_rows(self) -> Ints:
        """(k,) rows of the picks by rank; -1 for those whose video is gone."""
        return self.frames.rows_of(self.picks["video_no"].to_numpy(), self.picks["pts"].to_numpy())

    @cached_property
    def rank(self) -> npt.NDArray[np.int32]:
        """(n,) rank of picks, 0 for the others."""
        rank = np.zeros(len(self.frames), np.int32)
        rank[self.pick_rows[self.pick_rows >= 0]] = (
            np.flatnonzero(self.pick_rows >= 0).astype(np.int32) + 1
        )
        return rank

    @cached_property
    def fate(self) -> npt.NDArray[np.uint8]:
        """(n,) position in ``FATES``."""
        declined = np.array(sorted(self.verdicts.rejected), np.int64).reshape(-1, 2)
        rows = self.frames.rows_of(declined[:, 0], declined[:, 1])
        return self.fates.reviewed(self.pick_rows, rows)

    @property
    def keeper(self) -> npt.NDArray[np.int32]:
        """(n,) row of who stands for a duplicate, or of the chosen frame one is most like; -1."""
        return self.fates.keeper

    @property
    def detail(self) -> Texts:
        """(n,) which fault or limit each frame was left out for; empty for most."""
        return self.fates.detail

    @cached_property
    def vectors(self) -> FrameVectors:
        """(n, d) unit rows; zeros for frames that have none."""
        return FrameVectors.read(self.inputs, self.frames, self.run)

    @cached_property
    def utility(self) -> F32 | None:
        """(n,) how much a label would teach, nan where it is not known; None without a detector."""
        if "scores" not in self.keys:
            return None
        table = self.inputs.table("scores", ["video_no", "pts", self.utility_name])
        rows = self.frames.rows_of(table["video_no"].to_numpy(), table["pts"].to_numpy())
        values = np.full(len(self.frames), np.nan, np.float32)
        values[rows[rows >= 0]] = table[self.utility_name].to_numpy()[rows >= 0]
        return values

    @property
    def utility_name(self) -> str:
        """The column of the scores that weighted the frames."""
        name = str(self.chosen.identity["fields"].get("utility", "utility"))
        return "utility" if name in ("auto", "none") else name

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the detector's classes; none without a detector."""
        return () if self._boxes is None else self._boxes.layout.classes

    @cached_property
    def class_counts(self) -> Counts | None:
        """(n, C) confident boxes of each class; None without a detector."""
        if self._boxes is None:
            return None
        from framesel.stages.gathered import Dataset
        from framesel.stages.sightings import Seen

        mine = {name: self.frames.columns[name] for name in ("video_no", "pts")}
        data = Dataset(mine, np.empty((len(self.frames), 0), np.float32))
        return Seen.of(self.inputs, data, bulky=False).class_counts()

    def boxes(self, rows: Sequence[int], least: float = 0.25) -> list[list[Box]]:
        """What the detector sees in some frames; nothing without a detector."""
        return [[] for _ in rows] if self._boxes is None else self._boxes.of(rows, least)

    def jpeg(self, row: int) -> bytes | None:
        """The stored picture of a frame, see ``Pixels.jpeg``."""
        return self.pixels.jpeg(row)

    def picture(self, row: int) -> Image:
        """The frame at full resolution, see ``Pixels.picture``."""
        return self.pixels.picture(row)

    def video_name(self, video_no: int) -> str:
        """File name of a video."""
        return Path(self.catalog.videos[video_no]["path"]).name

    @cached_property
    def videos(self) -> list[VideoRow]:
        """Every video that has frames, by number."""
        numbers, counts = np.unique(self.frames.video_no, return_counts=True)
        at = np.searchsorted(numbers, self.frames.video_no[self.rank > 0])
        picks = np.bincount(at, minlength=len(numbers))
        return [
            self._video(int(no), int(frames), int(k))
            for no, frames, k in zip(numbers, counts, picks, strict=True)
        ]

    def _video(self, no: int, frames: int, picks: int) -> VideoRow:
        row = self.catalog.videos[no]
        path = Path(row["path"])
        told = {k: str(v) for k, v in row.get("metadata", {}).items() if v is not None}
        return VideoRow(
            no, path.name, path.parent.name, row["kind"], row["duration_s"], frames, picks, told
        )

    @property
    def inputs(self) -> GatherInputs:
        """What gathering stages would read."""
        empty = state.already(self.workspace)
        return GatherInputs(self.workspace, self.keys, self.catalog, empty)

    @property
    def run(self) -> RunSettings:
        """What the last run was allowed to take."""
        return self.recipe.run

    @cached_property
    def _boxes(self) -> StoredBoxes | None:
        if "detections" not in self.keys:
            return None
        return StoredBoxes(self.workspace, self.catalog, self.frames, self.keys["detections"])


def stage_keys(workspace: Workspace, selection: Chosen) -> dict[str, str]:
    """Folders of the stages that a selection was made from.

    Raises:
        WorkspaceError: One of them is gone, or the selection is damaged.
    """
    path = selection.folder / "all.parquet"
    try:
        told: dict[str, str] | None = tables.footer(path).get("inputs")
        needs = {str(k): str(v) for k, v in (told or selection.identity["needs"]).items()}
    except (OSError, pa.ArrowInvalid, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}): `framesel run` once more") from None
    return {name: _folder(workspace, name, key) for name, key in needs.items()}


def _folder(workspace: Workspace, name: str, key: str) -> str:
    """The folder of a stage by its key, or by its fingerprint alone: then the newest."""
    if workspace.stage(name, key).is_dir():
        return key
    parent = workspace.stage(name, key).parent
    found = sorted(parent.glob(f"{key}-*/all.parquet"), key=lambda p: p.stat().st_mtime_ns)
    if not found:
        raise WorkspaceError(
            f"{parent / key} is gone, and the selection was made from it: `framesel run` once more"
        )
    return found[-1].parent.name
