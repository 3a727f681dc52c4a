"""The frames of a workspace by all that may name them: handed pictures, videos, stills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import FrameselError, LabelsError, MediaError, UsageError
from framesel.handover.handed import Handed, handovers
from framesel.handover.known_names import basename, stem_of
from framesel.labels.labels import Key
from framesel.stages.export import picture_name
from framesel.storage.copies import near
from framesel.storage.place import Place, place
from framesel.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Known:
    """A frame, or a picture of it that was handed out.

    Attributes:
        key: Whose picture it is.
        width: Of the whole picture, in pixels.
        height: Likewise.
        handovers: Numbers of those that it was part of.
        digests: SHA-256 of the files that were handed out; none where none was.
        context_of: Name of the picture that it gives context to; empty for what is to be labelled.
    """

    key: Key
    width: int
    height: int
    handovers: tuple[int, ...] = ()
    digests: frozenset[str] = frozenset()
    context_of: str = ""


class KnownFrames:
    """All frames that labels may speak of. Videos are opened only when somebody asks.

    Attributes:
        workspace: Whose.
        catalog: Its videos.
        handovers: All that was handed out, oldest first.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.catalog = Catalog(workspace)
        self.handovers: list[Handed] = handovers(workspace)
        self._times: dict[int, npt.NDArray[np.int64]] = {}
        self._boxes: dict[int, dict[Key, list[Box]]] = {}

    @cached_property
    def by_stem(self) -> dict[str, Known]:
        """Handed pictures by their names without the ending."""
        found: dict[str, Known] = {}
        for handed in self.handovers:
            table = handed.table()
            names = ("name", "video_no", "pts", "width", "height", "sha256", "context_of")
            for name, video_no, pts, width, height, digest, context in zip(
                *(table[n].to_pylist() for n in names), strict=True
            ):
                before = found.get(stem_of(name))
                digests = before.digests if before else frozenset()
                numbers = before.handovers if before else ()
                found[stem_of(name)] = Known(
                    (video_no, pts),
                    width,
                    height,
                    (*numbers, handed.no),
                    digests | ({digest} if digest else set()),
                    context,
                )
        return found

    @cached_property
    def by_key(self) -> dict[Key, Known]:
        """Frames that were handed out to be labelled."""
        found: dict[Key, Known] = {}
        for one in self.by_stem.values():
            if not one.context_of:
                before = found.get(one.key, one)
                found[one.key] = Known(
                    one.key,
                    one.width,
                    one.height,
                    tuple(sorted({*before.handovers, *one.handovers})),
                    before.digests | one.digests,
                )
        return found

    def handed_boxes(self, key: Key) -> list[list[Box]]:
        """The boxes that went out with a frame, a list for each handover that it was part of."""
        found = []
        for handed in self.handovers:
            if handed.no not in self._boxes:
                self._boxes[handed.no] = handed.boxes()
            if key in self._boxes[handed.no]:
                found.append(self._boxes[handed.no][key])
        return found

    @cached_property
    def _numbers(self) -> dict[tuple[int, int], Key]:
        """Keys of frames that were handed out to be labelled, by video and number."""
        found: dict[tuple[int, int], Key] = {}
        for handed in self.handovers:
            table = handed.table()
            columns = (table[n].to_pylist() for n in ("video_no", "pts", "index"))
            for video_no, pts, index in zip(*columns, strict=True):
                if (video_no, pts) in self.by_key:
                    found[video_no, index] = (video_no, pts)
        return found

    def frame(self, video_no: int, pts: int) -> Known:
        """A frame of a video, handed out or not.

        Raises:
            LabelsError: There is none at that time, or nobody can tell.
        """
        if (video_no, pts) in self.by_key:
            return self.by_key[video_no, pts]
        row = self._row(video_no)
        times = self._times_of(video_no)
        at = int(np.searchsorted(times, pts))
        if at == len(times) or times[at] != pts:
            raise LabelsError(f"{row['path']} has no frame at pts {pts}")
        digests = self._digests(row, pts)
        return Known((video_no, pts), row["width"], row["height"], digests=digests)

    def numbered(self, video_no: int, index: int) -> Known:
        """A frame of a video by its number from 0.

        Raises:
            LabelsError: There is no such frame, or nobody can tell.
        """
        if (video_no, index) in self._numbers:
            return self.by_key[self._numbers[video_no, index]]
        times = self._times_of(video_no)
        if not 0 <= index < len(times):
            path = self._row(video_no)["path"]
            raise LabelsError(f"{path} has {len(times)} frames, none of the number {index}")
        return self.frame(video_no, int(times[index]))

    def index(self, video_no: int, pts: int) -> int:
        """Number of a frame in its video, from 0.

        Raises:
            LabelsError: Nobody can tell.
        """
        return int(np.searchsorted(self._times_of(video_no), pts))

    def count(self, video_no: int) -> int:
        """How many frames a video has.

        Raises:
            LabelsError: Nobody can tell.
        """
        return len(self._times_of(video_no))

    def video(self, name: str) -> int:
        """The number of the video that labels mean by a path or a name.

        Raises:
            LabelsError: There is none, or there are several.
        """
        told = f"no video is called {name!r}"
        for asked in dict.fromkeys((name, basename(name))):
            if asked.isdecimal():
                # to the catalog that is a number of its own, which nobody outside knows
                stems = ((no, Path(row["path"]).stem) for no, row in self.catalog.videos.items())
                named = [no for no, stem in stems if stem == asked]
                if len(named) == 1:
                    return named[0]
                continue
            try:
                return self.catalog.find(asked)
            except UsageError as error:
                told = str(error)
        raise LabelsError(told)

    def stem(self, video_no: int, pts: int) -> str:
        """The name that an export would give to a frame, without the ending.

        Raises:
            LabelsError: There is no such video.
        """
        row = self._row(video_no)
        step = Fraction(row["time_base_num"], row["time_base_den"])
        t_s = float((pts - row["first_pts"]) * step)
        return stem_of(picture_name(Path(row["path"]), video_no, pts, t_s, "jpg"))

    def still(self, name: str) -> Known | None:
        """A still picture of the workspace by its file's name, with folders where those decide.

        Another ending is no other picture, unless one of the right ending is there.

        Raises:
            LabelsError: Several are called so.
        """
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts:
            return None
        alike = self._stills.get(stem_of(name), [])
        exact = [one for one in alike if one[0].name == parts[-1]] or alike
        shared = [_shared(path.parent.parts, parts[:-1]) for path, *_ in exact]
        best = [one for one, n in zip(exact, shared, strict=True) if n == max(shared)]
        if len(best) > 1:
            listed = ", ".join(str(path) for path, *_ in best[:3])
            raise LabelsError(f"could be any of {listed}: give it with its folder")
        return self.frame(*best[0][1:]) if best else None

    @cached_property
    def _stills(self) -> dict[str, list[tuple[Place, int, int]]]:
        """Path, video and pts of still pictures, by stem."""
        found: dict[str, list[tuple[Place, int, int]]] = {}
        for video_no in sorted(self.catalog.live):
            for pts, path in enumerate(self._pictures(self.catalog.videos[video_no])):
                found.setdefault(stem_of(path.name), []).append((path, video_no, pts))
        return found

    def _pictures(self, row: dict[str, Any]) -> Iterator[Place]:
        from framesel.video.picture import list_pictures

        path = place(row["path"])
        if row["kind"] == "image":
            yield path
        elif row["kind"] == "sequence" and path.is_dir():
            yield from list_pictures(path)

    def _row(self, video_no: int) -> dict[str, Any]:
        row = self.catalog.videos.get(video_no)
        if row is None:
            raise LabelsError(f"the catalog knows no video {video_no}")
        return row

    def _times_of(self, video_no: int) -> npt.NDArray[np.int64]:
        """(n,) pts of all frames of a video, sampled or not."""
        if video_no not in self._times:
            row = self._row(video_no)
            try:
                self._times[video_no] = _times(row)
            except MediaError as error:
                raise LabelsError(
                    f"whether there is such a frame cannot be told: {error}"
                ) from None
        return self._times[video_no]

    def _digests(self, row: dict[str, Any], pts: int) -> frozenset[str]:
        """SHA-256 of a frame's picture where there is one though it was not handed out."""
        from framesel.annotation.outside.picture_files import sha256_of

        stem = self.stem(row["video_no"], pts)
        exported = self.workspace.root.glob(f"rounds/*/export/images/{stem}.*")
        still = [near(place(row["path"]))] if row["kind"] == "image" else []
        try:
            return frozenset(sha256_of(path) for path in (*exported, *still))
        except FrameselError:
            return frozenset()


def _times(row: dict[str, Any]) -> npt.NDArray[np.int64]:
    from framesel.stages.footage import Video
    from framesel.video.packets import read_index
    from framesel.video.picture import list_pictures

    video = Video.of(row)
    if row["kind"] == "video":
        return read_index(video.path, video.info).timeline.pts
    count = 1 if row["kind"] == "image" else len(list_pictures(video.path))
    return np.arange(count, dtype=np.int64)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many folders two paths have in common, from the last one up."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count
