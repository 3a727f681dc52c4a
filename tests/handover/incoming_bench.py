"""A workspace that knows its videos, a handover by hand, and labels that come in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.handover.incoming import How, Taken, take
from framesel.handover.known_frames import KnownFrames
from framesel.labels import tables
from framesel.labels.labels import Key, box_row
from framesel.rounds import state
from framesel.workspace import Workspace, write_json, write_table
from tests.resume.faults import Silent
from tests.rounds.said import picks
from tests.sharing import shared

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

DOG = Box("dog", 10, 10, 30, 30)


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory, footage: Truth) -> Path:
    """A workspace that knows its videos and did nothing else; nobody may change it."""

    def make(folder: Path) -> Path:
        return scan(folder / "ws", footage.folder).root

    return shared(tmp_path_factory, "scanned", make)


@pytest.fixture
def into(tmp_path: Path, scanned: Path) -> Incoming:
    """A copy of it that labels may come into."""
    shutil.copytree(scanned, tmp_path / "ws")
    return Incoming(Workspace.open(tmp_path / "ws"))


@dataclass
class Incoming:
    """A workspace, and short ways to do things with it."""

    workspace: Workspace

    def times(self, video_no: int) -> list[int]:
        """pts of all frames of a video."""
        found: list[int] = KnownFrames(self.workspace)._times_of(video_no).tolist()
        return found

    def name(self, key: Key, suffix: str = "jpg") -> str:
        """A frame's picture as exports name it."""
        return f"{KnownFrames(self.workspace).stem(*key)}.{suffix}"

    def size(self, key: Key) -> tuple[int, int]:
        """Of a frame."""
        known = KnownFrames(self.workspace).frame(*key)
        return known.width, known.height

    def hand_out(
        self,
        pictures: Sequence[Mapping[str, Any]],
        guesses: Mapping[Key, Sequence[Box]] | None = None,
        classes: Sequence[str] = ("dog", "cat"),
        number: int = 1,
        round_no: int | None = 1,
    ) -> None:
        """Writes a handover of pictures: ``key``, and what differs from the plain."""
        folder = self.workspace.handover(number)
        told = {
            "format": 1,
            "identity": str(number),
            "title": "round 1",
            "purpose": "label",
            "classes": [{"name": n, "color": "#ff0000", "feeds": []} for n in classes],
            "guesses": guesses is not None,
            "errors": [],
            "missing": 0,
            "round": round_no,
        }
        rows = [self._row(rank, one) for rank, one in enumerate(pictures, 1)]
        drawn = [
            {"video_no": key[0], "pts": key[1], **box_row(box)}
            for key, boxes in (guesses or {}).items()
            for box in boxes
        ]
        for name, schema, content in (
            ("pictures", tables.HANDED, rows),
            ("boxes", tables.GUESSES, drawn),
        ):
            batch = pa.RecordBatch.from_pylist(content, schema=schema)
            write_table(folder / f"{name}.parquet", schema, [batch])
        write_json(folder / "handover.json", told)

    def _row(self, rank: int, one: Mapping[str, Any]) -> dict[str, Any]:
        key: Key = one["key"]
        width, height = self.size(key)
        plain = {"name": self.name(key), "video_no": key[0], "pts": key[1], "rank": rank}
        more = {"index": 0, "t_s": 0.0, "video": "", "sha256": "", "context_of": "", "fields": []}
        given = {name: value for name, value in one.items() if name != "key"}
        return {**plain, "width": width, "height": height, **more, **given}

    def open_round(self, *keys: Key) -> None:
        """An open round with these picks."""
        table: pa.Table = picks(*keys)
        path = self.workspace.root / "selection/abc/all.parquet"
        write_table(path, table.schema, table.to_batches())
        state.save(self.workspace, state.Round(1, selection="selection/abc"))

    def take(
        self, *pictures: LabelledPicture, reviewed: str = "auto", how: How | None = None
    ) -> Taken:
        """Labels come in."""
        returned = Returned("coco", ("dog", "cat"), pictures)
        return take(self.workspace, returned, "labels.json", reviewed, Silent(), how)


def picture(name: str, *boxes: Box, **more: Any) -> LabelledPicture:
    """What labels say of one picture."""
    return LabelledPicture(name, boxes, **more)


def scan(folder: Path, footage: Path) -> Workspace:
    """A workspace that has looked at what there is, and no further."""
    from framesel import recipe as recipes
    from framesel.pipeline import Pipeline
    from framesel.sources import expand
    from tests.resume.faults import Inline

    workspace, chosen = Workspace.create(folder), recipes.load(None, [])
    files = expand([str(footage)], sequence=chosen.catalog.sequence)
    Pipeline(workspace, chosen, Silent(), Inline).run(files, before="frames")
    return workspace
