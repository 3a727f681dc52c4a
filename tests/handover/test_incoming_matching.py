"""Which frame a labelled picture shows."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framesel.annotation.returned import LabelledPicture
from framesel.handover.known_frames import Known, KnownFrames
from framesel.handover.known_names import bare, is_dressed, spoken, stem_of
from framesel.handover.matching import Matcher, Refused
from framesel.stages.export import picture_name
from tests.handover.incoming_bench import DOG, Incoming, picture, scan


def found(into: Incoming, asked: LabelledPicture) -> Known:
    """The frame, which there is."""
    match = Matcher(KnownFrames(into.workspace)).find(asked)
    assert isinstance(match, Known), str(match)
    return match


def refusal(into: Incoming, asked: LabelledPicture) -> str:
    """Why there is no frame."""
    match = Matcher(KnownFrames(into.workspace)).find(asked)
    assert isinstance(match, Refused), match
    return str(match)


@pytest.mark.parametrize(
    "dressed",
    [
        "{stem}.jpg",
        "{stem}.png",
        "{stem}",
        "{stem}.JPEG",
        "images/train/{stem}.jpg",
        "C:\\Users\\ann\\{stem}.jpg",
        "a1b2c3d4-{stem}.jpg",
        "00017-{stem}.jpg",
        "upload/3/a1b2c3d4-00017-{stem}.png",
        "{stem}_jpg.rf.0a1B2c3D4e5F.jpg",
    ],
)
@pytest.mark.parametrize("handed", [True, False])
def test_what_tools_do_to_names(into: Incoming, dressed: str, handed: bool) -> None:
    keys = [(video_no, into.times(video_no)[2]) for video_no in (0, 1)]
    if handed:
        into.hand_out([{"key": key} for key in keys])
    for key in keys:
        name = dressed.format(stem=into.name(key).removesuffix(".jpg"))
        match = found(into, picture(name))
        assert (match.key, (match.width, match.height)) == (key, into.size(key))
        assert match.handovers == ((1,) if handed else ())


def test_ranked_names_and_frames_that_were_never_sampled(into: Incoming) -> None:
    key = (0, into.times(0)[1])
    into.hand_out([{"key": key, "name": f"00001-{into.name(key)}"}])
    assert found(into, picture(f"00001-{into.name(key)}")).handovers == (1,)
    assert found(into, picture(into.name(key))).key == key
    other = (0, into.times(0)[-1])
    video = Path(KnownFrames(into.workspace).catalog.videos[0]["path"])
    last = len(into.times(0)) - 1
    for name in (str(video), video.name, video.stem, f"/elsewhere/{video.name}"):
        assert found(into, picture("", video=name, index=last)).key == other
    assert "none of the number" in refusal(into, picture("", video=video.name, index=last + 1))
    assert "no video is called" in refusal(into, picture("", video="nobody.mp4", index=0))


def test_names_of_other_workspaces_are_no_frames_of_this_one(into: Incoming) -> None:
    key = (0, into.times(0)[1])
    name, into_name = into.name(key), into.name((1, into.times(1)[1]))
    into.hand_out([{"key": key}])
    assert "another workspace" in refusal(into, picture("x" + name))
    assert "another workspace" in refusal(into, picture(name.replace("00s", "59s")))
    far = picture_name(Path("clip.mp4"), 999, 512, 1.0, "jpg")
    assert "no video 999" in refusal(into, picture(far))
    off = into_name.replace(f"pts{into.times(1)[1]}", f"pts{into.times(1)[1] + 1}")
    assert refusal(into, picture(off))
    for nothing in (picture("IMG_0001.jpg"), picture(""), picture("", key="7:7"), picture("..")):
        assert "names no picture" in refusal(into, nothing)


def test_all_that_is_said_must_mean_one_frame(into: Incoming) -> None:
    one, other = ((0, pts) for pts in into.times(0)[:2])
    into.hand_out([{"key": one, "index": 0}, {"key": other, "index": 1}])
    name, key = into.name(one), f"{one[0]}:{one[1]}"
    video = KnownFrames(into.workspace).catalog.short_names[0]
    assert found(into, picture(name, key=key, video=video, index=0)).key == one
    assert found(into, picture("renamed.jpg", key=key)).key == one
    assert found(into, picture(name, video="moved.mp4", index=0)).key == one
    assert "names several frames: its name means" in refusal(
        into, picture(name, key=f"{other[0]}:{other[1]}")
    )
    assert "its video and number means" in refusal(into, picture(name, video=video, index=1))
    assert "no key of a frame" in refusal(into, picture(name, key="one"))
    width, height = into.size(one)
    assert found(into, picture(name, width=width, height=height)).key == one
    assert "pixels large" in refusal(into, picture(name, width=height, height=width))


def test_a_key_counts_only_for_frames_that_were_handed_out(into: Incoming) -> None:
    one, other = ((0, pts) for pts in into.times(0)[:2])
    into.hand_out([{"key": one}])
    assert found(into, picture("", key=f"{one[0]}:{one[1]}")).key == one
    assert "names no picture" in refusal(into, picture("", key=f"{other[0]}:{other[1]}"))


def test_the_file_must_be_the_one_that_was_handed_out(into: Incoming) -> None:
    one, other = ((0, pts) for pts in into.times(0)[:2])
    into.hand_out([{"key": one, "sha256": "aa"}, {"key": other}])
    into.hand_out([{"key": one, "sha256": "bb"}], number=2)
    for digest in ("aa", "bb", ""):
        assert found(into, picture(into.name(one), sha256=digest)).handovers == (1, 2)
    assert "SHA-256 differs" in refusal(into, picture(into.name(one), sha256="cc"))
    assert found(into, picture(into.name(other), sha256="cc")).key == other


def test_an_exported_picture_is_known_by_its_file_too(into: Incoming) -> None:
    key = (0, into.times(0)[1])
    file = into.workspace.round(1) / "export/images" / into.name(key)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"picture")
    mine = sha256(b"picture").hexdigest()
    assert found(into, picture(into.name(key), sha256=mine)).key == key
    assert "SHA-256 differs" in refusal(into, picture(into.name(key), sha256="aa"))


def test_context_is_not_to_be_labelled(into: Incoming) -> None:
    one, near = ((0, pts) for pts in into.times(0)[:2])
    context = into.name(near).replace(".jpg", f"_for-pts{one[1]}.jpg")
    into.hand_out(
        [{"key": one}, {"key": near, "name": context, "rank": 0, "context_of": into.name(one)}]
    )
    assert found(into, picture(context)).context_of == into.name(one)
    assert f"only gives context to {into.name(one)}" in refusal(into, picture(context, DOG))
    taken = into.take(picture(into.name(one), DOG), picture(context, reviewed=True))
    assert (taken.frames, taken.context) == (1, 1)
    assert found(into, picture(into.name(near), DOG)).context_of == ""
    strange = context.replace(f"for-pts{one[1]}", "for-pts77")
    assert "handover that is not here" in refusal(into, picture(strange, DOG))


def test_stills_are_known_by_name_and_folder(tmp_path: Path) -> None:
    for folder, shade in (("day", 200), ("night", 20)):
        (tmp_path / "in" / folder).mkdir(parents=True)
        Image.new("RGB", (40, 30), (shade, 0, 0)).save(tmp_path / "in" / folder / "a b.png")
    Image.new("RGB", (40, 30)).save(tmp_path / "in" / "day" / "é'c.png")
    into = Incoming(scan(tmp_path / "ws", tmp_path / "in"))
    paths = {v: Path(row["path"]) for v, row in KnownFrames(into.workspace).catalog.videos.items()}
    for name in ("day/a b.png", "/far/away/night/a b.png", "é'c.png", "images/é'c.jpg"):
        path = paths[found(into, picture(name)).key[0]]
        assert path.stem == Path(name).stem
        assert path.parent.name == ("night" if "night" in name else "day")
    assert "give it with its folder" in refusal(into, picture("a b.png"))
    day = (tmp_path / "in/day/a b.png").read_bytes()
    assert found(into, picture("day/a b.png", sha256=sha256(day).hexdigest()))
    assert "SHA-256" in refusal(into, picture("day/a b.png", sha256="00"))


@given(st.text(min_size=1, max_size=30), st.integers(0, 10**6), st.integers(-(10**12), 10**12))
def test_names_of_ours_are_read_back(title: str, video_no: int, pts: int) -> None:
    path = Path("/videos") / (title.replace("/", "_").replace("\0", "_") + ".mp4")
    stem = stem_of(picture_name(path, video_no, pts, 12.5, "jpg"))
    said = spoken(stem)
    assert said is not None
    assert (said.video_no, said.pts, said.stem) == (video_no, pts, stem)
    context = spoken(f"deadbeef-00012-{stem}_for-pts-5")
    assert context is not None
    assert (context.video_no, context.pts) == (video_no, pts)
    assert is_dressed(context.stem, stem)
    assert not is_dressed(f"x-{stem}", stem)
    assert not is_dressed(stem, f"x{stem}")


@given(st.text(max_size=60))
def test_any_text_is_a_name_that_may_come(text: str) -> None:
    stem = stem_of(text)
    assert "/" not in stem
    assert bare(stem) in stem
    spoken(stem)


def test_odd_numbers_are_no_videos(into: Incoming) -> None:
    for odd in ("²", "9" * 5000, "\0", "x" * 5000, "-1"):
        refusal(into, picture("", video=odd, index=0))
        refusal(into, picture(odd, video=odd, index=10**30))


@pytest.mark.parametrize("video", ["0", "001", "some/where/1"])
def test_a_number_is_a_name_and_not_one_of_our_own(into: Incoming, video: str) -> None:
    said = refusal(into, LabelledPicture("", (DOG,), video=video, index=0))
    assert "no video is called" in said
