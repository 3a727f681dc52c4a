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
        shoot(chromium, page.as_uri(), DOCS / "page.jpg", "#picks")
        with desk(DEMO / "ws") as address:
            shoot(chromium, address, DOCS / "desk.jpg", "main")
        chromium.close()


def shoot(chromium: Browser, address: str, target: Path, part: str) -> None:
    """Takes a screenshot of a part of a page once its pictures are there."""
    context = chromium.new_context(viewport=SIZE, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.locator(f"{part} img").first.wait_for()
    page.locator(part).evaluate("part => part.scrollIntoView()")
    decoded(page)
    page.screenshot(path=target, type="jpeg", quality=82)
    context.close()
    print(f"{target.relative_to(DOCS.parent)}: {target.stat().st_size:,} bytes")


def decoded(page: Page) -> None:
    """Lets pictures come, and waits until all that came can be seen."""
    page.wait_for_timeout(2_000)
    page.evaluate("Promise.all([...document.images].map(image => image.decode().catch(() => 0)))")


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
