"""Search by similarity: from a frame, and from whatever is dropped in."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from framesel.desk import similar
from framesel.desk.desk import Desk
from framesel.desk.similar import opened
from framesel.errors import UsageError
from tests.desk.conftest import ORIGIN, Tab


def dropped(tab: Tab, content: bytes, kind: str = "image/png", status: int = 200) -> object:
    answer = tab.client.post(
        "/api/similar", content=content, headers={"origin": ORIGIN, "content-type": kind}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def png(image: np.ndarray) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(image).save(sink, "PNG")
    return sink.getvalue()


def test_a_frames_hits_are_the_nearest_by_cosine(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[0]
    hits = tab.get(f"/api/similar/{row}?k=5")["hits"]
    vectors = desk.base.vectors[:]
    cosines = vectors @ vectors[row]
    cosines[row] = -1
    assert [hit["cos"] for hit in hits] == pytest.approx(np.sort(cosines)[::-1][:5], abs=1e-4)
    assert row not in [hit["card"]["row"] for hit in hits]
    for hit in hits:
        assert hit["cos"] == pytest.approx(cosines[hit["card"]["row"]], abs=1e-4)


def test_a_frames_own_picture_finds_it(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[1]
    answer = dropped(tab, png(desk.base.picture(row)))
    assert isinstance(answer, dict)
    best = answer["hits"][0]
    assert best["card"]["row"] == row or best["cos"] > 0.999
    assert len(answer["hits"]) == min(60, len(desk.base.frames))


def test_counts_out_of_range_are_bent_into_it(tab: Tab) -> None:
    row = tab.picks()[0]
    assert len(tab.get(f"/api/similar/{row}?k=0")["hits"]) == 1
    assert len(tab.get(f"/api/similar/{row}?k=-5")["hits"]) == 1
    assert len(tab.get(f"/api/similar/{row}?k=100000")["hits"]) <= similar.MOST_HITS


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"x" * 100,
     b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"GIF89a" + b"\0" * 50],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(tab: Tab, content: bytes) -> None:
    answer = dropped(tab, content, status=422)
    assert isinstance(answer, dict)
    assert "no picture" in answer["message"]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims to be as large as one likes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    body = zlib.compress(b"\0" * 10_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(20_000, 20_000), (100_000, 100_000), (65_000_000, 1)])
def test_a_bomb_is_not_unpacked(
    tab: Tab, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(Image.Image, "load", never)
    answer = dropped(tab, bomb(*size), status=422)
    assert isinstance(answer, dict)
    assert "picture" in answer["message"]


def test_pictures_are_turned_upright_and_made_small() -> None:
    image = Image.fromarray(np.zeros((900, 1800, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    sink = io.BytesIO()
    image.save(sink, "JPEG", exif=exif)
    found = opened(sink.getvalue())
    assert found.shape[0] == 640
    assert found.shape[1] == pytest.approx(320, abs=1)


def test_other_kinds_of_pixels_become_rgb() -> None:
    for mode in ("L", "LA", "RGBA", "P", "1", "I;16"):
        sink = io.BytesIO()
        Image.new(mode, (40, 30)).save(sink, "PNG")
        assert opened(sink.getvalue()).shape == (30, 40, 3)
    with pytest.raises(UsageError, match="drop a JPEG"):
        opened(b"BM" + b"\0" * 10)
