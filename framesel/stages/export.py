"""Export: the picks as full-resolution pictures, decoded again by exact pts, with their tables."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from framesel.catalog import Catalog
from framesel.errors import MediaError, WorkspaceError
from framesel.rounds.decision import Box
from framesel.rounds.review import reviewed
from framesel.rounds.state import Round
from framesel.stages.export_lists import boxes, write_lists
from framesel.stages.export_reuse import identity_of, take_over
from framesel.stages.footage import Video
from framesel.task import Outcome, Say, Takes, Task
from framesel.workspace import Workspace, write_bytes, write_json


class ExportSettings(BaseModel):
    """How the pictures of the picks are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["jpg", "png"] = Field("jpg", description="jpg, or png without loss")
    jpeg_quality: Annotated[int, Field(ge=50, le=100)] = Field(95, description="of jpg")

    @model_validator(mode="before")
    @classmethod
    def _classes_moved(cls, given: Any) -> Any:
        """Recipes of older workspaces hold an empty list of classes here."""
        if not isinstance(given, dict) or "classes" not in given:
            return given
        if given["classes"]:
            raise ValueError("classes are named in a section of their own: `classes: [...]`")
        return {name: value for name, value in given.items() if name != "classes"}


@dataclass(frozen=True)
class Picture:
    """One pick that becomes a file."""

    pts: int
    name: str
    blurs: tuple[Box, ...]
    """What must not be seen in it."""
    region: str = ""
    """The part of it that counts, as ``Region`` writes it; empty: all of it."""


@dataclass(frozen=True)
class Pictures:
    """The picks of one video that one worker decodes."""

    video_no: int
    picks: tuple[Picture, ...]
    poison: str = ""

    @property
    def key(self) -> str:
        """A short name for logs."""
        return f"video-{self.video_no}"

    def without(self, index: int, reason: str) -> Pictures:
        """The video killed its worker: nothing more can be had from it."""
        del index
        return Pictures(self.video_no, self.picks, reason)


@dataclass(frozen=True)
class ExportTask:
    """Decodes picks and writes their pictures; those that exist are not written again."""

    root: Path
    folder: Path
    settings: ExportSettings
    decoder: str
    takes: ClassVar[Takes] = Takes(gb=0.5, here=True)
    title: str = "export"
    long_px: int | None = None
    """Pictures with a longer long side are shrunk to it."""

    def open(self) -> Callable[[Pictures, Say], Outcome]:
        """Returns the function that exports one video's picks."""
        videos = Catalog(Workspace(self.root)).videos

        def one(work: Pictures, say: Say) -> Outcome:
            began = time.monotonic()
            say(0, 0)
            errors: list[dict[str, Any]] = []
            row = videos[work.video_no]
            failed = work.poison or self._failure(row, work)
            if failed:
                place = {"stage": "export", "video_no": work.video_no, "start_pts": None}
                errors.append({**place, "path": row["path"], "error": failed})
            say(0, len(work.picks))
            return Outcome(work.key, len(work.picks), tuple(errors), time.monotonic() - began)

        return one

    def left(self, work: Pictures) -> Pictures:
        """What is not written yet."""
        images = self.folder / "images"
        return replace(work, picks=tuple(p for p in work.picks if not (images / p.name).exists()))

    def _failure(self, row: dict[str, Any], work: Pictures) -> str:
        """Writes the pictures; returns what went wrong, or nothing."""
        try:
            self._write(Video.of(row, self.decoder), work)
        except MediaError as error:
            return str(error).removeprefix(f"{row['path']}: ")
        return ""

    def _write(self, video: Video, work: Pictures) -> None:
        from framesel.video import jpeg, png
        from framesel.video.blur import blurred
        from framesel.video.regions import Region

        missing = {p.pts: p for p in self.left(work).picks}
        for frame in video.fetch(sorted(missing)) if missing else ():
            pick = missing[frame.pts]
            image = blurred(frame.image, pick.blurs)
            if pick.region:
                image = Region.from_json(pick.region).apply(image)
            if self.settings.format == "png":
                content = png.encode(jpeg.shrink(image, self.long_px))
            else:
                content = jpeg.encode(image, self.settings.jpeg_quality, self.long_px)
            write_bytes(self.folder / "images" / pick.name, content)


RunExport = Callable[[Task, Sequence[Pictures]], Iterable[Outcome]]


