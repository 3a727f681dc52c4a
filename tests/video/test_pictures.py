"""Pixels in small: regions, JPEG, still pictures and folders of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from framesel.errors import DecodeError, ProbeError, UsageError
from framesel.video import Segment, decoder_for, jpeg, probe
from framesel.video.picture import list_pictures, load_picture, natural_key
from framesel.video.regions import Region, apply_region
from framesel.video.sampling import EveryN, FpsSampling

WHOLE = Segment(None, None)


def ramp(height: int = 60, width: int = 80) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 4, x * 3, (x + y)], axis=-1).astype(np.uint8)


def test_region_grays_masks_and_cuts_the_crop():
    image = ramp()
    region = Region(crop=(0.25, 0.5, 1, 1), mask=((0.5, 0.5, 0.75, 1.0), (0, 0, 0.1, 0.1)))
    before = image.copy()
    out = apply_region(image, region)
    assert np.array_equal(image, before)
    assert out.shape == (30, 60, 3)
    assert (out[:, 20:40] == 128).all()
    assert np.array_equal(out[:, :20], image[30:, 20:40])
    assert np.array_equal(out[:, 40:], image[30:, 60:])
    assert Region().apply(image) is image


boxes = st.tuples(*[st.floats(0, 1, width=32)] * 4).filter(lambda b: b[0] < b[2] and b[1] < b[3])


@given(st.none() | boxes, st.lists(boxes, max_size=3), st.integers(1, 7), st.integers(1, 7))
def test_any_region_fits_any_picture_and_survives_json(crop, mask, height, width):
    region = Region(match="cam*/é.mp4", crop=crop, mask=tuple(mask))
    out = region.apply(np.zeros((height, width, 3), np.uint8))
    assert 1 <= out.shape[0] <= height
    assert 1 <= out.shape[1] <= width
    assert Region.from_json(region.to_json()) == region


def test_region_refuses_nonsense():
    for wrong in ({"crop": [0, 0, 0, 1]}, {"crop": [0, 0, 2, 1]}, {"match": ""}, {"masks": []}):
        with pytest.raises(ValidationError):
            Region(**wrong)
    with pytest.raises(UsageError, match="is no region"):
        Region.from_json("{")


def test_jpeg_keeps_colours_and_never_scales_up():
    image = ramp(240, 320)
    back = jpeg.decode(jpeg.encode(image, 95, long_side=None))
    assert np.abs(back.astype(int) - image).mean() < 3
    assert jpeg.decode(jpeg.encode(image, 90, long_side=160)).shape == (120, 160, 3)
    assert jpeg.decode(jpeg.encode(image, 90, long_side=1000)).shape == (240, 320, 3)
    assert jpeg.decode(jpeg.encode(ramp(2, 900), 90, long_side=90)).shape == (1, 90, 3)


def test_jpeg_refuses_what_is_none():
    data = jpeg.encode(ramp(), 90, None)
    for wrong in (b"", b"text", b"\x89PNG\r\n\x1a\n", data[:30]):
        with pytest.raises(DecodeError):
            jpeg.decode(wrong)


def save(folder: Path, name: str, level: int, **extra: object) -> Path:
    path = folder / name
    Image.fromarray(np.full((6, 8, 3), level, np.uint8)).save(path, **extra)
    return path


def test_a_folder_is_one_video_in_natural_order(tmp_path):
    for k in (10, 9, 1, 2):
        save(tmp_path, f"img{k}.png", k)
    (tmp_path / "notes.txt").write_text("not a picture")
    save(tmp_path, ".hidden.png", 99)
    info = probe(tmp_path)
    assert (info.kind, info.frames, info.width, info.height) == ("sequence", 4, 8, 6)
    dec = decoder_for(info.kind)
    levels = [int(f.image[0, 0, 0]) for f in dec.decode_all(tmp_path, info)]
    assert levels == [1, 2, 9, 10]
    picked = list(dec.sample(tmp_path, info, WHOLE, EveryN(n=2)))
    assert [(f.pts, f.index, f.t_s, f.key) for f in picked] == [
        (0, 0, 0.0, True),
        (2, 2, 2.0, True),
    ]
    part = dec.sample(tmp_path, info, Segment(1, 3), FpsSampling())
    assert [f.pts for f in part] == [1, 2]
    assert [f.pts for f in dec.fetch(tmp_path, info, [3, 0, 3])] == [0, 3]
    with pytest.raises(DecodeError, match=r"none at \[7\]"):
        list(dec.fetch(tmp_path, info, [7]))


def test_damaged_pictures_are_left_out_and_told_at_the_end(tmp_path):
    for k in range(3):
        save(tmp_path, f"{k}.png", k)
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:40])
    info, got = probe(tmp_path), []
    with pytest.raises(DecodeError, match="1 of 3 pictures"):
        got.extend(decoder_for("sequence").decode_all(tmp_path, info))
    assert [f.pts for f in got] == [0, 2]


def test_exif_turns_and_dates_a_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise by 90 degrees
    exif[0x0132] = "2024:05:06 07:08:09"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 30.0, 0.0), 3: "W", 4: (11.0, 15.0, 36.0)})
    image = ramp(6, 8)
    path = tmp_path / "turned.png"
    Image.fromarray(image).save(path, exif=exif)
    info = probe(path)
    assert (info.kind, info.width, info.height, info.rotation) == ("image", 6, 8, 90)
    assert info.recorded_at == "2024-05-06T07:08:09"
    assert info.latitude == pytest.approx(48.5)
    assert info.longitude == pytest.approx(-11.26)
    (frame,) = decoder_for(info.kind).decode_all(path, info)
    assert np.array_equal(frame.image, np.rot90(image, -1))


def test_sixteen_bit_and_palette_pictures_become_rgb(tmp_path):
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 5), 0x8040, np.uint16)).save(deep)
    assert load_picture(deep)[0, 0].tolist() == [128, 128, 128]
    palette = tmp_path / "palette.png"
    Image.fromarray(np.full((4, 5, 3), (10, 200, 30), np.uint8)).quantize(4).save(palette)
    assert load_picture(palette)[0, 0].tolist() == [10, 200, 30]


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(ProbeError, match="without pictures"):
        probe(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(ProbeError, match="none of its 1 pictures"):
        probe(tmp_path)


@given(st.lists(st.integers(0, 10**30), min_size=2, max_size=6))
def test_natural_order_is_the_numbers_order(numbers):
    names = [f"frame_{n}.jpg" for n in numbers]
    assert sorted(names, key=natural_key) == [f"frame_{n}.jpg" for n in sorted(numbers)]


def test_digits_of_other_scripts_are_no_numbers(tmp_path):
    for name in ("²x.png", "٣.png", "1.png", "a.png"):
        save(tmp_path, name, 0)
    assert list_pictures(tmp_path)[0].name == "1.png"


def test_a_picture_that_is_none_is_told_whoever_patched_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wants_a_plugin(*args: object, **kwargs: object) -> None:
        raise ModuleNotFoundError("No module named 'pi_heif'")

    path = tmp_path / "none.png"
    path.write_bytes(b"no picture")
    monkeypatch.setattr("PIL.Image.open", wants_a_plugin)
    with pytest.raises(DecodeError, match=r"none\.png: is no picture"):
        load_picture(path)
