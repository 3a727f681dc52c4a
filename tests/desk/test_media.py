"""Pictures: small and whole, blurred, kept within bounds, and gone with their video."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.desk.desk import Desk
from framesel.desk.pictures import Shelf
from framesel.video import jpeg
from tests.desk.conftest import Tab


def picture(tab: Tab, path: str) -> np.ndarray:
    answer = tab.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    return jpeg.decode(answer.content)


def test_small_pictures_are_the_stored_ones_made_smaller(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[0]
    stored = desk.base.jpeg(row)
    assert stored is not None
    assert tab.client.get(f"/thumb/{row}.jpg?s=0").content == stored
    for side in (160, 100):
        small = picture(tab, f"/thumb/{row}.jpg?s={side}")
        assert max(small.shape) == 160
        whole = jpeg.shrink(jpeg.decode(stored), 160)
        assert np.abs(small.astype(int) - whole.astype(int)).mean() < 8


def test_the_whole_frame_is_the_one_at_its_pts(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[-1]
    whole = picture(tab, f"/frame/{row}.jpg")
    wanted = desk.base.picture(row)
    assert whole.shape == wanted.shape
    assert np.abs(whole.astype(int) - wanted.astype(int)).mean() < 6


def test_what_is_blurred_is_seen_nowhere(tab: Tab) -> None:
    row = tab.picks()[0]
    paths = [f"/thumb/{row}.jpg?s=0", f"/thumb/{row}.jpg?s=160", f"/frame/{row}.jpg"]
    before = [picture(tab, path) for path in paths]
    tab.say("blur", row, box=[0, 0, 0.5, 1])
    for path, old in zip(paths, before, strict=True):
        new = picture(tab, path)
        half = new.shape[1] // 2
        assert new.shape == old.shape
        assert _detail(new[:, : half - 8]) < 0.5 * _detail(old[:, : half - 8])
        assert np.abs(new[:, half + 8 :].astype(int) - old[:, half + 8 :]).mean() < 4
    tab.turn("undo")
    assert all(np.array_equal(picture(tab, p), old) for p, old in zip(paths, before, strict=True))


def _detail(image: np.ndarray) -> float:
    return float(np.abs(np.diff(image.astype(int), axis=1)).mean())


def test_a_browser_need_not_fetch_twice(tab: Tab) -> None:
    row = tab.picks()[0]
    answer = tab.client.get(f"/thumb/{row}.jpg?s=160")
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "cookie"
    again = {"if-none-match": answer.headers["etag"]}
    assert tab.client.get(f"/thumb/{row}.jpg?s=160", headers=again).status_code == 304
    assert tab.client.get(f"/thumb/{row}.jpg?s=320", headers=again).status_code == 200
    tab.say("blur", row, box=[0, 0, 1, 1])
    assert tab.client.get(f"/thumb/{row}.jpg?s=160", headers=again).status_code == 200


@pytest.mark.parametrize("path", ["/thumb/{}.jpg", "/frame/{}.jpg", "/api/frame/{}"])
def test_there_is_no_such_frame(tab: Tab, path: str) -> None:
    for row in ("1000000", "-1", "1e3", "x", "99999999999999999999"):
        assert tab.client.get(path.format(row)).status_code in (404, 422)
    assert tab.client.get("/thumb/0.jpg?s=x").status_code == 422


def test_a_video_that_is_gone_gives_its_stored_picture_and_says_why(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[0]
    path = Path(desk.base.catalog.videos[int(desk.base.frames.video_no[row])]["path"])
    moved = path.with_suffix(".away")
    path.rename(moved)
    try:
        answer = tab.get(f"/frame/{row}.jpg", 404)
        assert path.name in answer["message"]
        assert tab.client.get(f"/thumb/{row}.jpg").status_code == 200
    finally:
        moved.rename(path)


def test_a_damaged_table_is_told_of(tab: Tab, desk: Desk) -> None:
    row = tab.picks()[0]
    view = desk.base
    path = view.workspace.shard("frames", view.keys["frames"], int(view.frames.shard[row]))
    table = pq.ParquetFile(path).read()
    jpegs = [b"no picture" for _ in range(table.num_rows)]
    column = table.schema.get_field_index("jpeg")
    kind = table.schema.field(column).type
    pq.write_table(table.set_column(column, "jpeg", pa.array(jpegs, kind)), path)
    assert "JPEG" in tab.get(f"/thumb/{row}.jpg", 404)["message"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=60))
def test_a_shelf_never_holds_more_than_it_may(asked: list[tuple[int, int]]) -> None:
    shelf = Shelf(most_bytes=100, most=5)
    for key, size in asked:
        assert len(shelf.get((key, size), lambda size=size: b"x" * size) or b"") == size
        held, size_of_all = shelf.held
        assert held <= 5
        assert size_of_all <= 100


def test_a_shelf_keeps_what_was_used_last() -> None:
    shelf = Shelf(most_bytes=1000, most=2)
    for key in "abaca":
        shelf.get(key, key.encode)
    made: list[str] = []
    for key in "ac":
        shelf.get(key, lambda key=key: made.append(key) or b"")
    assert made == []


def test_a_shelf_makes_a_picture_once_however_many_ask() -> None:
    shelf = Shelf(most_bytes=1000)
    made: list[int] = []
    start = threading.Barrier(4)

    def ask(_: int) -> bytes | None:
        start.wait(30)
        return shelf.get("one", lambda: made.append(1) or b"picture")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [b"picture"] * 4
    assert len(made) == 1


def test_nothing_is_kept_of_what_could_not_be_made() -> None:
    shelf = Shelf(most_bytes=1000)
    assert shelf.get("one", lambda: None) is None
    assert shelf.get("one", lambda: b"there now") == b"there now"
