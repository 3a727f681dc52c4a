"""What a step over the map of a report costs: its script, and all that its thread does.

    framesel report ws --out report.html && python benchmarks/map_step.py report.html

The page is opened in headless Chromium without a graphics card; the map is dragged, zoomed by the
wheel and hovered over. Times are those of the page's main thread alone, so that other work on the
machine does not count.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

STEPS = 60
NEXT = "new Promise(requestAnimationFrame)"


def main() -> None:
    """Opens the page, moves, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", type=Path)
    parser.add_argument(
        "--ratio", type=float, default=1.0, help="pixels of the screen for one of CSS"
    )
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, device_scale_factor=options.ratio
        )
        page = context.new_page()
        page.goto(options.page.resolve().as_uri())
        page.locator("fs-map").scroll_into_view_if_needed()
        page.wait_for_selector("fs-map .fs-map-legend li")
        page.locator(".fs-map-pane").scroll_into_view_if_needed()
        print(f"{page.evaluate('framesel.columns(`x`).length'):,} points")
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        measure(page, session)
        browser.close()


def measure(page: Page, session: CDPSession) -> None:
    """Prints what moves of each kind cost."""
    box = page.locator(".fs-map-pane").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    report("drag", session, lambda step: page.mouse.move(x + step * 2, y + step % 20), page)
    page.mouse.up()
    page.keyboard.press("0")
    page.mouse.move(x, y)
    report("wheel", session, lambda step: page.mouse.wheel(0, -40 if step % 20 < 10 else 40), page)
    report("hover", session, lambda step: page.mouse.move(x + step * 2, y + step), page)
    report(
        "filter",
        session,
        lambda step: page.evaluate(f"framesel.store.setFilters({{text: '{step % 10}'}})"),
        page,
    )


def report(name: str, session: CDPSession, move: Callable[[int], object], page: Page) -> None:
    """Moves so many times, each drawn before the next; prints milliseconds a step."""
    page.evaluate(NEXT)
    before = spent(session)
    for step in range(STEPS):
        move(step)
        page.evaluate(NEXT)
    script, task = (
        (end - start) / STEPS * 1e3 for start, end in zip(before, spent(session), strict=True)
    )
    print(f"{name:7} {script:5.1f} ms script, {task:5.1f} ms in all a step")


def spent(session: CDPSession) -> tuple[float, float]:
    """Seconds that the page's thread spent on scripts, and on everything."""
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return metrics["ScriptDuration"], metrics["TaskDuration"]


if __name__ == "__main__":
    main()
