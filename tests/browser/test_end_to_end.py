"""As a user would: the commands, the page from disk, the desk, and the exported list."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow.csv
import pyarrow.parquet as pq

from tests.desk.in_a_tab import current, hears, opens, rows
from tests.desk.open_desk import settled
from tests.pipeline.conftest import Bench, bench, finished, footage

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["bench", "finished", "footage"]

Key = tuple[int, int]


@contextmanager
def desk_of(bench: Bench) -> Iterator[str]:
    """`framesel review`, in a process of its own; it is killed in the end."""
    command = [sys.executable, "-m", "framesel", "review", str(bench.root), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split(" at ", 1)[1].strip()
        finally:
            process.kill()


def exported(bench: Bench) -> dict[Key, dict[str, object]]:
    path = bench.root / "rounds/0001/export/picks.parquet"
    table = pq.read_table(path, partitioning=None).to_pylist()
    return {(row["video_no"], row["pts"]): row for row in table}


def keys(page: "Page") -> list[Key]:
    """The picks in the tab, as their files know them."""
    return [key(page, row) for row in rows(page)]


def key(page: "Page", row: int) -> Key:
    video_no, pts = page.evaluate("row => framesel.card(row).key", row).split(":")
    return int(video_no), int(pts)


def test_the_page_opens_from_disk_is_filtered_and_explains_a_pick(
    browser_page: "Page", bench: Bench
) -> None:
    command = [sys.executable, "-m", "framesel", "report", str(bench.root)]
    subprocess.run(command, check=True, capture_output=True)
    picks = list(exported(bench).values())
    browser_page.goto((bench.root / "rounds/0001/report.html").as_uri())
    tiles = browser_page.locator("fs-sheet li[data-row]")
    tiles.first.wait_for()
    assert tiles.count() == len(picks)
    name = str(picks[-1]["video"]).rsplit("/", 1)[-1]
    browser_page.get_by_label("Find").first.fill(name)
    wanted = sum(str(pick["video"]).endswith(name) for pick in picks)
    browser_page.locator("fs-sheet .said", has_text=f"{wanted} of {len(picks)}").wait_for()
    assert tiles.count() == wanted < len(picks)
    tiles.first.locator("a").first.click()
    dialog = browser_page.get_by_role("dialog")
    dialog.wait_for()
    first = next(pick for pick in picks if str(pick["video"]).endswith(name))
    assert name in dialog.inner_text()
    assert str(first["reason"]) in dialog.inner_text()


def test_decisions_at_the_desk_are_what_is_exported(browser_page: "Page", bench: Bench) -> None:
    page, before = browser_page, exported(bench)
    with desk_of(bench) as address:
        page.goto(address)
        settled(page)
        assert set(keys(page)) == set(before)
        unwanted = key(page, current(page))
        page.keyboard.press("x")
        # at once, or as soon as the desk has looked at what comes next
        said = page.locator("#said").filter(has_text=re.compile("takes (its|the) place"))
        said.wait_for(timeout=120_000)
        (entered,) = set(keys(page)) - set(before)
        page.keyboard.press("j")
        page.keyboard.press("x")
        hears(page, "takes its place")
        page.keyboard.press("z")
        hears(page, "taken back")
        page.keyboard.press("s")
        page.locator("#view-search [data-row]").nth(1).wait_for()
        page.get_by_role("tab", name="Picks").click()
        pin = key(page, opens(page))
        page.keyboard.press("p")
        hears(page, "pinned")
        wanted = keys(page)
        page.goto("about:blank")
    # the laptop was closed; whoever opens it again finds everything as it was
    with desk_of(bench) as address:
        page.goto(address)
        settled(page)
        assert keys(page) == wanted
        page.keyboard.press("e")
        page.get_by_role("button", name="Export", exact=False).last.click()
        page.get_by_text("The pictures and lists lie in").wait_for(timeout=120_000)
        page.goto("about:blank")
    after = exported(bench)
    assert list(after) == wanted
    assert set(after) == set(before) - {unwanted} | {entered, pin}
    assert after[pin]["verdict"] == "pinned"
    assert after[entered]["verdict"] == "replacement"
    folder = bench.root / "rounds/0001/export"
    listed = pyarrow.csv.read_csv(folder / "picks.csv").to_pylist()
    assert [(row["video_no"], row["pts"]) for row in listed] == wanted
    assert all((folder / "images" / str(row["image"])).exists() for row in listed)
