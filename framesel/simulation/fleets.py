"""Worlds on which strategies are compared: cameras of a fleet, some of them held out.

`moving`: cameras that travel; hardly a frame repeats another, so there is nothing to gain from
leaving repeats out, and nothing should be lost. `dwell`: cameras on walls that see the same for
minutes, with the rare things in between. `mixed`: both, by day and night, with a change of season,
copies in other encodings, segments that turn up in a second video, and broken streams.

A rare event lasts for 3 to 15 frames; together they are less than one frame in two hundred.
"""

from fractions import Fraction
from typing import Any, get_args

from framesel.simulation.spec import Borrow, Dwell, Encoding, PlaceKind, Preset, VideoSpec

KINDS: tuple[PlaceKind, ...] = get_args(PlaceKind)
SMALL_WH = (320, 180)
FPS = Fraction(2)
# From far away to close by.
SIZES = (0.08, 0.4)
# Exponent with which the places of a video are seen for about equally long.
ALIKE = 8.0
# Nothing moves for seconds, sometimes for minutes; then something does for some seconds.
QUIET = {"still": Dwell(shortest_s=4, alpha=1.1), "busy": Dwell(shortest_s=4, alpha=3)}
# Parked cars, a crossing, parked cars.
TRAFFIC = {"still": Dwell(shortest_s=3, alpha=3), "busy": Dwell(shortest_s=4, alpha=3)}


def durations_s(count: int, shortest_s: int, longest_s: int) -> list[int]:
    """Geometrically spaced durations, in an order without a trend."""
    ratio = longest_s / shortest_s
    rising = [round(shortest_s * ratio ** (rank / (count - 1))) for rank in range(count)]
    # Seven has no factor in common with the numbers of videos below.
    return [rising[7 * rank % count] for rank in range(count)]


def _video(name: str, duration_s: float, number: int, **more: Any) -> VideoSpec:
    """A video with all classes; its places begin with one kind and go on to the next."""
    turn = number % len(KINDS)
    kinds = (KINDS[turn:] + KINDS[:turn])[: more.get("scenes", 1)]
    return VideoSpec(
        name=name, duration_s=duration_s, kinds=kinds, sizes=SIZES, classes=12, zipf=1.2, **more
    )


def _travelling(name: str, duration_s: float, number: int, **more: Any) -> VideoSpec:
    """A moving camera that sees a new place every 15 s."""
    more = TRAFFIC | {"camera": "panning" if number % 3 else "handheld"} | more
    scenes = round(duration_s / 15)
    return _video(name, duration_s, number, scenes=scenes, scene_alpha=ALIKE, **more)


def _watching(name: str, duration_s: float, number: int, **more: Any) -> VideoSpec:
    """A camera on a wall; one that watches for long is turned to another place now and then."""
    more = QUIET | {"scenes": 1 + int(duration_s / 400)} | more
    return _video(name, duration_s, number, **more)


def _moving() -> Preset:
    """22 travelling cameras, and 12 held out."""
    videos = [
        _travelling(
            f"tour_{number:02}",
            duration_s,
            number,
            events=int(number % 3 == 1),
            blurred=int(number % 4 == 0),
            black=int(number % 8 == 3),
            corrupted=int(number % 11 == 5),
        )
        for number, duration_s in enumerate(durations_s(22, 120, 900))
    ]
    videos += [
        _travelling(f"judge_{number:02}", 240, number, held_out=True) for number in range(12)
    ]
    return Preset(name="moving", size_wh=SMALL_WH, fps=FPS, videos=tuple(videos))


def _dwell() -> Preset:
    """24 cameras on walls, one of them stored twice, and 14 held out."""
    videos = [
        _watching(
            f"wall_{number:02}",
            duration_s,
            number,
            night=number % 5 == 2,
            events=int(number % 3 == 0),
            newcomers=int(duration_s / 200),
            edits=(("shifted", "gain"), ("gain",), ("zoomed", "shifted"))[number % 3]
            if number % 4 == 1
            else (),
            black=int(number % 9 == 4),
            blurred=int(number % 9 == 7),
            frozen=int(number % 6 == 5),
            corrupted=int(number % 12 == 8),
        )
        for number, duration_s in enumerate(durations_s(24, 90, 1000))
    ]
    videos.append(_copy("wall_02_again", videos[2], encoding=Encoding(crf=32)))
    videos += _judges(14)
    return Preset(name="dwell", size_wh=SMALL_WH, fps=FPS, videos=tuple(videos))


def _mixed() -> Preset:
    """13 cameras on walls, 9 travelling ones, three copies, and 14 held out."""
    walls = [
        _watching(
            f"wall_{number:02}",
            duration_s,
            number,
            night=number % 4 == 3,
            drift_at_s=_drift_at_s(number, duration_s),
            events=int(number % 3 == 0),
            newcomers=int(duration_s / 200),
            edits=(("shifted", "gain", "zoomed") if number % 5 == 2 else ()),
            black=int(number % 6 == 1),
            blurred=int(number % 6 == 4),
            frozen=int(number % 4 == 2),
            corrupted=int(number % 6 == 5),
        )
        for number, duration_s in enumerate(durations_s(13, 120, 1000))
    ]
    tours = [
        _travelling(
            f"tour_{number:02}",
            duration_s,
            number,
            night=number == 4,
            drift_at_s=_drift_at_s(number, duration_s),
            events=int(number % 3 == 1),
            blurred=int(number % 3 == 0),
            corrupted=int(number == 5),
            borrow=(Borrow(video="wall_04", start_s=10, duration_s=40, at_s=30),)
            if number in (2, 7)
            else (),
        )
        for number, duration_s in enumerate(durations_s(9, 120, 600))
    ]
    copies = [
        _copy("wall_01_again", walls[1], encoding=Encoding(codec="mpeg4", b_frames=0)),
        _copy("wall_05_cropped", walls[5], edits=("zoomed", "shifted")),
        _copy("tour_03_brighter", tours[3], edits=("gain",), encoding=Encoding(crf=30)),
    ]
    videos = [*walls, *tours, *copies, *_judges(14, fleet=True)]
    return Preset(name="mixed", size_wh=SMALL_WH, fps=FPS, videos=tuple(videos))


def _judges(count: int, *, fleet: bool = False) -> list[VideoSpec]:
    """Held-out cameras on walls, each of which saw six places; of a fleet, every other travels."""
    made = []
    for number in range(count):
        name, night = f"judge_{number:02}", number % 5 == 2
        season = {"drift_at_s": 0.0 if fleet and number % 4 > 1 else None}
        if fleet and number % 2:
            made.append(_travelling(name, 240, number, held_out=True, night=night, **season))
        else:
            shape = {"scenes": 6, "scene_alpha": ALIKE, "held_out": True, "night": night}
            made.append(_watching(name, 300, number, **shape, **season))
    return made


def _drift_at_s(number: int, duration_s: float) -> float | None:
    """A third of the fleet is filmed before the season changes, a third after, a third then."""
    return (None, duration_s / 2, 0.0)[number % 3]


def _copy(name: str, original: VideoSpec, **more: Any) -> VideoSpec:
    return VideoSpec(name=name, duration_s=original.duration_s, copy_of=original.name, **more)


MOVING, DWELL, MIXED = _moving(), _dwell(), _mixed()
