"""Export: the picks as full-resolution pictures, decoded again by exact pts, with their tables."""

from __future__ import annotations

import json
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.csv
from pydantic import BaseModel, ConfigDict, Field

from framesel.catalog import Catalog
from framesel.errors import MediaError
from framesel.rounds.state import Round
from framesel.stage import Outcome, Say, Task
from framesel.stages.footage import Video
from framesel.workspace import Workspace, write_bytes, write_json, write_table


class ExportSettings(BaseModel):
    """How the pictures of the picks are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["jpg", "png"] = Field("jpg", description="jpg, or png without loss")
    jpeg_quality: Annotated[int, Field(ge=50, le=100)] = Field(95, description="of jpg")
    classes: tuple[str, ...] = Field((), description="class names for the COCO and YOLO skeletons")


@dataclass(frozen=True)
class Pictures:
    """The picks of one video that one worker decodes."""

    video_no: int
    names: tuple[tuple[int, str], ...]
    """(pts, file name)"""
    poison: str = ""

    @property
    def key(self) -> str:
        """A short name for logs."""
        return f"video-{self.video_no}"

    def without(self, index: int, reason: str) -> Pictures:
        """The video killed its worker: nothing more can be had from it."""
        del index
        return Pictures(self.video_no, self.names, reason)


@dataclass(frozen=True)
class ExportTask:
    """Decodes picks and writes their pictures; those that exist are not written again."""

    root: Path
    folder: Path
    settings: ExportSettings
    decoder: str
    title: str = "export"

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
            say(0, len(work.names))
            return Outcome(work.key, len(work.names), tuple(errors), time.monotonic() - began)

        return one

    def _failure(self, row: dict[str, Any], work: Pictures) -> str:
        """Writes the pictures; returns what went wrong, or nothing."""
        try:
            self._write(Video.of(row, self.decoder), work)
        except MediaError as error:
            return str(error).removeprefix(f"{row['path']}: ")
        return ""

    def _write(self, video: Video, work: Pictures) -> None:
        from framesel.video import jpeg, png

        missing = {p: n for p, n in work.names if not (self.folder / "images" / n).exists()}
        for frame in video.fetch(sorted(missing)) if missing else ():
            if self.settings.format == "png":
                content = png.encode(frame.image)
            else:
                content = jpeg.encode(frame.image, self.settings.jpeg_quality, long_side=None)
            write_bytes(self.folder / "images" / missing[frame.pts], content)


RunExport = Callable[[Task, Sequence[Pictures]], Iterable[Outcome]]


def export(
    workspace: Workspace, this: Round, settings: ExportSettings, decoder: str, run: RunExport
) -> list[dict[str, Any]]:
    """Writes ``rounds/NNNN/export``; what an interrupted export wrote is kept and completed.

    Returns:
        Error rows of picks that could not be decoded again.
    """
    target = this.folder(workspace) / "export"
    identity = {"selection": this.selection, **settings.model_dump(mode="json")}
    if _identity(target) == identity:
        return []
    partial = target.with_name("export.partial")
    if _identity(partial) != identity:
        shutil.rmtree(partial, ignore_errors=True)
        write_json(partial / "export.json", identity)
    picks = named(workspace, this.picks(workspace), settings.format)
    task = ExportTask(workspace.root, partial, settings, decoder)
    errors = [e for outcome in run(task, list(_by_video(picks))) for e in outcome.errors]
    write_lists(partial, picks, settings.classes)
    if target.exists():
        old = target.with_name("export.old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(target.with_name("export.old"), ignore_errors=True)
    return errors


def named(workspace: Workspace, picks: pa.Table, suffix: str) -> pa.Table:
    """Adds to each pick its picture's name, its video's path, and the sidecar's columns."""
    videos = Catalog(workspace).videos
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


def _identity(folder: Path) -> Any:
    try:
        return json.loads((folder / "export.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _by_video(picks: pa.Table) -> Iterator[Pictures]:
    columns = ("video_no", "pts", "image")
    rows = sorted(zip(*(picks[c].to_pylist() for c in columns), strict=True))
    for video_no, group in groupby(rows, key=lambda r: r[0]):
        yield Pictures(video_no, tuple((pts, name) for _, pts, name in group))


def write_lists(folder: Path, picks: pa.Table, classes: Sequence[str]) -> None:
    """picks.parquet and picks.csv, and skeletons that hold pictures without any label."""
    there = (
        {p.name for p in (folder / "images").iterdir()} if (folder / "images").exists() else set()
    )
    picks = picks.filter(pa.array([n in there for n in picks["image"].to_pylist()], pa.bool_()))
    write_table(folder / "picks.parquet", picks.schema, picks.combine_chunks().to_batches())
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(_flat(picks), sink)
    write_bytes(folder / "picks.csv", sink.getvalue().to_pybytes())
    write_json(folder / "coco.json", _coco(picks, classes))
    write_bytes(folder / "data.yaml", _yolo(classes).encode())
    (folder / "labels").mkdir(exist_ok=True)


def _flat(picks: pa.Table) -> pa.Table:
    """The same with texts in place of the parts of the gain: CSV has no maps."""
    if "terms" not in picks.column_names:
        return picks
    texts = ["; ".join(f"{k} {v:.6g}" for k, v in terms) for terms in picks["terms"].to_pylist()]
    place = picks.column_names.index("terms")
    return picks.set_column(place, "terms", pa.array(texts, pa.string()))


def _coco(picks: pa.Table, classes: Sequence[str]) -> dict[str, Any]:
    columns = ("rank", "image", "width", "height")
    return {
        "info": {"description": "Frames chosen for labelling. None is labelled yet."},
        "images": [
            {"id": rank, "file_name": f"images/{image}", "width": width, "height": height}
            for rank, image, width, height in zip(
                *(picks[c].to_pylist() for c in columns), strict=True
            )
        ],
        "annotations": [],
        "categories": [{"id": n, "name": name} for n, name in enumerate(classes, 1)],
    }


def _yolo(classes: Sequence[str]) -> str:
    import yaml

    head = (
        "# Ultralytics layout of the frames chosen for labelling. Put one text file per picture\n"
        "# into labels/. YOLO takes a picture without a text file for background: label all of\n"
        "# them before you train.\n"
    )
    return head + str(yaml.safe_dump({"train": "images", "names": dict(enumerate(classes))}))
