"""The sets of videos that ship.

`tiny` and `demo` are for tests and to look at. The others are worlds on which strategies are
compared, mostly as vectors: about two dozen videos to choose from and a dozen held out.
"""

from framesel.simulation.fleets import DWELL, MIXED, MOVING
from framesel.simulation.spec import Encoding, Preset, VideoSpec

__all__ = ["PRESETS", "Encoding", "Preset", "VideoSpec"]

TINY = Preset(
    name="tiny",
    size_wh=(160, 120),
    videos=(
        VideoSpec(name="gate", duration_s=8, events=1, black=1, frozen=1),
        VideoSpec(name="drive", duration_s=6, camera="panning", scenes=2, blurred=1),
        VideoSpec(
            name="phone", duration_s=5, camera="handheld", variable_rate=True, rotation=90, events=1
        ),
        VideoSpec(name="night", duration_s=6, night=True),
    ),
)

DEMO = Preset(
    name="demo",
    damaged=True,
    videos=(
        VideoSpec(name="gate_day", duration_s=60, events=2, black=1, frozen=1),
        VideoSpec(name="gate_night", duration_s=40, night=True, events=1),
        VideoSpec(name="yard", duration_s=40, scenes=4, events=1),
        VideoSpec(name="drive_a", duration_s=30, camera="panning", scenes=4, events=1, blurred=2),
        VideoSpec(name="drive_b", duration_s=20, camera="panning", scenes=3, events=1, black=1),
        VideoSpec(name="walk", duration_s=25, camera="handheld", scenes=3, events=1, blurred=2),
        VideoSpec(
            name="phone",
            duration_s=15,
            camera="handheld",
            scenes=2,
            variable_rate=True,
            rotation=90,
        ),
        VideoSpec(
            name="gate_day_again", duration_s=60, copy_of="gate_day", encoding=Encoding(crf=32)
        ),
    ),
)

PRESETS = {
    "tiny": TINY,
    "tiny_damaged": TINY.model_copy(update={"name": "tiny_damaged", "damaged": True}),
    "demo": DEMO,
    "moving": MOVING,
    "dwell": DWELL,
    "mixed": MIXED,
}
