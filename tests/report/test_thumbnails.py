"""Small pictures: which, how many, and what must not be seen in them."""

import base64
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from framesel.report import thumbnails
from framesel.report.pixels import Pixels
from framesel.report.thumbnails import NEIGHBOUR, PICK, POINT, Look, Thumbnails, blocks
from framesel.report.view import View
from framesel.rounds.verdicts import Verdicts


def decoded(picture: bytes | None) -> Any:
    assert picture is not None
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


@dataclass(frozen=True)
class Lost(Pixels):
    """Pictures of which every third is gone and every third is damaged."""

    def jpeg(self, row: int) -> bytes | None:
        whole = super().jpeg(row)
        assert whole is not None
        damaged = whole[: len(whole) // 2] if row % 2 else b"\xff\xd8 no picture"
        return {0: None, 1: damaged}.get(row % 3, whole)


def test_a_small_picture_is_as_large_as_asked_and_never_larger_than_what_there_is(
    view: View,
) -> None:
    for look in (PICK, NEIGHBOUR, POINT, Look(20, 30)):
        image = decoded(thumbnails.small(view, 3, look))
        stored = decoded(view.jpeg(3))
        assert max(image.shape[:2]) == min(look.side_px, max(stored.shape[:2]))
        ratio = stored.shape[1] / stored.shape[0]
        assert math.isclose(image.shape[1] / image.shape[0], ratio, rel_tol=0.1)


def test_what_a_reviewer_blurred_is_blurred_at_any_size(view: View) -> None:
    key = int(view.frames.video_no[4]), int(view.frames.pts[4])
    box = (0.25, 0.25, 0.75, 0.75)
    seen = replace(view)
    seen.__dict__["verdicts"] = Verdicts(blurs={key: (box,)})
    for look in (PICK, NEIGHBOUR):
        plain, hidden = (decoded(thumbnails.small(v, 4, look)) for v in (view, seen))
        height, width = hidden.shape[:2]
        inside = np.s_[height // 4 + 2 : 3 * height // 4 - 2, width // 4 + 2 : 3 * width // 4 - 2]
        outside = np.s_[: height // 5, :]
        assert np.abs(plain[outside].astype(int) - hidden[outside]).mean() < 3
        detail = [cv2.Laplacian(image[inside], cv2.CV_64F).var() for image in (plain, hidden)]
        assert detail[1] < detail[0] / 2


def test_frames_without_a_picture_are_told_and_stop_nobody(view: View) -> None:
    pixels = view.pixels
    lost = Lost(pixels.workspace, pixels.catalog, pixels.frames, pixels.key, pixels.decoder)
    found = Thumbnails(replace(view, pixels=lost))
    rows = np.arange(len(view.frames))
    found.add_picks(view.pick_rows)
    found.add(rows, POINT)
    assert found.made.keys() == {row for row in rows.tolist() if row % 3 == 2}
    assert found.missing == {row for row in rows.tolist() if row % 3 != 2}


@pytest.mark.parametrize("room", [0, 3_000, 12_000, 10**9])
def test_pictures_fill_their_room_and_no_more(view: View, room: int) -> None:
    found = Thumbnails(view, room)
    found.add(np.arange(len(view.frames)), NEIGHBOUR)
    size = sum(len(picture) for picture in found.made.values())
    assert found.room == room - size
    assert size <= 1.15 * room
    if room > 10**6:
        assert len(found.made) == len(view.frames)


def test_picks_are_all_there_in_smaller_pictures_where_room_is_scarce(view: View) -> None:
    wide, tight = Thumbnails(view, 10**9), Thumbnails(view, 10)
    for found in (wide, tight):
        found.add_picks(view.pick_rows)
        assert set(found.made) == set(view.pick_rows.tolist())
    assert sum(map(len, tight.made.values())) < sum(map(len, wide.made.values()))


def test_a_frame_keeps_the_picture_that_it_got_first(view: View) -> None:
    found = Thumbnails(view)
    found.add(np.array([7, 2, 7]), NEIGHBOUR)
    before = dict(found.made)
    found.add(np.array([2, 9]), POINT)
    assert {row: found.made[row] for row in before} == before
    assert set(found.made) == {2, 7, 9}


def test_blocks_hold_every_picture_once_in_the_order_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thumbnails, "_BLOCK_CHARS", 30)
    made = {row: bytes([row]) * 12 for row in range(9)}
    texts, place = blocks(made, [8, 3, 99, 1])
    held = [json.loads(text) for text in texts]
    assert list(held[0]) == ["8", "3"]
    assert [key for block in held for key in block] == "8 3 1 0 2 4 5 6 7".split()
    for row, picture in made.items():
        assert base64.b64decode(held[place[str(row)]][str(row)]) == picture
    assert blocks({}, [1]) == ([], {})


def test_files_of_a_folder_are_named_by_row(view: View, tmp_path: Path) -> None:
    picks, rest = view.pick_rows, np.arange(len(view.frames))
    missing = thumbnails.write_files(view, tmp_path / "t", [(picks, PICK), (rest, Look(24, 60))])
    assert missing == set()
    assert {p.name for p in (tmp_path / "t").iterdir()} == {f"{row}.jpg" for row in rest}
    for row in rest.tolist():
        side = max(decoded((tmp_path / "t" / f"{row}.jpg").read_bytes()).shape)
        assert side == (max(decoded(view.jpeg(row)).shape) if row in picks else 24)
