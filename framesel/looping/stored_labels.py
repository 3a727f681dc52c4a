"""Stored labels of any format, and which of the input they are about, by names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from framesel.annotation import mot
from framesel.annotation.formats import Sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.opening import AUTO, open_labels
from framesel.annotation.outside.picture_files import size_of
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.errors import LabelsError, MediaError, UsageError
from framesel.looping import clip_tables
from framesel.sources import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from framesel.storage.copies import near
from framesel.storage.place import Place
from framesel.video.picture import list_pictures

SUFFIXES = VIDEO_SUFFIXES | IMAGE_SUFFIXES
NUMBERED = (
    re.compile(r"(.+)[/_.\- ](?:frame|image|img)[_\- ]?(\d{1,9})", re.IGNORECASE),
    re.compile(r"(.+)[/_.\- ](\d{1,9})"),
)
"""Names of frames: a video's name, and a number from 0; in a folder of pictures it is part of a
picture's name, wherever that comes."""
MOT_ROW = re.compile(rb"\s*\d+\s*,")
MOT_PICTURES = "img1"
"""Folder of the pictures of a sequence; its labels are called as the folder around it."""
UNREADABLE = (1 << 14, 1 << 14)
"""Stands for the size of a picture that cannot be opened: nobody will ask for its labels."""

Parts = tuple[str, ...]


def read_stored(path: Path, format_name: str, sizes: Sizes) -> Returned:
    """Reads labels of any format that ``labels import`` knows, and two more.

    They are a table for each clip (``clip_tables``), and MOT's ground truth as VIDEO.txt.

    Raises:
        UsageError: There is no such file, or no telling its format.
        LabelsError: Anything is wrong with the labels.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist: --oracle names a file or folder of labels")
    if format_name in (AUTO, clip_tables.FORMAT) and clip_tables.sniff(path):
        return clip_tables.read(path)
    if format_name in (AUTO, "mot") and (files := _truth_files(path)):
        return _mot(files)
    if format_name == clip_tables.FORMAT:
        raise UsageError(f"{path} holds no tables with the columns frame, class, x, y, w, h")
    returned = open_labels(path, format_name, sizes)
    return _with_bare(returned, mot.sequences(path)) if returned.format == "mot" else returned


def _truth_files(path: Path) -> list[Path]:
    """VIDEO.txt of a folder where each holds rows of MOT's ground truth, or nothing."""
    if not path.is_dir() or (path / "gt.txt").exists():
        return []
    files = sorted(file for file in path.glob("*.txt") if file.is_file())
    rows = []
    for file in files:
        with file.open("rb") as opened:
            rows.append(opened.readline(4096))
    found = [bool(MOT_ROW.match(row)) for row in rows]
    rest = [row for row, is_row in zip(rows, found, strict=True) if not is_row]
    return files if any(found) and not any(rest) else []


def _mot(files: Sequence[Path]) -> Returned:
    left = LeftOut()
    pictures = [one for file in files for one in mot.read_truth(file, file.stem, left)]
    classes = sorted({box.label for one in pictures for box in one.boxes})
    found = Returned("mot", tuple(classes), tuple(pictures), left.lines)
    return _with_bare(found, [file.stem for file in files])


def _with_bare(returned: Returned, videos: Iterable[str]) -> Returned:
    """With an empty first frame for each labelled video of which not one row speaks."""
    spoken_of = {one.video for one in returned.pictures}
    bare = [name for name in videos if name not in spoken_of]
    more = [LabelledPicture("", (), reviewed=True, video=name, index=0) for name in bare]
    return replace(returned, pictures=(*returned.pictures, *more))


