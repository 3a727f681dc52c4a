"""A reviewer for tests: says things of picks and of frames that were left out."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from framesel import exporting
from framesel.rounds import decisions, state
from framesel.rounds.decisions import Decision, Key, Kind
from framesel.workspace import Workspace
from tests.pipeline.conftest import Recorder
from tests.resume.faults import Inline
from tests.rounds.said import keys_of


@dataclass
class Reviewer:
    """Writes decisions about the open round."""

    workspace: Workspace

    def say(self, kind: Kind, key: Key | None = None, **more: Any) -> Decision:
        """Writes one decision down."""
        video_no, pts = (None, None) if key is None else key
        number = state.current(self.workspace).number
        told = Decision(round=number, kind=kind, video_no=video_no, pts=pts, **more)
        return decisions.append(self.workspace, told)

    def reject(self, key: Key, instead: Key | None = None) -> Decision:
        """Rejects a pick, for a frame that was left out."""
        row = None if instead is None else self.row(instead)
        return self.say("reject", key, text="too dark", row=row)

    def picks(self) -> list[Key]:
        """The picks as they are now."""
        return keys_of(state.current(self.workspace).picks(self.workspace))

    def others(self) -> list[Key]:
        """Frames that were outvoted, in the order of the table."""
        folder = state.current(self.workspace).selection
        table = pq.read_table(
            self.workspace.root / str(folder) / "left_out.parquet", partitioning=None
        )
        return keys_of(table.filter(pa.compute.equal(table["why"].cast(pa.string()), "outvoted")))

    def row(self, key: Key) -> dict[str, Any]:
        """A row of the selection for a frame that is not in it."""
        for path in sorted(self.workspace.root.glob("frames/*/s*.parquet")):
            table = pq.read_table(path, columns=["video_no", "pts", "index", "t_s"])
            for row in table.to_pylist():
                if (row["video_no"], row["pts"]) == key:
                    told = {"rank": 1, "mass": 1.0, "terms": [], "reason": "in place of another"}
                    return {**row, **told, "source": "", "limit": "", "revived": False}
        raise LookupError(key)

    def export(self) -> Recorder:
        """Exports what is chosen now."""
        watch = Recorder()
        assert exporting.export_now(self.workspace, watch, Inline) == []
        return watch

    def listed(self) -> list[dict[str, Any]]:
        """What the export of the open round lists."""
        folder = state.current(self.workspace).folder(self.workspace) / "export"
        rows: list[dict[str, Any]] = pq.read_table(
            folder / "picks.parquet", partitioning=None
        ).to_pylist()
        return rows
