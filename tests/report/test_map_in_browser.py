"""The map: points where they belong, moved by pointer and keys, dimmed by filters."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.report import handmade

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = ("near", "palette", "tip", "map_index", "map_scene", "map_moves", "map_colours", "map")
NEAR = """
([x, y, colour, by]) => {
  const canvas = document.querySelector("fs-map canvas");
  const ratio = canvas.width / canvas.clientWidth;
  const side = Math.round(2 * by * ratio);
  const left = Math.round((x - by) * ratio), top = Math.round((y - by) * ratio);
  const data = canvas.getContext("2d").getImageData(left, top, side, side).data;
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i] === colour[0] && data[i + 1] === colour[1] && data[i + 2] === colour[2]) found++;
  return found;
}"""
PICK = [217, 72, 15]  # --fate-pick in light
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def opened(page: "Page", folder: Path, story: handmade.Story) -> None:
    page.goto(handmade.write(folder, story, "fs-map", SCRIPTS))
    page.wait_for_selector("fs-map .fs-map-legend :is(li, .fs-map-ramp)")
    page.evaluate(DRAWN)


def place(page: "Page", x: float, y: float, story_x: Any, story_y: Any) -> tuple[float, float]:
    """Where the whole map, as it is fitted, shows a place; from the pane's corner."""
    pane = page.locator(".fs-map-pane")
    width, height = pane.evaluate("pane => [pane.clientWidth, pane.clientHeight]")
    left, right, low, high = min(story_x), max(story_x), min(story_y), max(story_y)
    scale = min((width - 32) / (right - left), (height - 32) / (high - low))
    return (
        (x - (left + right) / 2) * scale + width / 2,
        ((low + high) / 2 - y) * scale + height / 2,
    )


def seen(page: "Page", spot: tuple[float, float], colour: list[int], by: float = 6) -> int:
    """Pixels of a colour around a spot."""
    return int(page.evaluate(NEAR, [spot[0], spot[1], colour, by]))


def at(page: "Page", spot: tuple[float, float]) -> tuple[float, float]:
    box = page.locator(".fs-map-pane").bounding_box()
    assert box is not None
    return box["x"] + spot[0], box["y"] + spot[1]


XS, YS = (0.0, 20.0), (0.0, 19.5)  # of the handmade story of 3 videos with 40 frames
FIRST_PICK = (0.0, 5.0)  # video 1, frame 10


