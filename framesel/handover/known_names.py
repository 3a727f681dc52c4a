"""The names under which pictures come back, and what tools do to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

# Label Studio puts eight hex digits before what is uploaded; ``--rank-names`` puts the rank.
_BEFORE = r"(?:[0-9a-f]{8}-)?(?:[0-9]{5,}-)?"
# Roboflow makes NAME_jpg.rf.HASH.jpg of NAME.jpg; stems of ours hold no dot.
_ENDING = re.compile(r"_(?:jpe?g|png)$")
_OURS = re.compile(r".+_v([0-9]{6,9})_[0-9]{2,}h[0-9]{2}m[0-9]{2}s[0-9]{3}_pts(-?[0-9]{1,18})")
_CONTEXT = re.compile(r"_for-pts-?[0-9]+$")
_KEY = re.compile(r"([0-9]{1,9}):(-?[0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a name says by itself, in the way that ``stages.export.picture_name`` writes it.

    Attributes:
        stem: The part that it was read from, with whatever a tool put before it.
        video_no: Number of the video.
        pts: Of the frame.
    """

    stem: str
    video_no: int
    pts: int


def basename(name: str) -> str:
    """The last part of a path, whichever way its slashes lean."""
    return PurePosixPath(name.replace("\\", "/")).name


def stem_of(name: str) -> str:
    """A picture's name without folders, without its ending and without what Roboflow adds."""
    stem, dot, rest = basename(name).partition(".")
    return _ENDING.sub("", stem) if dot and rest.startswith("rf.") else stem


def bare(stem: str) -> str:
    """A stem without what tools and ``--rank-names`` put before it."""
    return re.sub(f"^{_BEFORE}", "", stem)


def spoken(stem: str) -> Spoken | None:
    """The frame that a stem names; None where it has another form than ours."""
    found = _OURS.fullmatch(_CONTEXT.sub("", stem))
    return None if found is None else Spoken(found[0], int(found[1]), int(found[2]))


def is_dressed(stem: str, expected: str) -> bool:
    """Whether a stem is another with nothing but what tools put before it."""
    before = stem.removesuffix(expected)
    return stem.endswith(expected) and re.fullmatch(_BEFORE, before) is not None


def key_in(text: str) -> tuple[int, int] | None:
    """``VIDEO_NO:PTS`` as numbers; None where it has another form."""
    found = _KEY.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2]))
