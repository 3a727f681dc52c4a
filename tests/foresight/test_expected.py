"""Frames counted from metadata, against those that the sampling takes of the real packets."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from framesel.catalog import Part
from framesel.foresight.expected import MOST_FRAMES, expected, length_s
from framesel.foresight.kinds import MOST_KINDS, kinds
from framesel.stages.catalog import ProbeTask
from framesel.video.companions import with_companions
from framesel.video.info import VideoInfo
from framesel.video.packets import read_index
from framesel.video.sampling import Sampling

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

WHOLE = Part(0, None, None)


def row_of(path: Path) -> dict[str, Any]:
    """What the catalog says of a file."""
    found = ProbeTask(300.0, full_digest=False)._probe(path)
    return {**found, "video_no": 0, "bytes": path.stat().st_size}


def row(**changes: Any) -> dict[str, Any]:
    """A video of a minute at 25 frames a second."""
    plain = {
        "video_no": 0,
        "kind": "video",
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "fps_num": 25,
        "fps_den": 1,
        "frames": 1500,
        "duration_s": 60.0,
        "time_base_num": 1,
        "time_base_den": 12800,
        "first_pts": 0,
        "bytes": 10_000_000,
    }
    return plain | changes


def sampling(**fields: Any) -> Sampling:
    """As a recipe has it."""
    found: Sampling = TypeAdapter(Sampling).validate_python(fields)
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "fps", "fps": 1},
        {"mode": "fps", "fps": 3.7, "start_s": 1.2, "end_s": 4.9},
        {"mode": "fps", "fps": 1, "companions": 2},
        {"mode": "every_n", "n": 7},
        {"mode": "on_change", "max_fps": 2},
    ],
)
def test_constant_rate_is_counted_exactly(footage: "Truth", fields: dict[str, Any]) -> None:
    wanted = sampling(**fields)
    for name in ("gate", "drive", "night"):
        path = footage.folder / f"{name}.mp4"
        known = row_of(path)
        index = read_index(path, _info(known))
        taken = with_companions(wanted.choose(index.timeline), wanted.companions)
        assert expected(known, WHOLE, wanted).frames == taken.sum()


def test_parts_add_up_to_the_whole() -> None:
    known, wanted = row(), sampling(mode="fps", fps=2)
    cuts = [None, 200_000, 500_001, None]
    parts = [expected(known, Part(0, a, b), wanted) for a, b in pairwise(cuts)]
    whole = expected(known, WHOLE, wanted)
    assert sum(p.frames for p in parts) == whole.frames == 120
    assert sum(p.seconds for p in parts) == pytest.approx(whole.seconds) == pytest.approx(60.0)


def test_what_metadata_leaves_open_is_supposed() -> None:
    plain = sampling(mode="fps", fps=1)
    assert expected(row(frames=None), WHOLE, plain).frames == 60
    assert expected(row(fps_num=None, fps_den=None), WHOLE, plain).frames == 60
    assert expected(row(frames=None, duration_s=None), WHOLE, plain) == (0.0, 0.0)
    assert expected(row(), WHOLE, sampling(mode="keyframes")).frames == 30.0
    still = row(kind="image", frames=1, fps_num=None, duration_s=None)
    assert (expected(still, WHOLE, plain), length_s(still)) == ((1.0, 1.0), 1.0)


def test_a_container_that_lies_costs_no_memory() -> None:
    huge = row(frames=1 << 60, bytes=1000)
    assert expected(huge, WHOLE, sampling(mode="fps", fps=25)).frames == 1000
    assert length_s(row(frames=1 << 60, bytes=1 << 62)) == MOST_FRAMES / 25


def test_what_is_rare_counts_as_what_is_most_like_it() -> None:
    sizes = [(320 * 2**i, 240 * 2**i) for i in range(MOST_KINDS)]
    rows = [row(video_no=i, width=w, height=h) for i, (w, h) in enumerate(sizes)]
    odd = row(video_no=99, width=330, height=250, codec="vp9", frames=10, duration_s=0.4)
    found = kinds([*rows, odd])
    assert len(set(found.values())) == MOST_KINDS
    assert found[99] == found[0] == "h264 0.088 MP 25 fps"


def _info(known: dict[str, Any]) -> VideoInfo:
    names = (
        "kind codec width height duration_s frames rotation stream_index recorded_at latitude "
        "longitude"
    ).split()
    return VideoInfo(
        **{name: known[name] for name in names},
        fps=Fraction(known["fps_num"], known["fps_den"]),
        time_base=Fraction(known["time_base_num"], known["time_base_den"]),
        start_pts=known["first_pts"],
    )
