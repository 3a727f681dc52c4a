"""The page holds what it needs, runs what it ships, and stays small."""

import base64
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesel.report import page, shell, thumbnails
from framesel.report.page import Made
from framesel.report.view import View
from tests.pipeline.conftest import Bench, picks
from tests.report.parsed import Page
from tests.report.test_columns import KINDS


@pytest.fixture(scope="module")
def made(view: View, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return page.write(view, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def parsed(made: Made) -> Page:
    return Page(made.path.read_text("utf-8"))


def sides(picture: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return max(image.shape[:2]), min(image.shape[:2])


def test_the_page_has_every_part_under_a_heading(parsed: Page) -> None:
    for part in shell.PARTS:
        assert parsed.tags.count(part.element) == 1
        assert ("section", "id", part.id) in parsed.attributes
        assert ("a", "href", f"#{part.id}") in parsed.attributes
    assert parsed.tags.count("h1") == 1
    assert ("html", "lang", "en") in parsed.attributes
    for element in ("fs-filters", "fs-frame", "main", "nav", "noscript"):
        assert parsed.tags.count(element) == 1


def test_the_story_tells_of_every_pick(looked: Bench, view: View, parsed: Page) -> None:
    story = parsed.story
    listed = picks(looked)
    assert story["counts"] == {
        "videos": len(view.videos),
        "frames": len(view.frames),
        "picks": len(listed),
    }
    cards = {card["row"]: card for card in story["cards"]}
    assert len(cards) == len(story["cards"])
    shown = [cards[row]["key"] for row in story["pick_rows"]]
    assert shown == [f"{row['video_no']}:{row['pts']}" for row in listed]
    for near in story["neighbours"].values():
        assert all(row in cards for row in (*near["time"], *near["duplicates"]))
    assert story["media"] == "inline"
    assert story["round"] == 1
    for figure in ("happened", "coverage", "scores", "class_shares", "left_out", "map"):
        assert story[figure]


def test_full_frames_link_to_the_export_from_wherever_the_page_is(
    looked: Bench, parsed: Page, made: Made
) -> None:
    images = [card["image"] for card in parsed.story["cards"] if card["rank"]]
    assert len(images) == len(picks(looked))
    for image in images:
        assert not Path(image).is_absolute()
        assert (made.path.parent / image).resolve().is_relative_to(looked.root.resolve())
        assert (made.path.parent / image).exists()


def test_small_pictures_are_inside_and_are_those_of_their_frames(
    view: View, parsed: Page, made: Made
) -> None:
    pictures = parsed.pictures()
    assert made.pictures == len(pictures) == len(view.frames)
    for row in parsed.story["pick_rows"]:
        assert sides(pictures[row])[0] == min(160, thumbnails.PICK.side_px)
    whole = view.jpeg(5)
    assert whole is not None
    full = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR)
    small = cv2.imdecode(np.frombuffer(pictures[5], np.uint8), cv2.IMREAD_COLOR)
    assert full is not None
    assert small is not None
    shrunk = cv2.resize(full, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small.astype(int)).mean() < 8


def test_only_scripts_that_ship_may_run_and_nothing_is_fetched(parsed: Page) -> None:
    policy = parsed.policy
    runs = [script for script in parsed.scripts if script.runs]
    assert runs
    allowed = policy.pop("script-src")
    assert all(one.startswith("'sha256-") for one in allowed)
    assert {script.sha for script in runs} <= set(allowed)
    assert all("src" not in script.attributes for script in parsed.scripts)
    assert policy == {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", "blob:", "'self'", "file:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    links = {value for _, name, value in parsed.attributes if name in ("src", "href")}
    assert all(link is not None and link.startswith(("#", "data:")) for link in links)


def test_every_policy_stands_before_what_it_forbids(made: Made) -> None:
    text = made.path.read_text("utf-8")
    assert text.index("Content-Security-Policy") < text.index("<style") < text.index("<script")


def test_many_frames_show_all_picks_and_an_even_choice_of_the_rest(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = view.picks.num_rows
    monkeypatch.setattr(page, "MOST_ROWS", chosen + 5)
    made = page.write(view, tmp_path / "report.html")
    parsed = Page(made.path.read_text("utf-8"))
    rows = column(parsed, "row")
    assert len(rows) == chosen + 5
    assert set(parsed.story["pick_rows"]) <= set(rows.tolist())
    assert (np.diff(rows) > 0).all()
    assert column(parsed, "t_s").tolist() == view.frames.t_s[rows].astype(np.float32).tolist()
    assert f"This page holds {chosen + 5} of {len(view.frames)} frames" in parsed.text


def column(parsed: Page, name: str) -> np.ndarray:
    packed = parsed.story["columns"][name]
    return np.frombuffer(base64.b64decode(packed["data"]), KINDS[packed["type"]])


def test_the_page_keeps_to_its_size_and_picks_come_first(
    view: View, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Page(made.path.read_text("utf-8"))
    blocks = [s for s in full.scripts if str(s.attributes.get("id")).startswith("thumbs-")]
    alone = made.size - sum(len(block.text) for block in blocks)
    room = 40_000
    most = alone + room
    monkeypatch.setattr(page, "MOST_BYTES", most)
    small = page.write(view, tmp_path / "report.html")
    parsed = Page(small.path.read_text("utf-8"))
    assert small.size <= most + room // 50  # how large pictures are is guessed from some of them
    assert set(parsed.story["pick_rows"]) <= set(parsed.pictures())
    assert small.pictures < made.pictures


def test_a_selection_without_a_round_links_to_no_export(view: View, tmp_path: Path) -> None:
    alone = replace(view, chosen=replace(view.chosen, name="of no round"))
    made = page.write(alone, tmp_path / "report.html")
    story = Page(made.path.read_text("utf-8")).story
    assert story["round"] is None
    assert [card["image"] for card in story["cards"]] == [None] * len(story["cards"])
    assert len(story["pick_rows"]) == view.picks.num_rows
