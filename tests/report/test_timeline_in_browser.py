"""The timeline: every video a line, however many; picks open, filters and search hold."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import expect

from tests.report import handmade

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = ("near", "palette", "tip", "timeline_data", "timeline_paint", "timeline_line", "timeline")
PIXELS = """
([index, name]) => {
  const canvas = document.querySelectorAll("fs-timeline canvas")[index];
  const wanted = framesel.palette.rgb(framesel.palette.variable(canvas, name));
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const columns = new Set();
  for (let i = 0; i < data.length; i += 4)
    if (wanted.every((value, k) => data[i + k] === value)) columns.add((i / 4) % canvas.width);
  return [...columns].map((x) => x / canvas.width).sort((a, b) => a - b);
}"""


def opened(page: "Page", folder: Path, story: handmade.Story) -> None:
    page.goto(handmade.write(folder, story, "fs-timeline", SCRIPTS))
    page.wait_for_selector("fs-timeline .fs-line")


def names(page: "Page") -> list[str]:
    return page.locator(".fs-line-name").all_inner_texts()


def test_picks_open_their_frames(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    browser_page.get_by_role("button", name="Pick 6 at 0:10.0").click()
    assert browser_page.evaluate("framesel.store.selected") == 50
    # one stop for the tab key in each line, arrows within it
    browser_page.get_by_role("button", name="Pick 1 at 0:00.0").focus()
    browser_page.keyboard.press("ArrowRight")
    browser_page.keyboard.press("ArrowRight")
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("framesel.store.selected") == 20


def test_runs_and_bad_frames_are_drawn_where_they_are(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story(videos=1, frames=40))
    runs = np.array(browser_page.evaluate(PIXELS, [0, "--fate-duplicate"]))
    groups = np.split(runs, np.flatnonzero(np.diff(runs) > 0.02) + 1)
    # frames 0..3, 10..13, 20..23 and 30..33 of 40 seconds
    assert [round(float(group[0]) * 40) for group in groups] == [0, 10, 20, 30]
    assert all(3 <= (group[-1] - group[0]) * 40 < 4 for group in groups)
    poor = np.array(browser_page.evaluate(PIXELS, [0, "--fate-rejected"]))
    assert len(poor) > 0
    assert poor.min() * 40 > 38.5


def test_thousands_of_videos_are_a_few_nodes(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story(videos=3000, frames=10))
    assert "3,000 videos" in browser_page.locator("fs-timeline").inner_text()
    assert browser_page.locator(".fs-line").count() < 30
    browser_page.locator(".fs-lines-window").evaluate("node => node.scrollTop = node.scrollHeight")
    expect(browser_page.locator(".fs-line-name").last).to_have_text("video 2999.mp4")
    assert browser_page.locator(".fs-line").count() < 30
    last = browser_page.locator(".fs-line").last
    assert (last.get_attribute("aria-posinset"), last.get_attribute("aria-setsize")) == (
        "3000",
        "3000",
    )


def test_lines_are_found_sorted_and_folded(browser_page: "Page", tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>.mp4"
    story = handmade.story(videos=4, names=["video 10.mp4", hostile])
    fates = np.zeros(160, np.uint8)
    for video, picks in enumerate((4, 9, 2, 7)):
        fates[video * 40 : video * 40 + picks] = handmade.FATES.index("pick")
    story["columns"]["fate"] = handmade.column("u8", fates)
    opened(browser_page, tmp_path, story)
    assert names(browser_page) == [hostile, "video 2.mp4", "video 3.mp4", "video 10.mp4"]
    browser_page.select_option("fs-timeline select", "picks")
    assert names(browser_page) == [hostile, "video 3.mp4", "video 10.mp4", "video 2.mp4"]
    browser_page.get_by_label("Find a video").fill("VIDEO 1")
    assert names(browser_page) == ["video 10.mp4"]
    assert "1 of 4 videos" in browser_page.locator("fs-timeline").inner_text()
    browser_page.get_by_label("Find a video").fill("")
    browser_page.locator(".fs-line-head", has_text="video 3.mp4").click()
    assert browser_page.locator("fs-timeline canvas").count() == 3
    folded = browser_page.locator(".fs-line-head", has_text="video 3.mp4")
    assert folded.get_attribute("aria-expanded") == "false"
    assert folded.evaluate("node => node === document.activeElement")
    browser_page.get_by_role("button", name="Expand all").click()
    assert browser_page.locator("fs-timeline canvas").count() == 4


def test_sorting_by_score_takes_the_mean(browser_page: "Page", tmp_path: Path) -> None:
    story = handmade.story(videos=3, frames=4)
    scores = [0.9, 0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5, np.nan, np.nan, np.nan, np.nan]
    story["columns"]["score"] = handmade.column("f32", scores)
    opened(browser_page, tmp_path, story)
    browser_page.select_option("fs-timeline select", "score")
    assert names(browser_page) == ["video 1.mp4", "video 0.mp4", "video 2.mp4"]


def test_filters_leave_out_videos_and_fade_frames(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    browser_page.evaluate("framesel.store.setFilters({video: new Set([2])})")
    assert names(browser_page) == ["video 1.mp4"]
    browser_page.evaluate("framesel.store.setFilters({video: null, fate: new Set(['rejected'])})")
    assert browser_page.locator(".fs-pick[data-dim]").count() == 12


def test_decisions_are_seen(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    first = browser_page.locator(".fs-line").first
    assert "4 picks of 40 frames" in first.inner_text()
    browser_page.evaluate(
        """() => {
          const card = {...framesel.card(10), fate: "declined", rank: null};
          framesel.store.change({cards: [card], pick_rows: framesel.store.story.pick_rows});
        }"""
    )
    assert "3 picks of 40 frames" in first.inner_text()
    assert first.locator(".fs-pick").count() == 3


def test_any_frame_is_reached_by_pointer_and_by_keys(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    frames = browser_page.get_by_role("slider", name="Frames of video 1.mp4")
    box = frames.bounding_box()
    assert box is not None
    browser_page.mouse.move(box["x"] + box["width"] * 17.1 / 40, box["y"] + 40)
    assert "0:17.0" in frames.locator(".fs-tip").inner_text()
    browser_page.mouse.down()
    browser_page.mouse.up()
    assert browser_page.evaluate("framesel.store.selected") == 57
    frames.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        browser_page.keyboard.press(key)
    assert frames.get_attribute("aria-valuetext") == "0:02.0, near-duplicate"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("framesel.store.selected") == 42


def test_stills_and_videos_without_frames_have_a_line(browser_page: "Page", tmp_path: Path) -> None:
    story = handmade.story(videos=1, frames=1)
    story["columns"]["fate"] = handmade.column("u8", [handmade.FATES.index("pick")])
    story["videos"][0]["duration_s"] = None
    story["videos"][0]["kind"] = "image"
    empty = {"no": 9, "name": "z.mp4", "frames": 0, "picks": 0, "duration_s": 3.0}
    story["videos"].append(story["videos"][0] | empty)
    opened(browser_page, tmp_path, story)
    assert names(browser_page) == ["video 0.mp4", "z.mp4"]
    assert browser_page.locator("fs-timeline canvas").count() == 0
    browser_page.locator(".fs-line-head").first.click()
    pick = browser_page.locator(".fs-pick")
    assert pick.evaluate("node => node.style.left") == "50%"
