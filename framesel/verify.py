"""Proof that each exported picture is the frame that it claims to be.

The video is decoded plainly from its beginning, without any skipping, and the frame at the
pick's pts is compared with the picture. OpenCV, which knows nothing of pts, reads files of
constant rate a second time and must agree by counting.

What a reviewer had blurred proves nothing and is not compared; the rest of the picture is. That it
is blurred is checked too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import MediaError, WorkspaceError
from framesel.rounds import state
from framesel.rounds.decision import Box
from framesel.stages.export_lists import boxes
from framesel.stages.footage import Image, Video
from framesel.storage.copies import near
from framesel.video.blur import blurred, covered
from framesel.workspace import Workspace

JPEG_TOLERANCE = 6.0
"""Mean absolute difference, in gray levels, that JPEG at quality 50 or better may cause."""

CHANGED = 12
"""Gray levels by which a pixel must differ between two frames to tell them apart through a JPEG."""

FEWEST_CHANGED = 8
"""With fewer changed pixels, two frames are indistinguishable."""

Verdict = Literal["ok", "indistinguishable", "wrong", "missing"]


@dataclass(frozen=True)
class Check:
    """What became of one pick."""

    image: str
    video: str
    pts: int
    verdict: Verdict
    difference: float
    """Mean absolute difference to the frame at that pts, in gray levels."""
    detail: str = ""


def verify(workspace: Workspace) -> Iterator[Check]:
    """Checks every exported picture of every round, video by video.

    Raises:
        WorkspaceError: Nothing was exported.
    """
    found = False
    for this in state.rounds(workspace):
        folder = this.folder(workspace) / "export"
        if (folder / "picks.parquet").exists():
            found = True
            yield from verify_export(workspace, folder)
    if not found:
        raise WorkspaceError(f"{workspace.root} has no exported pictures: `framesel run` first")


def verify_export(workspace: Workspace, folder: Path) -> Iterator[Check]:
    """Checks the pictures of one export."""
    columns = ["video_no", "pts", "index", "image", "blurs"]
    table = table_files.read(folder / "picks.parquet")
    rows = table.select([c for c in columns if c in table.column_names]).to_pylist()
    yield from verify_pictures(workspace, folder / "images", rows)


def verify_pictures(
    workspace: Workspace, images: Path, rows: Sequence[dict[str, Any]]
) -> Iterator[Check]:
    """Checks pictures of frames, video by video.

    Args:
        workspace: Whose videos they are of.
        images: The folder that they lie in.
        rows: What each claims: video_no, pts, index, its name ``image``, and ``blurs`` as JSON.
    """
    videos = Catalog(workspace).videos
    ordered = sorted(rows, key=lambda r: (r["video_no"], r["pts"]))
    for video_no, group in groupby(ordered, key=lambda r: r["video_no"]):
        picks = list(group)
        try:
            video = Video.of(videos[video_no])
            yield from _video(video, images, picks)
        except MediaError as error:
            for pick in picks:
                yield Check(
                    pick["image"], videos[video_no]["path"], pick["pts"], "missing", 0.0, str(error)
                )


def _video(video: Video, images: Path, picks: list[dict[str, Any]]) -> Iterator[Check]:
    neighbours, pts = _around(video, {p["pts"] for p in picks})
    counted = _counted(video, {p["index"] for p in picks}) if _constant_rate(pts) else {}
    for pick in picks:
        before, there, after = neighbours.get(pick["pts"], (None, None, None))
        picture = _read(images / pick["image"])
        base = (pick["image"], str(video.path), pick["pts"])
        if picture is None:
            yield Check(*base, "missing", 0.0, "the picture is gone or damaged")
        elif there is None:
            yield Check(*base, "wrong", 255.0, "plain decoding finds no frame at this pts")
        else:
            hidden = boxes(pick.get("blurs", ""))
            second = counted.get(pick["index"])
            yield Check(*base, *_judged(picture, (before, there, after), second, hidden))


Neighbours = tuple[Image | None, Image | None, Image | None]
Judgement = tuple[Verdict, float, str]


def _around(video: Video, wanted: set[int]) -> tuple[dict[int, Neighbours], list[int]]:
    """The frame at each wanted pts with the ones before and after, from plain decoding.

    A stream that breaks in the end gives what it gave. Also returns the pts of all its frames.
    """
    found: dict[int, Neighbours] = {}
    pts: list[int] = []
    last: Image | None = None
    waiting: int | None = None
    try:
        for frame in video.decode_all():
            pts.append(frame.pts)
            if waiting is not None:
                before, there, _ = found[waiting]
                found[waiting] = (before, there, frame.image)
                waiting = None
            if frame.pts in wanted and frame.pts not in found:
                found[frame.pts] = (last, frame.image, None)
                waiting = frame.pts
            last = frame.image
    except MediaError:
        if not found:
            raise
    return found, pts


def _judged(
    picture: Image,
    frames: tuple[Image | None, Image, Image | None],
    second: Image | None,
    hidden: tuple[Box, ...],
) -> Judgement:
    """Judges a picture by what of it may be seen.

    Args:
        picture: As exported.
        frames: The frame that it should show, between those before and after.
        second: The frame as OpenCV finds it, if it does.
        hidden: What was blurred.
    """
    before, there, after = frames
    if picture.shape != there.shape:
        return "wrong", 255.0, f"size {picture.shape[:2]} instead of {there.shape[:2]}"
    mask = covered(hidden, there.shape[1], there.shape[0])
    if hidden and not _is_blurred(picture, there, hidden, mask):
        return "wrong", difference(picture, there), "what should be blurred can be seen"
    bare = [_without(image, mask) for image in (picture, before, there, after, second)]
    if bare[0] is None or bare[2] is None or mask.all():
        return "indistinguishable", 0.0, "blurred all over"
    share = mask.size / (mask.size - int(mask.sum()))
    verdict, mine, detail = _judge(bare[0], bare[1], bare[2], bare[3], share)
    if verdict != "wrong" and bare[4] is not None and _far(bare[0], bare[4], share):
        verdict, detail = "wrong", "OpenCV, counting frames, finds another picture"
    return verdict, mine, "; ".join(text for text in (detail, "blurred" * bool(hidden)) if text)


def _is_blurred(
    picture: Image, there: Image, hidden: tuple[Box, ...], mask: npt.NDArray[np.bool_]
) -> bool:
    """Whether a picture shows the mosaic of the frame, where it should."""
    return difference(picture[mask], blurred(there, hidden)[mask]) <= JPEG_TOLERANCE


def _without(image: Image | None, mask: npt.NDArray[np.bool_]) -> Image | None:
    """A picture that is black where the mask is: there, all pictures are equal."""
    if image is None or image.shape[:2] != mask.shape or not mask.any():
        return image
    return np.where(mask[..., None], np.uint8(0), image)


def _judge(
    picture: Image, before: Image | None, there: Image, after: Image | None, share: float
) -> Judgement:
    mine = share * difference(picture, there)
    if mine > JPEG_TOLERANCE:
        return "wrong", mine, "further from the frame than JPEG can explain"
    twins = 0
    for name, other in (("before", before), ("after", after)):
        if other is None or other.shape != picture.shape:
            continue
        closer = fits_better(picture, there, other)
        if closer is None:
            twins += 1
        elif not closer:
            return "wrong", mine, f"the frame {name} it fits at least as well"
    return ("indistinguishable" if twins else "ok"), mine, ""


def fits_better(picture: Image, there: Image, other: Image) -> bool | None:
    """Whether a picture shows the first frame rather than the second; None: nobody could tell.

    Judged where the two frames differ: a small bird against the sky moves few pixels, and the
    noise of all others would drown them.
    """
    changed = cv2.absdiff(there, other).max(axis=2) > CHANGED
    if int(changed.sum()) < FEWEST_CHANGED:
        return None
    shown = picture[changed].astype(np.int16)
    mine = np.abs(shown - there[changed]).sum()
    others = np.abs(shown - other[changed]).sum()
    return bool(mine < others)


def difference(one: Image, other: Image) -> float:
    """Mean absolute difference of two pictures of equal shape, in gray levels."""
    return float(cv2.absdiff(one, other).mean())


def _far(picture: Image, other: Image, share: float) -> bool:
    # OpenCV converts colours with other coefficients for some streams: allow for that
    return picture.shape == other.shape and share * difference(picture, other) > 2 * JPEG_TOLERANCE


def _counted(video: Video, wanted: set[int]) -> dict[int, Image]:
    """Frames by counting, read with OpenCV."""
    if video.info.kind != "video":
        return {}
    capture = cv2.VideoCapture(str(near(video.path)), cv2.CAP_FFMPEG)
    found: dict[int, Image] = {}
    try:
        for index in range(max(wanted) + 1):
            if not capture.grab():
                break
            if index in wanted:
                good, image = capture.retrieve()
                if good:
                    found[index] = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        capture.release()
    return found


def _constant_rate(pts: list[int]) -> bool:
    """Whether counting frames is keeping time: steps of one size, up to rounding."""
    steps = np.diff(np.asarray(pts, np.int64))
    return len(steps) > 0 and int(steps.max() - steps.min()) <= 1


def _read(path: Path) -> Image | None:
    if not path.exists():
        return None
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
