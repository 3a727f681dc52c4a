"""Reasons: for each pick, for each frame left out, and between two selections."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from framesel import chosen
from framesel.comparison import compare
from framesel.errors import SelectionError, UsageError, WorkspaceError
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.why import why
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench
from tests.pipeline.test_cli import call


def said(bench: Bench, frame: str, name: str | None = None) -> str:
    recipe = bench.recipe()
    return "\n".join(why(bench.workspace, recipe, chosen.find(bench.workspace, name), frame))


def table(bench: Bench, stage: str, name: str = "all") -> list[dict[str, object]]:
    paths = sorted((bench.root / stage).glob(f"*/{name}.parquet"))
    return pq.read_table(paths[-1], partitioning=None).to_pylist()


def key(row: dict[str, object]) -> tuple[object, object]:
    return row["video_no"], row["pts"]


def test_every_frame_is_a_pick_or_has_a_reason(finished: Bench) -> None:
    frames = [
        key(row)
        for path in sorted((finished.root / "frames").glob("*/s*.parquet"))
        for row in pq.read_table(path, partitioning=None).to_pylist()
        if not row["companion"]
    ]
    picks, rest = table(finished, "selection"), table(finished, "selection", "left_out")
    assert sorted(frames) == sorted([key(row) for row in [*picks, *rest]])
    duplicates = {key(row): row for row in table(finished, "duplicates")}
    for row in rest:
        known = duplicates[key(row)]
        if known["rejected"]:
            assert (row["why"], row["detail"]) == ("rejected", known["rejected"])
        elif known["mass"] == 0:
            keeper = known["keeper_video_no"], known["keeper_pts"]
            assert (row["why"], (row["nearest_video_no"], row["nearest_pts"])) == (
                "duplicate",
                keeper,
            )
            assert row["nearest_cos"] == pytest.approx(known["keeper_cos"], abs=1e-3)
        else:
            assert row["why"] == "outvoted"
            assert (row["nearest_video_no"], row["nearest_pts"]) in {key(p) for p in picks}
    assert {row["why"] for row in rest} == {"rejected", "duplicate", "outvoted"}


def test_why_a_frame_was_picked(finished: Bench) -> None:
    pick = table(finished, "selection")[3]
    text = said(finished, f"{pick['video_no']}@pts:{pick['pts']}")
    assert "is pick 4 of 8 of round 1" in text
    assert str(pick["reason"]) in text
    assert "most like   pick" in text
    heavy = max(table(finished, "selection"), key=lambda row: float(str(row["mass"])))
    text = said(finished, f"{heavy['video_no']}@{heavy['t_s']}")
    assert f"stands for  {float(str(heavy['mass'])):.0f} frames that show nearly the same" in text


def test_why_a_frame_was_left_out(finished: Bench) -> None:
    rest = table(finished, "selection", "left_out")
    some = {row["why"]: row for row in rest}
    for what, words in {
        "rejected": f"rejected by the quality gate: {some['rejected']['detail']}",
        "duplicate": "is a near-duplicate",
        "outvoted": "fell below what",
    }.items():
        text = said(finished, f"{some[what]['video_no']}@pts:{some[what]['pts']}")
        assert words in text


def test_when_a_frame_was_overtaken(finished: Bench) -> None:
    rest = table(finished, "selection", "left_out")
    texts = [
        said(finished, f"{row['video_no']}@pts:{row['pts']}")
        for row in rest
        if row["why"] == "outvoted"
    ]
    least = min(p["gain"] for p in table(finished, "selection") if p["source"] == "coverage")
    assert all(f"the least that was bought is {least:.4g}" in text for text in texts)
    now = [float(text.split("would add   ")[1].split()[0]) for text in texts]
    assert max(now) <= least * (1 + 1e-3)
    assert any("overtaken   by pick" in text for text in texts)


def test_a_frame_between_those_that_were_looked_at(finished: Bench) -> None:
    text = said(finished, "gate@1.4")
    assert "was not looked at" in text
    assert "gate.mp4@1.000" in text


@pytest.mark.parametrize("frame", ["gate", "gate@", "@3", "gate@x", "gate@pts:", "gate@nan"])
def test_what_is_no_frame(finished: Bench, frame: str) -> None:
    with pytest.raises(UsageError, match="write VIDEO@SECONDS"):
        said(finished, frame)


def test_frames_of_earlier_rounds_and_their_neighbours(bench: Bench) -> None:
    first = table(bench, "selection")
    state.save(bench.workspace, replace(state.current(bench.workspace), closed=True))
    bench.run("selection.budget=3", "selection.limits.gap_s=1.5")
    pick = first[0]
    text = said(bench, f"{pick['video_no']}@pts:{pick['pts']}")
    assert "was chosen in round 1" in text
    assert "is pick 1 of 8 of round 1" in said(bench, f"{pick['video_no']}@pts:{pick['pts']}", "1")
    rest = pq.read_table(chosen.find(bench.workspace).folder / "left_out.parquet").to_pylist()
    near = [
        row for row in rest if row["detail"] == "too near in time to a pick of an earlier round"
    ]
    assert near
    second = chosen.find(bench.workspace).picks.to_pylist()
    for row in second:
        gaps = [abs(row["t_s"] - p["t_s"]) for p in first if p["video_no"] == row["video_no"]]
        assert min(gaps, default=9.0) >= 1.5


def test_limits_of_a_recipe_hold_and_are_named(bench: Bench) -> None:
    bench.run("selection.limits={per_video: {max: 1}, gap_s: 0.5}", "selection.budget=50")
    picks = chosen.find(bench.workspace)
    videos = [row["video_no"] for row in picks.picks.to_pylist()]
    assert len(videos) == len(set(videos)) > 2
    refused = [row for row in picks.left_out.to_pylist() if row["why"] == "limit"]
    assert refused
    row = refused[0]
    assert "refused by a limit" in said(bench, f"{row['video_no']}@pts:{row['pts']}")


def test_limits_that_cannot_be_met_are_explained(bench: Bench) -> None:
    with pytest.raises(SelectionError, match="gate"):
        bench.run("selection.limits={metadata: {video: {gate.mp4: {min: 7}}}, gap_s: 5}")


def test_a_changed_sidecar_matters_to_limits_by_metadata_only(bench: Bench) -> None:
    sidecar = bench.root.parent / "cameras.csv"
    told = f"catalog.metadata={sidecar}"
    limit = "selection.limits={metadata: {camera: {north: {max: 1}}}}"
    named = ("gate.mp4", "drive.mp4", "night.mp4")
    rows = "".join(f"{bench.videos / name},north\n" for name in named)
    sidecar.write_text(f"path,camera\n{rows}")
    bench.run(told, limit)
    kept = chosen.find(bench.workspace).picks.to_pylist()
    videos = {n: Path(str(r["path"])).name for n, r in _videos(bench.workspace).items()}
    assert sum(videos[row["video_no"]] in named for row in kept) == 1
    bench.run(told)
    sidecar.write_text("path,camera\n" + rows.replace("north", "south"))
    _, watch = bench.run(told)
    assert "selection" not in watch.todo
    _, watch = bench.run(told, limit.replace("north", "south"))
    assert "selection" in watch.todo
    sidecar.write_text(f"path,camera\n{rows.replace('north', 'south', 2)}")
    _, watch = bench.run(told, limit.replace("north", "south"))
    assert "selection" in watch.todo  # of the same frames others may be chosen


def _videos(workspace: Workspace) -> dict[int, dict[str, object]]:
    from framesel.catalog import Catalog

    return Catalog(workspace).videos


def test_two_selections_side_by_side(bench: Bench) -> None:
    bench.run("selection.strategy.name=random")
    code, text = call(
        "compare", str(bench.root), "1", chosen.selections(bench.workspace)[0].folder.name
    )
    assert code == 0
    assert "round 1: random" in text
    assert "of no round: " in text
    assert "strategy.name" in text
    shared = _number(text, "picked by both")
    assert _number(text, "picks") == 8
    assert "only in round 1: random" in text
    assert text.count("@") == 2 * (8 - shared)


def _number(text: str, row: str) -> int:
    line = next(line for line in text.splitlines() if line.startswith(f"{row} "))
    return int(line.removeprefix(row).split()[0])


def test_selections_by_name(bench: Bench) -> None:
    first = chosen.find(bench.workspace)
    assert chosen.find(bench.workspace, "1") == first
    assert chosen.find(bench.workspace, first.folder.name[:6]).folder == first.folder
    with pytest.raises(UsageError, match="no selection is called '99'"):
        chosen.find(bench.workspace, "99")
    bench.run("selection.strategy.name=random")
    with pytest.raises(UsageError, match="several selections"):
        chosen.find(bench.workspace, "")
    (chosen.find(bench.workspace).folder / "left_out.parquet").unlink()
    with pytest.raises(WorkspaceError, match="wrote down no reasons"):
        _ = chosen.find(bench.workspace).left_out


def test_a_selection_of_another_version_is_named(bench: Bench) -> None:
    (one,) = chosen.selections(bench.workspace)
    path = one.folder / "all.parquet"
    pq.write_table(one.picks.drop_columns(["source", "terms"]), path)
    with pytest.raises(WorkspaceError, match="another version of framesel: it lacks source, terms"):
        compare(bench.workspace, *chosen.selections(bench.workspace) * 2)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("7", {"budget": 7}),
        ("7 frames", {"budget": 7}),
        ("30 boxes", {"budget": None, "boxes": 30}),
        ("1.5h", {"budget": None, "most_s": 5400}),
        ("90 min", {"budget": None, "most_s": 5400}),
    ],
)
def test_budgets_in_frames_boxes_and_time(text: str, setting: dict[str, float]) -> None:
    from framesel import recipe as recipes
    from framesel.looping.wishes import spending

    found: Recipe = recipes.load(None, spending(text))
    limits = found.selection.limits
    spent = {"budget": found.selection.budget, "boxes": limits.boxes}
    spent["most_s"] = limits.labelling.most_s if limits.labelling else None
    assert {k: v for k, v in spent.items() if v is not None or k == "budget"} == setting


@pytest.mark.parametrize("text", ["", "many", "3 h 5", "-3", "3.5", "0.5 boxes per frame"])
def test_budgets_that_are_none(text: str) -> None:
    from framesel.looping.wishes import spending

    with pytest.raises(UsageError, match="give a number of frames"):
        spending(text)


def test_the_cosine_of_the_most_similar_pick_is_right(finished: Bench) -> None:
    from framesel.vector_column import unpack_vectors

    shards = sorted((finished.root / "embeddings").glob("*/s*.parquet"))
    vectors = {
        key(row): unpack_vectors(pq.read_table(path)["vector"])[place]
        for path in shards
        for place, row in enumerate(pq.read_table(path, partitioning=None).to_pylist())
    }
    picks = [key(row) for row in table(finished, "selection")]
    for row in table(finished, "selection", "left_out"):
        if row["why"] == "outvoted":
            cosines = [float(vectors[key(row)] @ vectors[pick]) for pick in picks]
            assert row["nearest_cos"] == pytest.approx(max(cosines), abs=1e-4)
            assert cosines[picks.index((row["nearest_video_no"], row["nearest_pts"]))] == (
                pytest.approx(max(cosines), abs=1e-6)
            )