def test_a_pick_is_drawn_where_it_lies(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    assert seen(browser_page, place(browser_page, *FIRST_PICK, XS, YS), PICK) > 10
    assert seen(browser_page, place(browser_page, 5.0, 5.0, XS, YS), PICK, 20) == 0


def test_hover_shows_the_frame_and_a_click_opens_it(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story(names=["<b>one</b>.mp4"]))
    browser_page.mouse.move(*at(browser_page, place(browser_page, *FIRST_PICK, XS, YS)))
    tip = browser_page.locator(".fs-tip")
    assert "<b>one</b>.mp4" in tip.inner_text()
    assert "0:10.0, pick 2" in tip.inner_text()
    tip.locator("img").wait_for()
    browser_page.mouse.click(*at(browser_page, place(browser_page, *FIRST_PICK, XS, YS)))
    assert browser_page.evaluate("framesel.store.selected") == 10


def test_dragging_and_the_wheel_move_and_zoom(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    spot = place(browser_page, *FIRST_PICK, XS, YS)
    browser_page.mouse.move(*at(browser_page, (300, 100)))
    browser_page.mouse.down()
    browser_page.mouse.move(*at(browser_page, (350, 130)), steps=4)
    browser_page.mouse.up()
    browser_page.evaluate(DRAWN)
    moved = (spot[0] + 50, spot[1] + 30)
    assert seen(browser_page, moved, PICK) > 10
    # the wheel keeps what is under the pointer there
    browser_page.mouse.move(*at(browser_page, moved))
    browser_page.mouse.wheel(0, -600)
    browser_page.evaluate(DRAWN)
    assert seen(browser_page, moved, PICK) > 10
    other = place(browser_page, 0.0, 10.0, XS, YS)
    assert seen(browser_page, (other[0] + 50, other[1] + 30), PICK) == 0
    browser_page.get_by_role("button", name="Show all points").click()
    browser_page.evaluate(DRAWN)
    assert seen(browser_page, spot, PICK) > 10


def test_keys_alone_reach_a_frame(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story(videos=1))
    browser_page.locator(".fs-map-pane").focus()
    for key in ("+", "+", "ArrowDown", "ArrowUp", "ArrowUp"):
        browser_page.keyboard.press(key)
    assert (
        "In the middle: video 0.mp4 at 0:2" in browser_page.locator("fs-map p").first.inner_text()
    )
    browser_page.keyboard.press("Enter")
    chosen = browser_page.evaluate("framesel.store.selected")
    assert 20 <= chosen < 30
    browser_page.keyboard.press("0")
    browser_page.evaluate(DRAWN)


def test_filters_dim_what_they_leave_out(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    first = place(browser_page, *FIRST_PICK, XS, YS)
    second = place(browser_page, 10.0, 5.0, XS, YS)
    browser_page.select_option("fs-map select", "video")
    browser_page.get_by_role("button", name="video 1.mp4").click()
    browser_page.select_option("fs-map select", "fate")
    browser_page.evaluate(DRAWN)
    assert seen(browser_page, first, PICK) == 0
    assert seen(browser_page, second, PICK) > 10
    browser_page.mouse.move(*at(browser_page, first))
    assert browser_page.locator(".fs-tip").is_hidden()


def test_colours_follow_score_and_theme(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    spot = place(browser_page, *FIRST_PICK, XS, YS)
    browser_page.select_option("fs-map select", "score")
    browser_page.evaluate(DRAWN)
    assert seen(browser_page, spot, PICK) == 0
    assert "0.1" in browser_page.locator(".fs-map-legend").inner_text()
    browser_page.select_option("fs-map select", "fate")
    browser_page.evaluate("document.documentElement.dataset.theme = 'dark'")
    browser_page.evaluate(DRAWN)
    assert seen(browser_page, spot, [255, 138, 76]) > 10


def test_without_positions_it_says_so(browser_page: "Page", tmp_path: Path) -> None:
    story = handmade.story()
    for name in ("x", "y"):
        del story["columns"][name]
    story["map"] = None
    browser_page.goto(handmade.write(tmp_path, story, "fs-map", SCRIPTS))
    assert "no map" in browser_page.locator("fs-map").inner_text()
    # the desk brings them later
    browser_page.evaluate(
        "parts => framesel.store.addColumns(parts)",
        {"x": handmade.column("f32", range(120)), "y": handmade.column("f32", range(120))},
    )
    browser_page.locator("fs-map canvas").wait_for()


def test_frames_without_a_position_are_nowhere(browser_page: "Page", tmp_path: Path) -> None:
    story = handmade.story()
    x = np.repeat([0.0, 10.0, 20.0], 40)
    x[10] = np.nan
    story["columns"]["x"] = handmade.column("f32", x)
    opened(browser_page, tmp_path, story)
    assert "119 of 120 frames" in browser_page.locator("fs-map").inner_text()
    assert seen(browser_page, place(browser_page, *FIRST_PICK, XS, YS), PICK) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_the_nearest_point_is_found_as_if_all_were_looked_at(
    browser_page: "Page", tmp_path: Path, count: int
) -> None:
    opened(browser_page, tmp_path, handmade.story())
    different = browser_page.evaluate(
        """count => {
          let seed = count;
          const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
          let different = 0;
          for (let turn = 0; turn < 40; turn++) {
            const n = count === 1 ? 1 + turn % 3 : 500;
            const [x, y] = [0, 1].map(() => Float32Array.from({length: n}, chance));
            const grid = new framesel.Grid(x, y);
            for (let ask = 0; ask < 20; ask++) {
              const [ax, ay, reach] = [chance() * 1.4 - 0.2, chance() * 1.4 - 0.2, chance() * 0.3];
              const away = Array.from(x, (_, i) => (x[i] - ax) ** 2 + (y[i] - ay) ** 2);
              const least = Math.min(...away);
              const expected = least <= reach * reach ? away.indexOf(least) : -1;
              if (grid.nearest(ax, ay, reach, () => 1) !== expected) different++;
            }
          }
          return different;
        }""",
        count,
    )
    assert different == 0


def test_fingers_pinch_and_tap(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, handmade.story())
    session = browser_page.context.new_cdp_session(browser_page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind: str, *spots: tuple[float, float]) -> None:
        points = [
            dict(zip("xy", at(browser_page, spot), strict=True)) | {"id": i}
            for i, spot in enumerate(spots)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    pane = browser_page.locator(".fs-map-pane")
    width, height = pane.evaluate("pane => [pane.clientWidth, pane.clientHeight]")
    middle = (width / 2, height / 2)
    for apart in (40, 50, 60, 70, 80):
        fingers = ((middle[0] - apart, middle[1]), (middle[0] + apart, middle[1]))
        touch("touchStart" if apart == 40 else "touchMove", *fingers)
    touch("touchEnd")
    browser_page.evaluate(DRAWN)
    spot = place(browser_page, 10.0, 10.0, XS, YS)  # the middle one of three videos
    doubled = tuple(2 * (a - m) + m for a, m in zip(spot, middle, strict=True))
    assert seen(browser_page, (doubled[0], doubled[1]), PICK) > 10
    # the first touch shows the picture, the second one opens it
    for opens in (None, 60):
        touch("touchStart", (doubled[0], doubled[1]))
        touch("touchEnd")
        assert browser_page.locator(".fs-tip").is_visible()
        assert browser_page.evaluate("framesel.store.selected") == opens
