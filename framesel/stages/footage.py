"""How stages get at pixels: a catalog row becomes an open video, a frames row a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from framesel.errors import DecodeError
from framesel.storage.place import Place, place

if TYPE_CHECKING:
    from framesel.video import Decoder, Frame, Sampling, Segment, VideoInfo
    from framesel.video.info import Spans

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Video:
    """One video of the catalog, ready to be decoded."""

    path: Place
    info: VideoInfo
    decoder: Decoder

    @classmethod
    def of(cls, row: dict[str, Any], decoder: str = "pyav", threads: int = 1) -> Self:
        """Makes it from the catalog's row.

        Threads change no frame: streams in which they could are decoded with one.

        Raises:
            DecodeError: The file is gone or is not the one that was scanned.
        """
        from framesel.video import VideoInfo, decoder_for

        path = place(row["path"])
        _same_file(path, row)
        fps = Fraction(row["fps_num"], row["fps_den"]) if row["fps_num"] else None
        base = Fraction(row["time_base_num"], row["time_base_den"])
        plain = (
            "kind codec width height duration_s frames rotation stream_index "
            "recorded_at latitude longitude"
        ).split()
        info = VideoInfo(
            **{name: row[name] for name in plain},
            fps=fps,
            time_base=base,
            start_pts=row["first_pts"],
        )
        return cls(path, info, decoder_for(info.kind, decoder, threads))

    def sample(self, segment: Segment | Spans, sampling: Sampling) -> Iterator[Frame]:
        """The frames of one segment that the sampling asks for."""
        return self.decoder.sample(self.path, self.info, segment, sampling)

    def fetch(self, pts: list[int]) -> Iterator[Frame]:
        """Exactly these frames, in order of time."""
        return self.decoder.fetch(self.path, self.info, pts)

    def decode_all(self) -> Iterator[Frame]:
        """Every frame, decoded plainly one after the other."""
        return self.decoder.decode_all(self.path, self.info)


def _same_file(path: Place, row: dict[str, Any]) -> None:
    try:
        size = (
            sum(p.stat().st_size for p in path.iterdir() if p.is_file())
            if path.is_dir()
            else path.stat().st_size
        )
    except OSError as error:
        raise DecodeError(f"{path}: cannot be read any more ({error.strerror})") from None
    if size != row["bytes"]:
        raise DecodeError(f"{path}: changed since it was scanned; run the same command again")
