"""The real page around a story made by hand: its template, its policy, all of its scripts."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from framesel.report import shell
from framesel.report.story import Story
from tests.report import handmade

HOSTILE = "<img src=x onerror=alert(1)>.mp4"
HAPPENED = {
    "input": {"videos": 3, "images": 0, "hours": 0.5, "frames": 120, "picks": 12},
    "failures": [
        {"stage": "catalog", "path": f"a/{i}<b>.mp4", "error": "no video"} for i in range(6)
    ],
    "stages": [
        {"name": "catalog", "rows": 3, "seconds": 0.04},
        {"name": "frames", "rows": 120, "seconds": 125.0},
        {"name": "export", "rows": None, "seconds": None},
    ],
    "settings": [{"place": "frames.fps", "default": "1", "value": "2"}],
    "commands": [{"command": "framesel next ws", "what": "choose frames that add to it"}],
}  # fmt: skip


def story(videos: int = 3, frames: int = 40, names: Sequence[str] = (HOSTILE,)) -> dict[str, Any]:
    """The handmade story with all that a page tells; every second pick is rare and shows a car."""
    told = handmade.story(videos, frames, names)
    for place, card in enumerate(told["cards"]):
        rare = place % 2 == 1
        card |= {
            "source": "rare" if rare else "coverage",
            "reason": "rare: far from all chosen before" if rare else "adds 3 % coverage",
            "terms": {"coverage": 3.0, "classes": 0.5},
            "classes": {"car": 2} if rare else {"<b>person</b>": 1},
            "boxes": [[0.1, 0.2, 0.5, 0.6, place % 2, 0.9]],
            "quality": {"sharpness": 120.0, "brightness": 80.0, "contrast": 30.0},
            "detail": "",
            "keeper": None,
        }
        if place:
            earlier = told["cards"][place - 1]
            near = {key: earlier[key] for key in ("key", "row", "video", "t_s")}
            card["nearest"] = {**near, "distance": 0.43}
    picks = told["pick_rows"]
    told |= {
        "workspace": "ws<i>", "round": 1, "selection": "selection/1", "strategy": "cover",
        "classes": ["<b>person</b>", "car"], "happened": HAPPENED,
        "neighbours": {
            str(row): {"time": [row + 1], "duplicates": [row + 1, row + 2]} for row in picks
        },
        "gains": None, "coverage": None, "scores": None, "class_shares": None,
        "left_out": {
            "total": 39,
            "groups": [
                {"why": "duplicate", "detail": "", "text": "", "count": 36, "rows": [1, 2]},
                {"why": "rejected", "detail": "<u>blurred</u>", "text": "", "count": 3,
                 "rows": [39]},
            ],
        },
    }  # fmt: skip
    return told


def write(folder: Path, told: dict[str, Any]) -> str:
    """Writes the page; gives its address."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 80, 20)).save(picture, "JPEG")
    thumb = base64.b64encode(picture.getvalue()).decode()
    block = json.dumps({str(row): thumb for row in told["pick_rows"]})
    rows = np.array(told["pick_rows"], np.int64)
    empty = np.zeros(0, np.int64)
    page = folder / "report.html"
    page.write_bytes(shell.html(Story(told, rows, empty, empty, ["One remark."]), [block]))
    return page.as_uri()
