"""`framesel calibrate`: labels in, a probability of an error out."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framesel import frame_labels
from framesel.errors import UsageError
from framesel.stages.calibration_file import read_calibration
from framesel.stages.stored_boxes import Layout, unpack
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

Row = dict[str, object]
CONFIDENT = 0.06  # random weights are never surer than that


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = save_yolo(tmp_path_factory.mktemp("w") / "small.pt", yolo_model("v8", 3))
    crop = "frames.regions=[{match: '*', crop: [0.1, 0.2, 0.9, 1.0]}]"
    return [
        f"detections.weights={path}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
        "frames.sample.fps=4",
        f"scores.settings.confident={CONFIDENT}",
        crop,
    ]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, footage: "Truth", chosen: list[str]) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("calibrated") / "ws", footage.folder)
    bench.run(*chosen)
    return bench


def confident_rows(bench: Bench) -> list[Row]:
    """Labels that agree with every confident box of every second frame, in source pixels."""
    from framesel.catalog import Catalog

    rows: list[Row] = []
    videos = Catalog(bench.workspace).videos
    for path in sorted((bench.root / "detections").glob("*/s*.parquet")):
        table = pq.read_table(path, partitioning=None)
        frames = pq.read_table(next((bench.root / "frames").glob("*/" + path.name)))
        index = dict(
            zip(
                zip(frames["video_no"].to_pylist(), frames["pts"].to_pylist(), strict=True),
                frames["index"].to_pylist(),
                strict=True,
            )
        )
        boxes = unpack(table, Layout.read(path))
        sure = boxes.where(boxes.confidence() >= CONFIDENT)
        for i, (video_no, pts) in enumerate(
            zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True)
        ):
            video = videos[video_no]
            key = {"video": Path(video["path"]).name, "index": index[video_no, pts]}
            found = range(sure.offsets[i], sure.offsets[i + 1])
            corners = sure.xyxy[found.start : found.stop]
            if (corners[:, 2:] - corners[:, :2] <= 0.1).any():
                continue  # random weights give boxes without an area; nobody labels those
            empty = {"label": "", "x": "", "y": "", "w": "", "h": ""}
            if i % 2 or not found:
                rows.append({**key, **empty})
                continue
            for row in found:
                x0, y0, x1, y1 = sure.xyxy[row] / np.tile(sure.size_wh[i], 2)
                x0, x1 = ((0.1 + 0.8 * x) * video["width"] for x in (x0, x1))
                y0, y1 = ((0.2 + 0.8 * y) * video["height"] for y in (y0, y1))
                label = sure.classes[sure.top_class[row, 0]]
                rows.append({**key, "label": label, "x": x0, "y": y0, "w": x1 - x0, "h": y1 - y0})
    return rows


def write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(frame_labels.COLUMNS))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_calibration_turns_scores_into_the_chance_of_an_error(
    tmp_path: Path, scored: Bench, chosen: list[str], footage: "Truth"
) -> None:
    labels, out = write(tmp_path / "labels.csv", confident_rows(scored)), tmp_path / "c.json"
    recipe = scored.recipe(*chosen)
    lines = list(frame_labels.calibrate(scored.workspace, recipe, labels, out))
    name, curve = read_calibration(out)
    # frames whose confident boxes are all labelled hold no error; the others hold false boxes
    assert 0 < curve.positives < curve.n
    assert f"{curve.n:,} labelled frames, {curve.positives:,} hold" in lines[0]
    bench = Bench(tmp_path / "ws", footage.folder)
    _, watch = bench.run(*chosen, f"scores.calibration={out}")
    assert any(f"calibrated on {curve.n:,} labelled frames" in note for note in watch.notes)
    table = pq.read_table(next((bench.root / "scores").glob("*/all.parquet")), partitioning=None)
    chance = table["p_error"].to_numpy()
    np.testing.assert_allclose(chance, curve.probability(table[name].to_numpy()), rtol=1e-5)
    np.testing.assert_allclose(table["utility"].to_numpy(), np.maximum(chance, 0.05), rtol=1e-5)
    words = np.array(table["difficulty"].to_pylist())
    assert (words[chance < 1 / 3] == "easy").all()
    assert (words[chance > 0.67] == "hard").all()


def test_boxes_are_compared_in_pixels_of_the_source(
    tmp_path: Path, scored: Bench, chosen: list[str]
) -> None:
    rows = [row for row in confident_rows(scored) if row["label"]]
    labels = write(tmp_path / "agree.csv", rows)
    lines = list(
        frame_labels.calibrate(scored.workspace, scored.recipe(*chosen), labels, tmp_path / "c")
    )
    assert "0 hold a missed or a false box" in lines[0]


@pytest.mark.parametrize("is_new", [False, True])
def test_labels_may_have_old_or_new_names(
    tmp_path: Path, scored: Bench, chosen: list[str], is_new: bool
) -> None:
    rows = [row for row in confident_rows(scored) if row["label"]]
    old = rows[0]["label"]
    if is_new:
        rows = [{**row, "label": "new"} if row["label"] == old else row for row in rows]
    labels = write(tmp_path / "agree.csv", rows)
    recipe = scored.recipe(*chosen, f"train.rename={{{old}: new}}")
    lines = list(frame_labels.calibrate(scored.workspace, recipe, labels, tmp_path / "c"))
    assert "0 hold a missed or a false box" in lines[0]


def test_mistakes_in_labels_are_named(tmp_path: Path, scored: Bench, chosen: list[str]) -> None:
    row: Row = {"video": "a.mp4", "index": 0, "label": "bird", "x": 1, "y": 1, "w": 5, "h": 5}
    recipe, out = scored.recipe(*chosen), tmp_path / "c.json"

    def told(*rows: Row) -> str:
        path = write(tmp_path / "wrong.csv", list(rows))
        with pytest.raises(UsageError) as raised:
            list(frame_labels.calibrate(scored.workspace, recipe, path, out))
        return str(raised.value)

    assert "line 3: could not convert" in told(row, {**row, "x": "left"})
    assert "line 2: a box needs a finite place" in told({**row, "w": 0})
    assert "0 of the labelled frames" in told(row)
    (tmp_path / "wrong.csv").write_text("video,index\n")
    with pytest.raises(UsageError, match="lacks the columns h, label, w, x, y"):
        frame_labels.read_labels(tmp_path / "wrong.csv")
    with pytest.raises(UsageError, match="is no calibration"):
        scored.recipe(*chosen, f"scores.calibration={tmp_path / 'wrong.csv'}").stages()[
            "scores"
        ].wanted()


def test_the_table_of_scores_says_which_detector_and_classes(scored: Bench) -> None:
    path = sorted((scored.root / "detections").glob("*/s*.parquet"))[0]
    layout = Layout.read(path)
    assert layout.classes == ("drone", "bird", "kite")
    assert layout.size_px == SIZE_PX
    assert isinstance(pq.read_table(path, partitioning=None), pa.Table)