def parts_of(name: str) -> Parts:
    """Folders and name of a file, without the ending of a video or picture."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.with_suffix("").parts if path.suffix.lower() in SUFFIXES else path.parts


@dataclass
class Names:
    """Input files by name.

    Attributes:
        files: All of them.
    """

    files: Sequence[Place]
    _by_stem: dict[str, list[tuple[Place, Parts]]] = field(init=False)
    _known: dict[tuple[str, bool], Place | None] = field(default_factory=dict)
    _listed: dict[Place, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_stem = {}
        for file in self.files:
            parts = parts_of(str(file))
            self._by_stem.setdefault(parts[-1], []).append((file, parts))
            if parts[-1] == MOT_PICTURES and parts[:-1]:
                self._by_stem.setdefault(parts[-2], []).append((file, parts[:-1]))

    def find(self, name: str, *, still: bool) -> Place | None:
        """The file that labels mean; None where they speak of something else.

        Args:
            name: With or without folders and ending.
            still: Whether a picture is meant, or else a video.

        Raises:
            LabelsError: It could be any of several.
        """
        if (name, still) not in self._known:  # a video is asked for once a frame
            self._known[name, still] = self._find(parts_of(name), still=still)
        return self._known[name, still]

    def _find(self, wanted: Parts, *, still: bool) -> Place | None:
        if not wanted:
            return None
        alike = [
            (file, _shared(parts, wanted))
            for file, parts in self._by_stem.get(wanted[-1], ())
            if (file.suffix.lower() in IMAGE_SUFFIXES) == still
        ]
        most = max((shared for _, shared in alike), default=0)
        best = [file for file, shared in alike if shared == most]
        if len(best) > 1:
            listed = ", ".join(map(str, best[:3]))
            raise LabelsError(
                f"the labels of {'/'.join(wanted)!r} could belong to any of {listed}: give them "
                "in folders of the same names"
            )
        return best[0] if best else None

    def frame(self, name: str) -> tuple[Place, int] | None:
        """The file and the number of the frame that a picture's name means; None: neither."""
        still = self.find(name, still=True)
        if still is not None:
            return still, 0
        parts = parts_of(name)
        folder = self.find("/".join(parts[:-1]), still=False) if parts[:-1] else None
        listed = self._in_folder(folder, parts[-1])
        if listed is not None:
            return listed
        for pattern in NUMBERED:
            found = pattern.fullmatch("/".join(parts))
            video = self.find(found[1], still=False) if found else None
            if found and video is not None:
                if video.is_dir():
                    return self._in_folder(video, parts[-1], found[2])
                return video, int(found[2])
        return None

    def _in_folder(self, folder: Place | None, *names: str) -> tuple[Place, int] | None:
        """The place of a picture among those of a folder that is one video, by any of its names."""
        if folder is None or not folder.is_dir():
            return None
        if folder not in self._listed:
            listed = enumerate(list_pictures(folder))
            self._listed[folder] = {picture.stem: at for at, picture in listed}
        known = self._listed[folder]
        return next(((folder, known[name]) for name in names if name in known), None)


def _shared(one: Parts, other: Parts) -> int:
    """How many parts two paths have in common, from the last one up."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


@dataclass
class PictureSizes:
    """Looks up how large the picture is that labels speak of."""

    names: Names
    _known: dict[Place, tuple[int, int]] = field(default_factory=dict)

    def __call__(self, name: str) -> tuple[int, int] | None:
        """Width and height; None where no input is called so."""
        found = self.names.frame(name)
        if found is None:
            return None
        if found[0] not in self._known:
            self._known[found[0]] = _size(found[0])
        return self._known[found[0]]


def _size(path: Place) -> tuple[int, int]:
    from framesel.video.probing import probe

    try:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return size_of(near(path))
        info = probe(path)
    except (LabelsError, MediaError):
        return UNREADABLE
    return info.width, info.height


@dataclass(frozen=True)
class StoredLabels:
    """What stored labels say of some input files.

    Attributes:
        returned: Everything that they say.
        names: The input.
    """

    returned: Returned
    names: Names

    @cached_property
    def by_file(self) -> dict[Place, dict[int, list[LabelledPicture]]]:
        """Of each labelled file, what is said of its frames, by their numbers from 0.

        Raises:
            LabelsError: A name could be any of several files, or somebody is not done labelling.
        """
        found: dict[Place, dict[int, list[LabelledPicture]]] = {}
        undone = [one for one in self.returned.pictures if one.reviewed is False]
        if undone:
            listed = ", ".join(sorted({one.name or one.video for one in undone})[:20])
            raise LabelsError(f"nobody is done with {len(undone)} of the pictures: {listed}")
        for picture in self.returned.pictures:
            place = self._place(picture)
            if place is not None:
                found.setdefault(place[0], {}).setdefault(place[1], []).append(picture)
        return found

    def _place(self, picture: LabelledPicture) -> tuple[Place, int] | None:
        if picture.video and picture.index is not None:
            video = self.names.find(picture.video, still=False)
            if video is not None:
                return video, picture.index
            still = self.names.find(picture.video, still=True)
            return (still, 0) if still is not None and picture.index == 0 else None
        return self.names.frame(picture.name) if picture.name else None

    def missing(self, files: Iterable[Place]) -> list[Place]:
        """Those of some files of which nothing is said."""
        return [file for file in files if file not in self.by_file]
