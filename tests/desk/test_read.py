"""What the desk tells of a selection agrees with its tables."""

import numpy as np
import pytest
from fastapi import FastAPI

from framesel.chosen import selections
from framesel.desk.desk import Desk
from framesel.report.view import FATES
from framesel.workspace import Workspace
from tests.desk.conftest import Tab, unpacked


def test_the_story_is_told_at_once(tab: Tab, desk: Desk) -> None:
    story = tab.get("/api/story")
    assert story["media"] == "desk"
    assert story["pick_rows"] == [card["row"] for card in story["cards"]]
    assert story["pick_rows"] == desk.base.pick_rows.tolist()
    assert story["counts"]["frames"] == len(desk.base.frames)
    assert (story["seq"], story["unheard"], story["readonly"]) == (0, [], "")
    assert story["replacements"] == "ready"
    assert "columns" not in story


def test_columns_hold_every_frame(tab: Tab, desk: Desk) -> None:
    columns = {k: unpacked(v) for k, v in tab.get("/api/columns")["columns"].items()}
    view = desk.base
    assert columns["row"].tolist() == list(range(len(view.frames)))
    assert columns["fate"].tolist() == view.fate.tolist()
    assert columns["rank"].tolist() == view.rank.tolist()
    assert columns["pts"].tolist() == view.frames.pts.tolist()
    assert "x" not in columns
    row = tab.picks()[0]
    tab.say("reject", row)
    again = unpacked(tab.get("/api/columns")["columns"]["fate"])
    assert FATES[again[row]] == "declined"


def test_columns_are_packed_where_a_browser_takes_that(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tab.get("/api/columns")
    monkeypatch.setattr("framesel.desk.replies.GZIP_FROM", 10)
    answer = tab.client.get("/api/columns", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == plain
    answer = tab.client.get("/api/columns", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers


def test_a_frame_comes_with_its_neighbours_and_the_reason(tab: Tab, desk: Desk) -> None:
    view = desk.base
    row = int(view.keeper[view.fate == FATES.index("duplicate")][0])
    found = tab.get(f"/api/frame/{row}")
    assert found["card"]["row"] == row
    beside = [card["row"] for card in found["time"]]
    assert beside == sorted(beside)
    assert all(abs(other - row) <= 4 and other != row for other in beside)
    assert {card["video_no"] for card in found["time"]} == {found["card"]["video_no"]}
    assert found["duplicates"]
    assert all(view.keeper[card["row"]] == row for card in found["duplicates"])
    assert found["card"]["video"] in found["why"][0]


def test_a_videos_frames(tab: Tab, desk: Desk) -> None:
    view = desk.base
    number = int(view.frames.video_no[0])
    low, high = view.frames.span(number)
    rows = tab.get(f"/api/video/{number}")["rows"]
    assert [card["row"] for card in rows] == list(range(low, high))
    assert [card["t_s"] for card in rows] == view.frames.t_s[low:high].tolist()
    assert [card["fate"] for card in rows] == [FATES[code] for code in view.fate[low:high]]
    middle = float(np.median(view.frames.t_s[low:high]))
    late = tab.get(f"/api/video/{number}?from={middle}")["rows"]
    early = tab.get(f"/api/video/{number}?to={middle}")["rows"]
    assert all(card["t_s"] >= middle for card in late)
    assert all(card["t_s"] <= middle for card in early)
    assert {c["row"] for c in late} | {c["row"] for c in early} == set(range(low, high))


def test_questions_without_an_answer(tab: Tab) -> None:
    tab.get("/api/video/999", 404)
    tab.get("/api/video/0?from=x", 422)
    tab.get("/api/video/0?to=nan", 422)
    tab.get("/api/compare?a=x&b=y", 404)
    tab.get("/api/job/1", 404)
    tab.get("/api/changes?after=x", 422)


def test_the_map_comes_when_it_is_there(tab: Tab, desk: Desk) -> None:
    first = tab.client.get("/api/map")
    assert first.status_code in (200, 202)
    if first.status_code == 202:
        assert first.json() == {"working": True}
    desk.background.get("map", lambda: None).exception(120)
    assert tab.get("/api/map")["method"] in ("pacmap", "pca")


def test_the_map_is_among_the_columns_once_it_is_there(tab: Tab, desk: Desk) -> None:
    tab.client.get("/api/map")
    desk.background.get("map", lambda: None).exception(120)
    columns = tab.get("/api/columns")["columns"]
    for name in ("x", "y", "cluster"):
        assert len(unpacked(columns[name])) == len(desk.base.frames)


def test_two_selections_side_by_side(app: FastAPI, tab: Tab, workspace: Workspace) -> None:
    import shutil

    del app
    (one,) = selections(workspace)
    shutil.copytree(one.folder, one.folder.with_name("0other-folder"))
    listed = tab.get("/api/selections")
    assert {entry["name"] for entry in listed} == {"round 1", "0other-folder"}
    assert {entry["picks"] for entry in listed} == {one.picks.num_rows}
    found = tab.get("/api/compare?a=round 1&b=0other-folder")
    assert found["only"] == [[], []]
    assert found["both"] == one.picks.num_rows
    assert ["picks", str(found["both"]), str(found["both"])] in found["rows"]
    assert len(found["names"]) == 2


def test_frames_of_one_selection_alone_keep_their_own_rank(tab: Tab, workspace: Workspace) -> None:
    import shutil

    import pyarrow.parquet as pq

    (one,) = selections(workspace)
    other = one.folder.with_name("0shorter")
    shutil.copytree(one.folder, other)
    table = pq.ParquetFile(other / "all.parquet").read()
    pq.write_table(table.slice(0, 2), other / "all.parquet")
    found = tab.get("/api/compare?a=round 1&b=0shorter")
    assert found["only"][1] == []
    assert [card["theirs"]["rank"] for card in found["only"][0]] == list(
        range(3, table.num_rows + 1)
    )
    assert found["both"] == 2
