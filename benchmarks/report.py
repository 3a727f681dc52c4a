"""The report of a large workspace: page size, time to make, first paint, panning and scrolling.

    python benchmarks/report.py [--folder FOLDER] [--frames 100000] [--picks 500] [--variant page]

The workspace is made from rendered footage (see big_workspace.py) unless it is there already. The
report is made twice: the second time finds the map and the next best frames already computed. The
page is opened from disk in headless Chromium, which paints without a GPU. A step is one movement of
the pointer over the map, or one turn of the wheel over the sheet of picks, after which the page is
painted; work is what the page's main thread did for it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from big_workspace import make
from playwright.sync_api import CDPSession, Page, ViewportSize, sync_playwright

STEPS = 120
SIZE: ViewportSize = {"width": 1280, "height": 900}
PAINT = """async () => {
  const entry = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const [navigation] = performance.getEntriesByType("navigation");
  return [entry("first-contentful-paint"), navigation.domContentLoadedEventEnd];
}"""
PICTURE = """() => document.querySelector("fs-sheet img[src]")?.complete"""
STEPPING = """async ([kind, steps]) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const pane = document.querySelector(".fs-map-pane");
  const box = pane?.getBoundingClientRect(); // there is none before the map was near
  // no further than the sheet goes
  const sheet = document.querySelector("fs-sheet").getBoundingClientRect();
  const turn = Math.min(240, Math.max(1, (sheet.height - innerHeight) / steps));
  const at = (i) => ({
    pointerId: 1, button: 0, buttons: 1, bubbles: true, isPrimary: true, pointerType: "mouse",
    clientX: box.left + box.width / 2 + 150 * Math.sin(i / 9),
    clientY: box.top + box.height / 2 + 90 * Math.cos(i / 7),
  });
  const moves = {
    pan: (i) => pane.dispatchEvent(new PointerEvent("pointermove", at(i))),
    scroll: () => scrollBy({ top: turn, behavior: "instant" }),
  };
  if (pane) pane.setPointerCapture = () => {};
  if (kind === "pan") pane.dispatchEvent(new PointerEvent("pointerdown", at(0)));
  const took = [];
  for (let i = 1; i <= steps; i++) {
    const began = performance.now();
    moves[kind](i);
    await painted();
    took.push(performance.now() - began);
  }
  if (kind === "pan") pane.dispatchEvent(new PointerEvent("pointerup", at(steps)));
  return took;
}"""


def main() -> None:
    """Prints a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="where the workspace is or goes; kept")
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--picks", type=int, default=500)
    parser.add_argument("--variant", choices=("page", "folder"), default="page")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        root = folder / "ws"
        if not (root / "rounds/0001/export/picks.csv").exists():
            root = make(folder, options.frames, options.picks).root
        made = make_report(root, options.variant)
        look(made, options.chromium)


def make_report(root: Path, variant: str) -> Path:
    """Makes the report twice and tells how long it took."""
    home = root / "rounds" / "0001"
    more = ["--folder"] if variant == "folder" else []
    command = [sys.executable, "-m", "framesel", "report", str(root), *more]
    for name in ("first", "again"):
        began = time.monotonic()
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"made, {name}: {time.monotonic() - began:.1f} s")
    print(f"  {told.strip().splitlines()[-1]}")
    return home / ("report/index.html" if more else "report.html")


def look(path: Path, chromium: str | None) -> None:
    """Opens a page and measures it."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(path.absolute().as_uri())
        paint, parsed = page.evaluate(PAINT)
        print(f"first paint: {paint:.0f} ms; document read: {parsed:.0f} ms")
        heap = page.evaluate("() => performance.memory?.usedJSHeapSize / 1e6")
        print(f"memory of scripts: {heap:.0f} MB")
        show(page, "picks")
        page.wait_for_function(PICTURE)
        steps(page, "scroll")
        show(page, "map")
        steps(page, "pan")
        browser.close()


def show(page: Page, part: str) -> None:
    """Scrolls to a part of the page and lets it draw itself."""
    script = "(id) => document.getElementById(id).scrollIntoView({ behavior: 'instant' })"
    for _ in range(2):  # what comes before may grow once it is in sight
        page.evaluate(script, part)
        page.wait_for_timeout(1000)


def steps(page: Page, kind: str) -> None:
    """Prints how long steps take."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = metrics(session)
    took = np.array(page.evaluate(STEPPING, [kind, STEPS]))
    spent = {name: value - before[name] for name, value in metrics(session).items()}
    session.detach()
    work, script = (1000 * spent[name] / STEPS for name in ("TaskDuration", "ScriptDuration"))
    print(
        f"{kind}, {STEPS} steps until painted: median {np.median(took):.1f} ms, 95 % "
        f"{np.quantile(took, 0.95):.1f} ms, longest {took.max():.1f} ms; work {work:.1f} ms a "
        f"step, of it script {script:.1f} ms"
    )


def metrics(session: CDPSession) -> dict[str, float]:
    """What the browser has counted so far."""
    found: dict[str, Any] = session.send("Performance.getMetrics")
    return {one["name"]: float(one["value"]) for one in found["metrics"]}


if __name__ == "__main__":
    main()
