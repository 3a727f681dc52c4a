"""Coarse to fine: few keyframes first, then everything where they show something."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from framesel import backbones, planning, vector_column
from framesel.catalog import Catalog
from framesel.cli.app import app
from framesel.report.figures.happened import happened
from framesel.report.view import View
from framesel.rounds import state
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import gathered, pool
from framesel.stages.selection import Selection
from framesel.stages.stood_for import stood_for
from framesel.stages.stored_boxes import Layout, unpack
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.coarse_footage import EVENT, FPS, GOP, SIZE_WH, Key, by_key, scene, table
from tests.pipeline.conftest import Bench
from tests.video.conftest import render

COARSE = ["coarse={every_s: 4, new_cos: 0.99, share: 0.3, window_s: null}", "frames.sample.fps=2"]
EVERYTHING = ["coarse={every_s: 4, new_cos: 1, share: 1, window_s: null}", "frames.sample.fps=2"]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cameras")
    for video in EVENT:
        render(
            folder / f"camera{video}.mp4",
            frames=400,
            size_wh=SIZE_WH,
            gop=GOP,
            times=[k * 1000 // FPS for k in range(400)],
            paint=lambda k, w, h, video=video: scene(k, w, h, video),
        )
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("plain") / "ws", videos)
    bench.run("frames.sample.fps=2")
    return bench


@pytest.fixture(scope="module")
def coarse(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("coarse") / "ws", videos)
    bench.run(*COARSE)
    return bench


def test_dense_is_where_something_new_was_seen(coarse: Bench) -> None:
    dense = [r for r in table(coarse, "windows", *COARSE).to_pylist() if r["dense"]]
    base = table(coarse, "frames", *COARSE).to_pylist()
    t_s = {(r["video_no"], r["pts"]): r["t_s"] for r in base}
    inside = [t for (video, _), t in t_s.items() if video == 1 and 20 <= t < 23]
    assert len(inside) >= 6  # of all seconds of the event, at 2 a second
    whole = sum(r["seconds"] for r in table(coarse, "windows", *COARSE).to_pylist())
    assert whole == pytest.approx(80.0, abs=0.5)
    assert sum(r["seconds"] for r in dense) <= 0.3 * whole


def test_it_says_why_there_is_little_to_choose_from(
    coarse: Bench, videos: Path, tmp_path: Path
) -> None:
    workspace = shutil.copytree(coarse.root, tmp_path / "ws")
    how = ["run", str(videos), "-w", str(workspace), "--recipe", str(workspace / "recipe.yaml")]
    told = CliRunner().invoke(app, [*how, "--budget", "500"])
    assert told.exit_code == 0
    assert "of 500\n  fewer than asked for" in told.output
    assert "raise coarse.share" in told.output


def test_the_page_tells_of_the_first_look(coarse: Bench) -> None:
    told = {row.name: row for row in happened(View.of(coarse.workspace)).stages}
    first = ["frames@coarse", "embeddings@coarse", "windows", "frames", "embeddings"]
    assert list(told)[1:6] == first
    assert told["frames@coarse"].rows == len(table(coarse, "frames@coarse", *COARSE))


def check_frames(bench: Bench, exact: dict[Key, Any], *settings: str) -> None:
    """Keyframes everywhere, and in windows what a plain run has."""
    first = by_key(table(bench, "frames@coarse", *settings))
    found = by_key(table(bench, "frames", *settings))
    spans = [r for r in table(bench, "windows", *settings).to_pylist() if r["dense"]]

    def within(key: Key) -> bool:
        return any(
            key[0] == r["video_no"]
            and (r["start_pts"] is None or r["start_pts"] <= key[1])
            and (r["end_pts"] is None or key[1] < r["end_pts"])
            for r in spans
        )

    assert spans
    assert set(found) == set(first) | {key for key in exact if within(key)}
    assert len(found) < len(exact) / 2
    assert all(row["key"] for row in first.values())
    same = ("index", "t_s", "key", "sharpness", "jpeg")
    for key, row in found.items():
        other = exact.get(key) or first[key]
        assert [row[name] for name in same] == [other[name] for name in same]


def test_outside_of_windows_there_are_keyframes_only(coarse: Bench, plain: Bench) -> None:
    check_frames(coarse, by_key(table(plain, "frames", "frames.sample.fps=2")), *COARSE)


def test_a_video_may_lie_in_several_shards(plain: Bench, videos: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "ws", videos)
    cut = [*COARSE, "catalog.segment_s=10", "catalog.shard_mb=0.001"]
    bench.run(*cut)
    assert len(Catalog(bench.workspace).shards) > 4
    check_frames(bench, by_key(table(plain, "frames", "frames.sample.fps=2")), *cut)


def test_what_the_first_look_embedded_is_not_embedded_again(
    coarse: Bench, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, load = [], backbones.load

    def counting(*given: Any, **named: Any) -> Any:
        model = load(*given, **named)

        def counted(images: Any) -> Any:
            shown.append(len(images))
            return model(images)

        counted.dim, counted.batch = model.dim, model.batch  # type: ignore[attr-defined]
        return counted

    monkeypatch.setattr(backbones, "load", counting)
    bench = Bench(tmp_path / "ws", videos)
    bench.run(*COARSE)
    assert sum(shown) == len(table(bench, "frames", *COARSE))
    first = by_key(table(coarse, "embeddings@coarse", *COARSE))
    found = table(coarse, "embeddings", *COARSE)
    rows = by_key(found)
    assert first.items() <= rows.items()
    keys = list(zip(found["video_no"].to_pylist(), found["pts"].to_pylist(), strict=True))
    assert keys == sorted(keys)


def test_with_everything_dense_it_is_the_plain_run(
    plain: Bench, videos: Path, tmp_path: Path
) -> None:
    bench = Bench(tmp_path / "ws", videos)
    bench.run(*EVERYTHING)
    exact = by_key(table(plain, "embeddings", "frames.sample.fps=2"))
    found = by_key(table(bench, "embeddings", *EVERYTHING))
    windows = table(bench, "windows", *EVERYTHING)
    assert pc.all(windows["dense"]).as_py()
    assert exact.keys() <= found.keys()
    for key, row in exact.items():
        assert found[key]["vector"] == row["vector"]


def test_new_footage_leaves_the_old_as_it_is(coarse: Bench, videos: Path, tmp_path: Path) -> None:
    shutil.copytree(videos, tmp_path / "videos")
    shutil.copytree(coarse.root, tmp_path / "ws")
    for video in EVENT:
        (tmp_path / f"videos/camera{video}.mp4").replace(tmp_path / f"videos/moved{video}.mp4")
    render(
        tmp_path / "videos/new.mp4",
        frames=100,
        size_wh=SIZE_WH,
        times=[k * 1000 // FPS for k in range(100)],
        paint=lambda k, w, h: scene(k, w, h, 0)[:, ::-1],
    )
    _, watch = Bench(tmp_path / "ws", tmp_path / "videos").run(*COARSE)
    for stage in ("frames@coarse", "embeddings@coarse", "windows", "frames", "embeddings", "shots"):
        assert watch.todo[stage] == 1


def test_doubt_is_what_the_detector_is_expected_to_get_wrong(videos: Path, tmp_path: Path) -> None:
    weights = save_yolo(tmp_path / "chair.pt", yolo_model("v8", 3, seed=0))
    asked = [
        "coarse={every_s: 4, new_cos: -1, doubt: 0.0001, share: 0.2}",
        "frames.sample.fps=1",
        f"detections.weights={weights}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
        "detections.conf=0.001",
        "detections.views=[hflip]",
    ]
    bench = Bench(tmp_path / "ws", videos)
    bench.run(*asked)
    steps = {s.name: s for s in planning.plan(bench.workspace, bench.recipe(*asked))}
    path = bench.workspace.shard("detections", steps["detections@coarse"].key, 0)
    rows = pq.read_table(path, partitioning=None)
    rows = rows.filter(pc.equal(rows["view"].cast(pa.string()), ""))
    boxes = unpack(rows, Layout.read(path), bulky=False)
    assert len(boxes)
    doubt: dict[Key, float] = {}
    for picture, key in enumerate(
        zip(rows["video_no"].to_pylist(), rows["pts"].to_pylist(), strict=True)
    ):
        p = boxes.confidence()[boxes.offsets[picture] : boxes.offsets[picture + 1]].tolist()
        doubt[key] = sum(min(x, 1 - x) for x in p)
    windows = table(bench, "windows", *asked).to_pylist()
    keys = sorted(doubt)
    for row, key, after in zip(windows, keys, [*keys[1:], (9, 0)], strict=True):
        ends = [doubt[key], *([doubt[after]] if after[0] == key[0] else [])]
        assert row["doubt"] == pytest.approx(max(ends), rel=1e-5)
    chosen = sorted((r["doubt"] for r in windows if r["dense"]), reverse=True)
    left = sorted((r["doubt"] for r in windows if not r["dense"]), reverse=True)
    assert chosen
    assert chosen[0] >= left[0]
    # boxes of the first look are taken over, those of its edited views as well
    first = table(bench, "detections@coarse", *asked).to_pylist()
    every = table(bench, "detections", *asked).to_pylist()
    frames = by_key(table(bench, "frames", *asked))
    assert len(every) == 2 * len(frames)
    assert [row for row in every if (row["video_no"], row["pts"]) in doubt] == first


def test_vectors_say_how_new_a_keyframe_is(coarse: Bench) -> None:
    first = table(coarse, "embeddings@coarse", *COARSE)
    vectors = vector_column.unpack_vectors(first["vector"])
    new = [0.0]
    for row in range(1, len(vectors)):
        new.append(1.0 - max(float(vectors[row] @ vectors[other]) for other in range(row)))
    windows = table(coarse, "windows", *COARSE).to_pylist()
    video = first["video_no"].to_pylist()
    for row, found in enumerate(windows):
        same = row + 1 < len(video) and video[row + 1] == video[row]
        expected = max(new[row], new[row + 1]) if same else new[row]
        assert found["new"] == pytest.approx(max(expected, 0.0), abs=1e-5)


def test_a_keyframe_stands_for_what_was_not_looked_at(coarse: Bench, plain: Bench) -> None:
    keys = {s.name: s.key for s in planning.plan(coarse.workspace, coarse.recipe(*COARSE))}
    catalog = Catalog(coarse.workspace)
    inputs = GatherInputs(coarse.workspace, keys, catalog, state.already(coarse.workspace))
    data = gathered.read(inputs, ["t_s"], RunSettings())
    counts = stood_for(inputs, data)
    assert counts is not None
    windows = table(coarse, "windows", *COARSE).to_pylist()
    dense = [row for row in windows if row["dense"]]
    first = by_key(table(coarse, "frames@coarse", *COARSE))
    order = zip(sorted(first), windows, strict=True)
    alone = {key: row["seconds"] for key, row in order if not row["dense"]}
    rate = (len(data) - len(alone)) / sum(row["seconds"] for row in dense)
    rows = zip(data.columns["video_no"].tolist(), data.columns["pts"].tolist(), strict=True)
    for key, count in zip(rows, counts.tolist(), strict=True):
        assert count == pytest.approx(max(alone[key] * rate, 1.0) if key in alone else 1.0)
    exact = len(table(plain, "frames", "frames.sample.fps=2"))
    assert counts.sum() == pytest.approx(exact, rel=0.25)
    stage = coarse.recipe(*COARSE).stages()["selection"]
    assert isinstance(stage, Selection)
    found = pool.build(stage.wants(), inputs, RunSettings())
    assert found.mass.sum() == pytest.approx(counts[found.keeper >= 0].sum())
    plainly = {name: key for name, key in keys.items() if name != "windows"}
    assert stood_for(GatherInputs(coarse.workspace, plainly, catalog, pa.table({})), data) is None
