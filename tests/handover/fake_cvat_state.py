"""What a stand-in for CVAT knows: tasks, pictures, labels, annotations, jobs."""

import io
import json
import zipfile
from pathlib import PurePosixPath
from typing import Any
from xml.sax.saxutils import quoteattr

from PIL import Image

DATE = "2026-01-02T03:04:05Z"


class FakeCvat:
    """What the server knows."""

    def __init__(self) -> None:
        self.url = ""
        self.projects: dict[int, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.jobs: list[dict[str, Any]] = []
        self.uploads: list[tuple[str, bytes]] = []
        self.data: dict[str, Any] = {}
        self.order: list[str] = []
        self.sizes: dict[str, tuple[int, int]] = {}
        self.shapes: list[dict[str, Any]] = []
        self.tags: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.logged_out = False
        self.fails: dict[str, tuple[int, str]] = {}
        self.forgets: set[str] = set()
        self._numbers = iter(range(1, 10_000))

    def number(self) -> int:
        return next(self._numbers)

    def labelled(self, spec: dict[str, Any]) -> list[dict[str, Any]]:
        """The labels of a spec with the numbers that a server gives them."""
        return [
            {
                **label,
                "id": self.number(),
                "attributes": [{**a, "id": self.number()} for a in label["attributes"]],
            }
            for label in spec.get("labels", ())
        ]

    def make_job(self, task: int, **more: Any) -> dict[str, Any]:
        job = {
            "id": self.number(),
            "task_id": task,
            "type": "annotation",
            "state": "new",
            "stage": "annotation",
            "issues": {"count": 0},
            "labels": {},
            "updated_date": DATE,
            "assignee": None,
            "target_storage": None,
            "start_frame": 0,
            "stop_frame": len(self.order) - 1,
            **more,
        }
        self.jobs.append(job)
        return job

    def finish_upload(self, task: int, said: dict[str, Any]) -> None:
        """Puts the pictures into their order, as the server does for each way of sorting."""
        self.data = said
        pictures = {PurePosixPath(name).name: content for name, content in self.uploads}
        names = list(pictures)
        if names == ["pictures.zip"]:
            with zipfile.ZipFile(io.BytesIO(self.uploads[0][1])) as packed:
                pictures = {name: packed.read(name) for name in packed.namelist()}
                lines = packed.read("manifest.jsonl").decode().splitlines()[2:]
                names = [row["name"] + row["extension"] for row in map(json.loads, lines)]
                assert set(names) <= set(pictures)
        elif said["sorting_method"] == "predefined":
            assert sorted(said["upload_file_order"]) == sorted(names)
            names = said["upload_file_order"]
        else:
            names = sorted(names, reverse=True)
        self.order = [name for name in names if name not in self.forgets]
        for name in self.order:
            self.sizes[name] = Image.open(io.BytesIO(pictures[name])).size
        self.make_job(task)

    def annotations(self, job: dict[str, Any]) -> str:
        """What the server exports of a job."""
        (task,) = (t for t in self.tasks.values() if t["id"] == job["task_id"])
        names = {label["id"]: label["name"] for label in task["labels"]}
        attributes = {a["id"]: a["name"] for one in task["labels"] for a in one["attributes"]}

        def inside(element: dict[str, Any]) -> str:
            return "".join(
                f"<attribute name={quoteattr(attributes[a['spec_id']])}>{a['value']}</attribute>"
                for a in element["attributes"]
            )

        images = ""
        for frame in range(job["start_frame"], job["stop_frame"] + 1):
            boxes = ""
            for s in self.shapes:
                if s["frame"] == frame:
                    edges = dict(zip(("xtl", "ytl", "xbr", "ybr"), s["points"], strict=True))
                    where = " ".join(f'{k}="{v:.2f}"' for k, v in edges.items())
                    label = quoteattr(names[s["label_id"]])
                    boxes += f'<box label={label} source="{s["source"]}" occluded="0" {where}>'
                    boxes += f"{inside(s)}</box>"
            for t in self.tags:
                if t["frame"] == frame:
                    boxes += f"<tag label={quoteattr(names[t['label_id']])}>{inside(t)}</tag>"
            name = self.order[frame]
            width, height = self.sizes[name]
            images += f'<image id="{frame}" name={quoteattr(name)} width="{width}" '
            images += f'height="{height}">{boxes}</image>'
        labels = "".join(
            f"<label><name>{one['name']}</name><type>{one['type']}</type></label>"
            for one in task["labels"]
        )
        meta = f"<meta><job><id>{job['id']}</id><labels>{labels}</labels></job></meta>"
        return f"<annotations><version>1.1</version>{meta}{images}</annotations>"
