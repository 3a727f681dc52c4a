"""Stored labels in place of people: asked for a frame, it says what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.opening import AUTO
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import LabelsError, UsageError
from framesel.handover.incoming import How, Taken, take
from framesel.handover.known_frames import Known, KnownFrames
from framesel.labels.labels import Key
from framesel.looping.stored_labels import Names, PictureSizes, StoredLabels, read_stored
from framesel.sources import absolute, expand, plain
from framesel.storage.place import Place
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch

ANNOTATOR = "oracle"
MOST_TOLD = 20


@dataclass(frozen=True)
class Oracle:
    """Labels of all that a workspace may choose from.

    Attributes:
        path: Where they are from.
        stored: What they say.
    """

    path: Path
    stored: StoredLabels

    @classmethod
    def open(
        cls,
        path: Path,
        sources: Sequence[str],
        format_name: str = AUTO,
        *,
        sequence: bool = False,
    ) -> Oracle:
        """Reads labels, and looks that there are some of each input file.

        A video is labelled if anything is said of any of its frames; frames without a word are
        then empty. Frames are named by video and number from 0, or by a picture's name that ends
        in the number (``VIDEO_000123``). A file of labels means the input of the same name, with
        the most folders in common.

        Args:
            path: A file or folder of labels: a CSV for each clip, or whatever
                ``framesel labels import`` reads.
            sources: All input, as ``framesel run`` takes it.
            format_name: A format's name, ``clips`` for CSVs of clips, or ``auto``.
            sequence: A folder of images is one video.

        Raises:
            UsageError: Input is not there, or the labels' format cannot be told.
            LabelsError: The labels are broken, or say nothing of some input: all is named.
        """
        files = expand(sources, sequence=sequence)
        names = Names(files)
        stored = StoredLabels(read_stored(path, format_name, PictureSizes(names)), names)
        missing = stored.missing(files)
        if missing:
            listed = "\n".join(f"  {file}" for file in missing[:MOST_TOLD])
            more = len(missing) - MOST_TOLD
            raise LabelsError(
                f"{path} has no labels of {len(missing)} of {len(files)} videos and images:\n"
                f"{listed}\n{f'  and {more} more' + chr(10) if more > 0 else ''}"
                "Add them, or leave these out of the sources."
            )
        return cls(path, stored)

    def answer(self, workspace: Workspace, frames: Iterable[Key], watch: Watch) -> Taken | None:
        """Labels some frames and no others, as one import. Takes the workspace's lock.

        What others said of them stays. The same question again adds nothing.

        Args:
            workspace: Where.
            frames: Each (video_no, pts).
            watch: Who is told.

        Returns:
            What became of the labels; None where nothing was asked.

        Raises:
            LabelsError: There is no such frame, or nothing is known of its video.
        """
        wanted = sorted(set(frames))
        if not wanted:
            return None
        known, catalog = KnownFrames(workspace), Catalog(workspace)
        self._look_behind_the_end(known, catalog, {video_no for video_no, _ in wanted}, watch)
        found: dict[str, Known] = {}
        pictures: list[LabelledPicture] = []
        for key in wanted:
            name = f"{key[0]}:{key[1]}"
            found[name] = known.frame(*key)
            path = absolute(catalog.videos[key[0]]["path"])
            index = known.index(*key)
            pictures += [_asked(said, name, found[name]) for said in self._said(path, index)]
        returned = self.stored.returned
        answered = Returned(returned.format, returned.classes, tuple(pictures), returned.left)
        how = How(new_classes=True, annotator=ANNOTATOR)
        source = str(plain(self.path))
        return take(workspace, answered, source, "all", watch, how, lambda one: found[one.key])

    def _said(self, path: Place, index: int) -> list[LabelledPicture]:
        """Every word on a frame; an empty one where its video is labelled and it is not."""
        by_file = self.stored.by_file
        if path not in by_file:
            raise UsageError(f"{self.path} has no labels of {path}: was it added since?")
        return by_file[path].get(index) or [LabelledPicture("", ())]

    def _look_behind_the_end(
        self, known: KnownFrames, catalog: Catalog, videos: set[int], watch: Watch
    ) -> None:
        """Labels of frames that are not there: do they count as we do?"""
        behind = []
        for video_no in sorted(videos):
            path = absolute(catalog.videos[video_no]["path"])
            last, count = max(self.stored.by_file.get(path, {0: []})), known.count(video_no)
            if last >= count:
                behind.append(f"frame {last:,} of {path}, which has {count:,} from 0 on")
        if behind:
            watch.note(
                f"{self.path} speaks of frames behind the end of {len(behind)} of these "
                f"{len(videos)} videos, such as {behind[0]}: do the labels belong to them, and "
                "count from 0?"
            )


def _asked(said: LabelledPicture, name: str, frame: Known) -> LabelledPicture:
    """A word on a frame as an import takes it: boxes end where the picture does."""
    if (said.width or frame.width, said.height or frame.height) != (frame.width, frame.height):
        raise LabelsError(
            f"{said.name or said.video}: the labels are of pictures of {said.width} x "
            f"{said.height} pixels, and the frame has {frame.width} x {frame.height}"
        )
    inside = (_cut(box, frame.width, frame.height) for box in said.boxes)
    return LabelledPicture(
        "",
        tuple(box for box in inside if box is not None),
        reviewed=True,
        annotator=said.annotator,
        key=name,
    )


def _cut(box: Box, width: int, height: int) -> Box | None:
    """The part of a box that lies in its picture; None where nothing does."""
    x1, y1 = max(0.0, box.x1), max(0.0, box.y1)
    x2, y2 = min(float(width), box.x2), min(float(height), box.y2)
    if x1 >= x2 or y1 >= y2:
        return None
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2, score=None)
