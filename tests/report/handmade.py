"""Pages for browser tests of single figures: a story made by hand, and only the assets it needs."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from framesel.report import scripts as shipped

ASSETS = Path(__file__).parents[2] / "framesel" / "report" / "assets"
FATES = ("outvoted", "pick", "duplicate", "rejected", "limit", "earlier", "declined", "new")
Story = dict[str, Any]


def column(kind: str, values: Any) -> dict[str, str]:
    """A column as the page reads it."""
    types = {"f32": "<f4", "f64": "<f8", "i32": "<i4", "i16": "<i2", "u8": "u1"}
    packed = np.asarray(values).astype(types[kind]).tobytes()
    return {"type": kind, "data": base64.b64encode(packed).decode()}


def story(videos: int = 3, frames: int = 40, names: Sequence[str] = ()) -> Story:
    """Some videos with a frame a second; each tenth is a pick, the three after it its duplicates.

    The last frame of a video is rejected. Videos lie side by side on the map, time runs upwards.
    """
    n = videos * frames
    place = np.arange(n) % frames
    video = np.arange(n) // frames
    fate = np.zeros(n, np.uint8)
    keeper = np.full(n, -1)
    pick = place % 10 == 0
    fate[pick] = FATES.index("pick")
    copies = np.isin(place % 10, (1, 2, 3))
    fate[copies] = FATES.index("duplicate")
    keeper[copies] = np.arange(n)[copies] - place[copies] % 10
    fate[place == frames - 1] = FATES.index("rejected")
    rank = np.where(pick, np.cumsum(pick), 0)
    score = (0.1 + 0.8 * ((place * 7) % 10) / 10).astype(np.float32)
    titles = [*names, *(f"video {i}.mp4" for i in range(len(names), videos))]
    picks = np.flatnonzero(pick)
    return {
        "format": 1,
        "media": "inline",
        "fates": list(FATES),
        "classes": ["person", "car"],
        "counts": {"videos": videos, "frames": n, "picks": len(picks)},
        "videos": [
            {
                "no": i + 1, "name": titles[i], "folder": "", "kind": "video",
                "duration_s": float(frames), "frames": frames,
                "picks": int(pick[video == i].sum()),
                "first_row": i * frames, "last_row": (i + 1) * frames - 1,
            }
            for i in range(videos)
        ],
        "cards": [
            _card(int(row), int(video[row]), titles[video[row]], int(place[row]), int(rank[row]),
                  float(score[row]))
            for row in picks
        ],
        "pick_rows": picks.tolist(),
        "map": {"method": "pca", "rows": n},
        "columns": {
            "row": column("i32", np.arange(n)), "video": column("i32", video),
            "t_s": column("f32", place), "pts": column("f64", place * 100),
            "fate": column("u8", fate), "keeper": column("i32", keeper),
            "score": column("f32", score), "sharpness": column("f32", score * 100),
            "x": column("f32", video * 10.0), "y": column("f32", place / frames * 20),
            "cluster": column("i16", video % 5), "rank": column("i32", rank),
        },
        "thumb_blocks": {str(row): 0 for row in picks.tolist()},
    }  # fmt: skip


def _card(row: int, video: int, name: str, t_s: int, rank: int, score: float) -> dict[str, Any]:
    return {
        "key": f"{video + 1}:{t_s * 100}", "row": row, "video_no": video + 1, "video": name,
        "t_s": float(t_s), "pts": t_s * 100, "fate": "pick", "rank": rank, "source": "",
        "gain": 1 / rank, "terms": {}, "mass": 4.0, "span": None, "nearest": None, "reason": "",
        "limit": "", "revived": False, "score": score, "quality": {}, "classes": {"person": 1},
        "boxes": [], "size": [64, 48], "verdict": "", "tags": [], "blurs": [], "image": None,
    }  # fmt: skip


def write(
    folder: Path, told: Story, element: str, scripts: Sequence[str], *, charts: bool = False
) -> str:
    """Writes a page that holds one element, under the report's own policy; gives its address.

    Args:
        folder: Where to.
        told: The story.
        element: Its name, `fs-map`.
        scripts: Assets beside `base.js` and `thumbs.js`, in order, without `.js`.
        charts: Also the script that draws charts.
    """
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 80, 20)).save(picture, "JPEG")
    thumb = base64.b64encode(picture.getvalue()).decode()
    blocks = json.dumps({str(row): thumb for row in told["pick_rows"]})
    texts = [
        shipped.inlined((ASSETS / f"{name}.js").read_text("utf-8"))
        for name in ("base", "thumbs", *scripts)
    ]
    plotly = shipped.plotly() if charts else ""
    policy = shipped.policy([plotly, *texts], beside=False)
    more = f'<script type="text/plain" id="plotly">{plotly}</script>' if charts else ""
    modules = "".join(f'<script type="module">{text}</script>' for text in texts)
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{shipped.style()}</style>{more}"
        f'<script type="application/json" id="story">{escaped(told)}</script>'
        f'<script type="application/json" id="thumbs-0">{blocks}</script></head>'
        f"<body><main><h1>Figures</h1><{element}></{element}></main>{modules}</body></html>",
        "utf-8",
    )
    return page.as_uri()


def escaped(told: Story) -> str:
    """JSON that no markup in it can end."""
    return json.dumps(told).replace("<", "\\u003c")