def export(
    workspace: Workspace, this: Round, settings: ExportSettings, decoder: str, run: RunExport
) -> list[dict[str, Any]]:
    """Writes ``rounds/NNNN/export``; what an interrupted export wrote is kept and completed.

    The picks are those that a reviewer left. Pictures of an earlier export that show the same are
    taken over, and so are label files that people put there.

    Returns:
        Error rows of picks that could not be decoded again.

    Raises:
        WorkspaceError: The round has no picks, or one of a video that is not in the catalog.
    """
    target = this.folder(workspace) / "export"
    old = target.with_name("export.old")
    if old.exists() and not target.exists():
        old.rename(target)  # killed between two renames
    found = listed(workspace, this, settings.format)
    identity = _identified(this, settings, found)
    if identity_of(target) == identity:
        return []
    partial = target.with_name("export.partial")
    if identity_of(partial) != identity:
        shutil.rmtree(partial, ignore_errors=True)
        write_json(partial / "export.json", identity)
    take_over(target, partial, found.picks)
    task = ExportTask(workspace.root, partial, settings, decoder)
    work = [w for each in _by_video(found.picks) if (w := task.left(each)).picks]
    errors = [e for outcome in run(task, work) for e in outcome.errors] if work else []
    write_lists(partial, found.picks)
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return errors


def up_to_date(workspace: Workspace, this: Round, settings: ExportSettings) -> bool:
    """Whether a round's export holds its picks as they are now."""
    identity = _identified(this, settings, listed(workspace, this, settings.format))
    return bool(identity_of(this.folder(workspace) / "export") == identity)


@dataclass(frozen=True)
class Listed:
    """A round's picks as an export lists them.

    Attributes:
        picks: Reviewed and named; ``blurs`` holds what must not be seen, as JSON, mostly empty.
        review: A digest of what a reviewer changed; empty if nothing.
    """

    picks: pa.Table
    review: str


def listed(workspace: Workspace, this: Round, suffix: str) -> Listed:
    """Looks up what is to be exported.

    Raises:
        WorkspaceError: The round has no picks, or one of a video that is not in the catalog.
    """
    verdicts = this.verdicts(workspace)
    chosen = this.selected(workspace)
    picks = reviewed(chosen, verdicts)
    keys = zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True)
    blurs = [json.dumps(verdicts.blurs[key]) if key in verdicts.blurs else "" for key in keys]
    picks = picks.append_column("blurs", pa.array(blurs, pa.string()))
    return Listed(named(workspace, picks, suffix), _review(chosen, picks))


def _review(chosen: pa.Table, picks: pa.Table) -> str:
    said = picks.select(["video_no", "pts", "verdict", "tags", "blurs"]).to_pylist()
    plain = [
        {**key, "verdict": "", "tags": [], "blurs": ""}
        for key in chosen.select(["video_no", "pts"]).to_pylist()
    ]
    return "" if said == plain else hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _identified(this: Round, settings: ExportSettings, found: Listed) -> dict[str, Any]:
    """What makes an export what it is. Where nobody reviewed, selection and settings say it all."""
    identity = {"selection": this.selection, **settings.model_dump(mode="json")}
    return {**identity, "review": found.review} if found.review else identity


def named(workspace: Workspace, picks: pa.Table, suffix: str) -> pa.Table:
    """Adds to each pick its picture's name, its video's path, and the sidecar's columns."""
    videos = Catalog(workspace).videos
    unknown = sorted(set(picks["video_no"].to_pylist()) - set(videos))
    if unknown:
        raise WorkspaceError(
            f"a frame of video {unknown[0]} is to be exported, and the catalog of {workspace.root} "
            "knows no such video: take back the decision that names it "
            "(`framesel decisions` lists them)"
        )
    rows = [videos[v] for v in picks["video_no"].to_pylist()]
    names = [
        picture_name(Path(row["path"]), v, p, t, suffix)
        for row, v, p, t in zip(
            rows, *(picks[c].to_pylist() for c in ("video_no", "pts", "t_s")), strict=True
        )
    ]
    picks = picks.append_column("image", pa.array(names, pa.string()))
    picks = picks.append_column("video", pa.array([r["path"] for r in rows], pa.string()))
    for kind in ("width", "height"):
        picks = picks.append_column(kind, pa.array([r[kind] for r in rows], pa.int32()))
    extra = sorted({c for r in rows for c in r.get("metadata", {})} - set(picks.column_names))
    for name in extra:
        values = [r.get("metadata", {}).get(name) for r in rows]
        picks = picks.append_column(name, pa.array(values, pa.string()))
    return picks


def picture_name(video: Path, video_no: int, pts: int, t_s: float, suffix: str) -> str:
    """A name that is unique, says video and time, and is safe on every file system."""
    plain = unicodedata.normalize("NFKD", video.stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-_")[:60] or "video"
    whole, ms = divmod(max(0, round(t_s * 1000)), 1000)
    clock = f"{whole // 3600:02d}h{whole // 60 % 60:02d}m{whole % 60:02d}s{ms:03d}"
    return f"{slug}_v{video_no:06d}_{clock}_pts{pts}.{suffix}"


def _by_video(picks: pa.Table) -> Iterator[Pictures]:
    columns = ("video_no", "pts", "image", "blurs")
    rows = sorted(zip(*(picks[c].to_pylist() for c in columns), strict=True))
    for video_no, group in groupby(rows, key=lambda r: r[0]):
        found = (Picture(pts, name, boxes(blurs)) for _, pts, name, blurs in group)
        yield Pictures(video_no, tuple(found))
