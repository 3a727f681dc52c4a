"""The rendered files show what their truth says, and show it again for the same seed."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from framesel.simulation.footage import render
from framesel.simulation.presets import PRESETS, Encoding, Preset, VideoSpec
from framesel.simulation.truth import Truth, VideoTruth, read_truth

SHORT = Preset(
    name="short",
    size_wh=(96, 64),
    videos=(
        VideoSpec(name="one", duration_s=3, events=1),
        VideoSpec(name="two", duration_s=2, camera="handheld"),
    ),
)


def decode(path: Path) -> list[np.ndarray]:
    """Upright RGB pictures, by OpenCV, which turns them as the container asks."""
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while True:
        ok, picture = capture.read()
        if not ok:
            return pictures
        pictures.append(np.ascontiguousarray(picture[..., ::-1]))


@pytest.fixture(scope="module")
def decoded(footage: Truth) -> dict[str, list[np.ndarray]]:
    return {video.name: decode(footage.folder / video.name) for video in footage.videos}


def test_equal_seeds_render_equal_bytes(tmp_path: Path) -> None:
    first = render(tmp_path / "a", SHORT, seed=5)
    again = render(tmp_path / "b", SHORT, seed=5, workers=2)
    other = render(tmp_path / "c", SHORT, seed=6)
    for spec in SHORT.videos:
        name = spec.file_name
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()
        assert not np.array_equal(decode(first.folder / name)[0], decode(other.folder / name)[0])
    assert first.videos == again.videos
    assert first.videos != other.videos


def test_a_video_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    alone = SHORT.model_copy(update={"videos": SHORT.videos[1:]})
    render(tmp_path / "all", SHORT, seed=5)
    render(tmp_path / "alone", alone, seed=5)
    assert (tmp_path / "all" / "two.mp4").read_bytes() == (
        tmp_path / "alone" / "two.mp4"
    ).read_bytes()


def test_truth_comes_back_from_disk(footage: Truth) -> None:
    assert read_truth(footage.folder) == footage


def test_every_frame_is_described(footage: Truth, decoded: dict[str, list[np.ndarray]]) -> None:
    for video in footage.videos:
        pictures = decoded[video.name]
        assert len(pictures) == len(video.frames)
        assert pictures[0].shape == (video.size_wh[1], video.size_wh[0], 3)
        assert [frame.index for frame in video.frames] == list(range(len(pictures)))


def test_times_in_the_file_are_those_of_the_truth(footage: Truth) -> None:
    for video in footage.videos:
        with av.open(str(footage.folder / video.name)) as container:
            stream = container.streams.video[0]
            times = [float(frame.pts * frame.time_base) for frame in container.decode(stream)]
        expected = [frame.t_s for frame in video.frames]
        np.testing.assert_allclose(np.array(times) - times[0], expected, atol=1e-4)
        gaps = set(np.diff(np.round(np.array(expected) * float(video.fps))).astype(int))
        assert (gaps == {1}) == (video.name != "phone.mp4")


def uncovered(video: VideoTruth, index: int) -> list[tuple[int, int, tuple[int, int, int]]]:
    """(x, y, colour) at the middle of each whole box that no later object covers."""
    objects = video.frames[index].objects
    found = []
    for order, item in enumerate(objects):
        x, y = (item.xyxy[0] + item.xyxy[2]) / 2, (item.xyxy[1] + item.xyxy[3]) / 2
        covered = any(
            other.xyxy[0] - 2 < x < other.xyxy[2] + 2 and other.xyxy[1] - 2 < y < other.xyxy[3] + 2
            for other in objects[order + 1 :]
        )
        small = min(item.xyxy[2] - item.xyxy[0], item.xyxy[3] - item.xyxy[1]) < 9
        if item.visible == 1 and not covered and not small:
            found.append((round(x), round(y), item.colour))
    return found


@pytest.mark.parametrize("name", ["gate.mp4", "drive.mp4", "phone.mp4"])
def test_objects_are_where_their_boxes_are(
    name: str, footage: Truth, decoded: dict[str, list[np.ndarray]]
) -> None:
    video = footage.video(name)
    close = total = 0
    for frame in video.frames:
        if frame.fault:
            continue
        picture = decoded[name][frame.index]
        for x, y, colour in uncovered(video, frame.index):
            patch = picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(axis=0)
            total += 1
            close += bool(np.abs(patch - colour).max() < 45)
    assert total > 30
    # The codec smears small things that move fast.
    assert close / total > 0.95


def test_faults_look_like_what_they_are(
    footage: Truth, decoded: dict[str, list[np.ndarray]]
) -> None:
    def sharpness(picture: np.ndarray) -> float:
        return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())

    seen: set[str] = set()
    frozen: list[float] = []
    for video in footage.videos:
        pictures = decoded[video.name]
        healthy = [sharpness(pictures[frame.index]) for frame in video.frames if not frame.fault]
        for frame in video.frames:
            picture = pictures[frame.index]
            if frame.fault == "black":
                assert picture.mean() < 12
                assert frame.objects == ()
            if frame.fault == "blurred":
                assert sharpness(picture) < 0.5 * np.median(healthy)
            if frame.fault == "frozen":
                change = cv2.absdiff(picture, pictures[frame.index - 1])
                frozen.append(float(change.mean()))
            seen.add(frame.fault)
    assert seen == {"", "black", "blurred", "frozen"}
    # A keyframe is encoded anew, the frames between are copied.
    assert np.median(frozen) < 0.3
    assert max(frozen) < 3


def test_duplicates_repeat_their_original(
    footage: Truth, decoded: dict[str, list[np.ndarray]]
) -> None:
    kinds = set()
    for video in footage.videos:
        pictures = decoded[video.name]
        for frame in video.frames:
            if frame.duplicate_of is None:
                continue
            assert frame.duplicate_of < frame.index
            difference = cv2.absdiff(pictures[frame.index], pictures[frame.duplicate_of])
            assert difference.mean() < 3
            kinds.add(frame.fault)
            assert frame.objects == video.frames[frame.duplicate_of].objects
    assert kinds == {"", "frozen"}


def test_events_are_short_rare_and_hold_what_is_seen_nowhere_else(footage: Truth) -> None:
    assert footage.events() == {0, 1}
    for video in footage.videos:
        for frame in video.frames:
            beacons = [item for item in frame.objects if item.label == "beacon"]
            assert bool(beacons) == (frame.event is not None)
        for event in {frame.event for frame in video.frames} - {None}:
            burst = [frame.index for frame in video.frames if frame.event == event]
            assert 3 <= len(burst) <= 15
            assert burst == list(range(burst[0], burst[0] + len(burst)))


def test_night_is_dark_but_not_black(decoded: dict[str, list[np.ndarray]]) -> None:
    night, day = (np.mean([p.mean() for p in decoded[n]]) for n in ("night.mp4", "gate.mp4"))
    assert 12 < night < 0.4 * day


def test_a_copy_shows_the_same_in_other_bytes(tmp_path: Path) -> None:
    copied = VideoSpec(name="again", duration_s=3, copy_of="one", encoding=Encoding(crf=32))
    truth = render(tmp_path, SHORT.model_copy(update={"videos": (*SHORT.videos, copied)}), seed=1)
    again = truth.video("again.mp4")
    assert again.copy_of == "one.mp4"
    assert again.frames == truth.video("one.mp4").frames
    assert (tmp_path / "again.mp4").read_bytes() != (tmp_path / "one.mp4").read_bytes()
    pairs = zip(decode(tmp_path / "again.mp4"), decode(tmp_path / "one.mp4"), strict=True)
    assert max(cv2.absdiff(a, b).mean() for a, b in pairs) < 6


def test_damaged_files_are_damaged(tmp_path: Path) -> None:
    truth = render(tmp_path, SHORT.model_copy(update={"damaged": True}), seed=1)
    short = truth.video("cut_short.mp4")
    assert short.damaged
    assert 0 < len(decode(tmp_path / short.name)) < len(short.frames)
    assert truth.unreadable == ("no_video.mp4",)
    with pytest.raises(av.error.InvalidDataError):
        av.open(str(tmp_path / "no_video.mp4"))


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        (Encoding(gop=7, b_frames=0), "h264"),
        (Encoding(codec="libx265", extension="mkv", gop=7), "hevc"),
        (Encoding(codec="mpeg4", extension="avi", gop=7, b_frames=0), "mpeg4"),
        (Encoding(codec="mjpeg", extension="avi", b_frames=0), "mjpeg"),
        (Encoding(codec="libvpx-vp9", extension="mkv", gop=7, b_frames=0), "vp9"),
        (Encoding(extension="ts", gop=7), "h264"),
    ],
)
def test_encodings(encoding: Encoding, codec: str, tmp_path: Path) -> None:
    spec = VideoSpec(name="v", duration_s=2, encoding=encoding)
    preset = Preset(name="p", size_wh=(96, 64), fps=Fraction(30000, 1001), videos=(spec,))
    truth = render(tmp_path, preset, seed=2)
    with av.open(str(tmp_path / spec.file_name)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        frames = list(container.decode(stream))
        assert len(frames) == len(truth.videos[0].frames)
        keys = [index for index, frame in enumerate(frames) if frame.key_frame]
        step = 1 if codec == "mjpeg" else 7
        assert keys == list(range(0, len(frames), step))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_undone_by_readers(rotation: int, tmp_path: Path) -> None:
    spec = VideoSpec(name="v", duration_s=1, rotation=rotation)
    render(tmp_path / "turned", Preset(name="p", size_wh=(96, 64), videos=(spec,)), seed=2)
    upright = Preset(name="p", size_wh=(96, 64), videos=(VideoSpec(name="v", duration_s=1),))
    render(tmp_path / "upright", upright, seed=2)
    turned, plain = (decode(tmp_path / name / "v.mp4")[0] for name in ("turned", "upright"))
    assert turned.shape == plain.shape
    assert cv2.absdiff(turned, plain).mean() < 4


def test_presets_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="no original"):
        Preset(name="p", videos=(VideoSpec(name="v", duration_s=1, copy_of="w"),))
    with pytest.raises(ValueError, match="same name"):
        Preset(name="p", videos=(VideoSpec(name="v", duration_s=1),) * 2)


def test_too_much_for_too_short_a_video(tmp_path: Path) -> None:
    crowded = Preset(
        name="p", size_wh=(96, 64), videos=(VideoSpec(name="v", duration_s=1, events=9),)
    )
    with pytest.raises(ValueError, match="too short"):
        render(tmp_path, crowded, seed=0)


def test_shipped_presets_are_sound() -> None:
    assert {"tiny", "demo"} <= set(PRESETS)
    for name, preset in PRESETS.items():
        assert preset.name == name
