"""How fast the desk is on a workspace: until the first data, a step, a decision.

    python benchmarks/big_workspace.py FOLDER --frames 100000 --picks 500
    python benchmarks/desk.py FOLDER/ws

Starts `framesel review` in a process of its own and asks it over HTTP, as a browser does. Whatever
it decides it takes back; the decisions and their undos stay in the workspace.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil


@dataclass
class Browser:
    """One connection with the desk's cookie."""

    port: int
    token: str
    seq: int = 0

    def __post_init__(self) -> None:
        self.line = HTTPConnection("127.0.0.1", self.port, timeout=600)

    def ask(self, method: str, path: str, content: Any = None) -> bytes:
        """The body of an answer.

        Raises:
            RuntimeError: The desk refused.
        """
        headers = {
            "cookie": f"framesel_desk_{self.port}={self.token}",
            "origin": f"http://127.0.0.1:{self.port}",
            "content-type": "application/json",
            "accept-encoding": "gzip",
        }
        body = None if content is None else json.dumps(content)
        self.line.request(method, path, body, headers)
        answer = self.line.getresponse()
        found = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {found[:300]!r}")
        return found

    def get(self, path: str) -> Any:
        """JSON."""
        return json.loads(self.ask("GET", path))

    def decide(self, kind: str, row: int, **more: Any) -> Any:
        """A decision."""
        content = {"seq": self.seq, "kind": kind, "row": row, **more}
        return self._heard(self.ask("POST", "/api/decide", content))

    def undo(self) -> Any:
        """Takes the last one back."""
        return self._heard(self.ask("POST", "/api/undo", {"seq": self.seq}))

    def _heard(self, body: bytes) -> Any:
        answer = json.loads(body)
        self.seq = answer["seq"]
        return answer


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def told(what: str, seconds: Sequence[float]) -> None:
    """Prints a row: median, 95th percentile, the worst."""
    ms = sorted(1000 * s for s in seconds)
    late = ms[min(len(ms) - 1, int(0.95 * len(ms)))]
    print(f"{what:<44}{statistics.median(ms):9.1f}{late:9.1f}{ms[-1]:9.1f} ms")


def start(workspace: Path) -> tuple[subprocess.Popen[str], Browser]:
    """The desk in a process of its own."""
    command = [sys.executable, "-m", "framesel", "review", str(workspace), "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r":(\d+)/\?token=([\w-]+)", process.stdout.readline())
    if found is None:
        raise RuntimeError("the desk did not start")
    return process, Browser(int(found[1]), found[2])


def opening(browser: Browser) -> None:
    """Times what a browser fetches first."""
    for what, path in (
        ("the shell", "/"),
        ("the story of all picks", "/api/story"),
        ("columns of all frames", "/api/columns"),
    ):
        found = [timed(partial(browser.ask, "GET", path)) for _ in range(5)]
        told(f"{what} ({len(found[0][1]) / 1e6:.2f} MB)", [seconds for seconds, _ in found])


def stepping(browser: Browser, rows: Sequence[int]) -> None:
    """Goes from pick to pick."""
    for what, path, most in (
        ("a step: the frame's card and neighbours", "/api/frame/{}", len(rows)),
        ("a step: its stored picture", "/thumb/{}.jpg?s=0", len(rows)),
        ("the whole frame, decoded again", "/frame/{}.jpg", 20),
        ("search by similarity", "/api/similar/{}", 20),
    ):
        steps = [partial(browser.ask, "GET", path.format(row)) for row in rows[:most]]
        told(what, [timed(step)[0] for step in steps])


def deciding(browser: Browser, rows: Sequence[int]) -> None:
    """Decides, and takes everything back."""
    rejected = [timed(partial(browser.decide, "reject", row)) for row in rows]
    told("reject, with the replacement", [seconds for seconds, _ in rejected])
    entered = [answer["replacement"]["row"] for _, answer in rejected if answer["replacement"]]
    told("keep", [timed(partial(browser.decide, "keep", row))[0] for row in entered])
    told("tag", [timed(partial(browser.decide, "tag", row, text="seen"))[0] for row in entered])
    beside = [row + 1 for row in entered[:20]]
    told("pin", [timed(partial(browser.decide, "pin", row))[0] for row in beside])
    taken_back = []
    while True:
        seconds, answer = timed(browser.undo)
        if not answer["decisions"]:
            break
        taken_back.append(seconds)
    told("undo", taken_back)
    print(f"{len(entered)} of {len(rows)} rejected frames were replaced")


def main() -> None:
    """Measures one workspace."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--steps", type=int, default=50)
    args = parser.parse_args()
    began = time.perf_counter()
    process, browser = start(args.workspace)
    print(f"{'until the address is printed':<44}{time.perf_counter() - began:9.2f} s")
    try:
        story = browser.get("/api/story")
        browser.seq = story["seq"]
        print(f"{'until the first data is there':<44}{time.perf_counter() - began:9.2f} s")
        while story["replacements"] == "working":
            time.sleep(0.2)
            story = browser.get("/api/story")
        print(f"{'until replacements are ready':<44}{time.perf_counter() - began:9.2f} s")
        frames, videos = (f"{story['counts'][name]:,}" for name in ("frames", "videos"))
        print(f"{frames} frames of {videos} videos, {story['counts']['picks']:,} picks")
        print(f"{'':<44}{'median':>9}{'95 %':>9}{'worst':>9}")
        opening(browser)
        rows = story["pick_rows"][: args.steps]
        stepping(browser, rows)
        deciding(browser, rows)
        print(f"{'memory of the desk, at most':<44}{_peak_gb(process.pid):9.2f} GB")
    finally:
        process.terminate()
        process.wait(30)


def _peak_gb(pid: int) -> float:
    """What the process held at most; what it holds now where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))
        if found is not None:
            return int(found[1]) / 1e6
    return float(psutil.Process(pid).memory_info().rss) / 1e9


if __name__ == "__main__":
    main()
