"""Makes the screenshots of the README from the demo's rendered footage: `make screenshots`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent
DEMO = DOCS.parent / "demo"
SIZE = {"width": 1280, "height": 800}
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Runs the demo where that is missing, then takes pictures of the page and of the desk."""
    page = DEMO / "ws" / "rounds" / "0001" / "report.html"
    if not page.exists():
        subprocess.run(
            [sys.executable, "-m", "framesel.simulation.demo"], check=True, cwd=DOCS.parent
        )
    path = next(filter(None, map(which, NAMES)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        shoot(chromium, page.as_uri(), DOCS / "page.jpg", "fs-sheet img")
        with desk(DEMO / "ws") as address:
            shoot(chromium, address, DOCS / "desk.jpg", "img")
        chromium.close()


def shoot(chromium: Browser, address: str, target: Path, picture: str) -> None:
    """Opens an address, waits until pictures are there, and takes a screenshot."""
    context = chromium.new_context(viewport=SIZE, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(picture)
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    settled(page)
    page.screenshot(path=target, type="jpeg", quality=82)
    context.close()
    print(f"{target.relative_to(DOCS.parent)}: {target.stat().st_size:,} bytes")


def settled(page: Page) -> None:
    """Waits until nothing has been asked for during half a second."""
    page.wait_for_load_state("networkidle")


@contextmanager
def desk(workspace: Path) -> Iterator[str]:
    """A desk at work, and its address."""
    command = [sys.executable, "-m", "framesel", "review", str(workspace), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split(" at ")[1].strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
