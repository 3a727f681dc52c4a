"""The pool: detections, metadata and masses reach the candidates that they belong to."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import planning, tables
from framesel.catalog import Catalog
from framesel.errors import RecipeError, SelectionError, StageError
from framesel.rounds import state
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.random_choice import RandomChoice
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import pool
from framesel.stages.shortlisting import check_memory
from framesel.stages.sightings import Seen
from framesel.stages.stored_boxes import Layout, unpack
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench, picks

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth
    from framesel.uncertainty.boxes import Boxes

SURE = 0.5  # random weights say so of some boxes and not of others


class LooksAtBoxes(RandomChoice):
    """A strategy that wants everything."""

    uses = frozenset({"objects", "gradients"})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> Bench:
    """A finished run with a detector of random weights."""
    folder = tmp_path_factory.mktemp("seen")
    bench = Bench(folder / "ws", footage.folder)
    bench.run(*detector(folder))
    return bench


def detector(folder: Path) -> list[str]:
    weights = folder / "chair.pt"
    if not weights.exists():
        save_yolo(weights, yolo_model("v8", 3, seed=0))
    return [
        f"detections.weights={weights}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
    ]


def inputs(bench: Bench) -> GatherInputs:
    recipe = bench.recipe(*detector(bench.root.parent))
    keys = {step.name: step.key for step in planning.plan(bench.workspace, recipe)}
    catalog, already = Catalog(bench.workspace), state.already(bench.workspace)
    return GatherInputs(bench.workspace, keys, catalog, already)


def built(bench: Bench, **wants: Any) -> pool.Pool:
    usual = {"limits": Limits(), "utility": "none", "detected": True, "revives": None}
    chosen = pool.Wants(**{"strategy": LooksAtBoxes(), **usual, **wants})
    return pool.build(chosen, inputs(bench), RunSettings())


def stored(bench: Bench) -> dict[tuple[int, int], "Boxes"]:
    """The boxes of each frame, read the plain way."""
    found = {}
    for path in sorted((bench.root / "detections").glob("*/s*.parquet")):
        table = pq.read_table(path, partitioning=None)
        boxes = unpack(table, Layout.read(path))
        for place, row in enumerate(table.select(["video_no", "pts", "view"]).to_pylist()):
            assert row["view"] == ""
            found[row["video_no"], row["pts"]] = boxes.pick(np.array([place]))
    return found


def key(found: pool.Pool, row: int) -> tuple[int, int]:
    columns = found.data.columns
    return int(columns["video_no"][row]), int(columns["pts"][row])


def test_what_is_seen_stands_beside_its_frame(seen: Bench) -> None:
    found, plain = built(seen), stored(seen)
    candidates = found.candidates
    assert candidates.class_counts is not None
    assert candidates.objects is not None
    assert candidates.gradients is not None
    total = 0
    for place, row in enumerate(found.rows):
        boxes = plain[key(found, row)]
        sure = boxes.confidence() >= 0.25
        counts = np.bincount(boxes.top_class[sure, 0], minlength=3)
        assert candidates.class_counts[place].tolist() == counts.tolist()
        part = slice(*candidates.objects.offsets[place : place + 2])
        assert candidates.objects.class_no[part].tolist() == boxes.top_class[sure, 0].tolist()
        assert boxes.features is not None
        features = np.asarray(boxes.features, np.float32)[sure]
        cosine = (features * candidates.objects.features[part]).sum(axis=1)
        assert cosine == pytest.approx(np.linalg.norm(features, axis=1), rel=1e-3)
        assert (np.abs(candidates.gradients[place]).max() > 0) == (len(boxes) > 0)
        total += int(sure.sum())
    assert total > 0
    assert len(candidates.classes) == 3


def test_what_is_known_of_boxes_stays_on_disk(seen: Bench) -> None:
    found = built(seen)
    gradients, objects = found.known["gradients"], found.known["objects"]
    boxes = stored(seen)
    assert gradients.shape == (len(found.data), 256)
    assert len(objects) == sum(int((b.confidence() >= 0.25).sum()) for b in boxes.values())
    for large in (gradients, objects.features, objects.uncertainty):
        assert isinstance(large.base, np.memmap)
        assert not Path(str(large.base.filename)).exists()
    width = found.data.vectors.shape[1] + 256 + objects.features.size // len(found.data)
    assert found.numbers == width > built(seen, strategy=RandomChoice()).numbers
    with pytest.raises(StageError, match=rf"{width} numbers each.*selection\.exact_below"):
        check_memory(found, 10, RunSettings(memory_gb=1e-6))


def test_gradients_are_sums_over_boxes(seen: Bench) -> None:
    from framesel.uncertainty.groups import own_probabilities
    from framesel.uncertainty.model_change import badge_sketch

    found, plain = built(seen), stored(seen)
    gradients = found.candidates.gradients
    assert gradients is not None
    for place in range(0, len(found.rows), 5):
        boxes = plain[key(found, found.rows[place])]
        if len(boxes):
            assert boxes.features is not None
            sketches = badge_sketch(own_probabilities(boxes), boxes.features, dim=256)
            assert gradients[place] == pytest.approx(sketches.sum(axis=0), rel=1e-3, abs=1e-4)


def test_revived_frames_take_their_mass_from_their_keepers(seen: Bench) -> None:
    before, after = built(seen), built(seen, revives=(SURE, 0.0))
    assert not before.revived.any()
    assert after.mass.sum() == before.mass.sum()
    assert (after.mass <= before.mass).sum() >= (before.mass > 0).sum()
    assert after.revived.any()
    assert set(after.rows) == set(before.rows) | set(np.flatnonzero(after.revived))
    for row in np.flatnonzero(after.revived):
        assert after.keeper[row] == row != before.keeper[row]
        assert after.start_s[row] <= after.data.columns["t_s"][row] <= after.end_s[row]


def test_where_little_is_left_near_duplicates_are_let_in(seen: Bench) -> None:
    strict = built(seen)
    budget = len(strict.rows)
    more = built(seen, budget=budget, spare=1.2)
    assert built(seen, budget=budget, spare=1.0).let_in == strict.let_in == 0
    assert more.let_in > 0
    assert set(strict.rows) < set(more.rows)
    assert len(more.rows) == budget + more.let_in >= 1.2 * budget
    assert more.mass.sum() == strict.mass.sum()
    assert not more.revived.any()


def test_that_near_duplicates_were_let_in_is_said(bench: Bench) -> None:
    _, watch = bench.run("selection.budget=60", "selection.spare=2")
    assert any(note.endswith("little else is there (selection.spare)") for note in watch.notes)
    chosen = len(picks(bench))
    _, watch = bench.run("selection.budget=60")
    assert not any("selection.spare" in note for note in watch.notes)
    assert len(picks(bench)) < chosen


def test_without_a_detector_nothing_is_seen(finished: Bench) -> None:
    wants = pool.Wants(RandomChoice(), Limits(), "none", detected=False, revives=(0.3, 3.0))
    recipe = finished.recipe()
    keys = {step.name: step.key for step in planning.plan(finished.workspace, recipe)}
    catalog, already = Catalog(finished.workspace), state.already(finished.workspace)
    got = GatherInputs(finished.workspace, keys, catalog, already)
    found = pool.build(wants, got, RunSettings())
    assert found.candidates.class_counts is None
    assert not found.revived.any()
    assert set(found.candidates.metadata["video"]) <= {
        Path(row["path"]).name for row in catalog.videos.values()
    }


def test_boxes_of_all_frames_for_comparing_them(seen: Bench) -> None:
    found, plain = built(seen), stored(seen)
    sightings = Seen.of(inputs(seen), found.data, bulky=False).sightings()
    for row in range(len(found.data)):
        boxes = plain[key(found, row)]
        part = slice(*sightings.offsets[row : row + 2])
        assert np.array_equal(sightings.xyxy[part], boxes.xyxy)
        assert np.array_equal(sightings.confidence[part], boxes.confidence())


def test_the_table_says_what_was_revived_and_of_what_the_gain_consists(seen: Bench) -> None:
    bench = Bench(seen.root, seen.videos)
    # A detector of random weights is about as sure of everything.
    _, watch = bench.run(
        *detector(seen.root.parent),
        f"selection.revive={{confident: {SURE}, reach: 0}}",
        "selection.budget=40",
        "selection.strategy.rare=0.1",
    )
    assert any("near-duplicates may be chosen after all" in note for note in watch.notes)
    picks = state.current(bench.workspace).selected(bench.workspace)
    assert picks.schema.remove_metadata() == tables.SELECTION
    assert any(picks["revived"].to_pylist())
    assert {row["source"] for row in picks.to_pylist()} == {"coverage", "rare", "control"}
    for row in picks.to_pylist():
        if row["source"] == "control":
            assert not row["terms"]
            assert row["gain"] is None
        else:
            assert sum(value for _, value in row["terms"]) == pytest.approx(row["gain"])


def test_frames_that_look_like_an_example_come_first(bench: Bench, tmp_path: Path) -> None:
    images = bench.root / "rounds/0001/export/images"
    example = tmp_path / "what to look for.jpg"
    example.write_bytes(next(images.glob("gate*")).read_bytes())
    another = next(images.glob("drive*")).read_bytes()
    wish = f"selection.strategy={{name: similar, examples: ['{example}']}}"
    report, _ = bench.run(wish)
    first = report.round.picks(bench.workspace).to_pylist()[0]
    path = Catalog(bench.workspace).videos[first["video_no"]]["path"]
    assert Path(path).stem == "gate"
    assert "to example 1" in first["reason"]
    moved = tmp_path / "moved.jpg"
    example.rename(moved)
    _, watch = bench.run(wish.replace(str(example), str(moved)))
    assert "selection" not in watch.todo  # the same picture
    moved.write_bytes(another)
    _, watch = bench.run(wish.replace(str(example), str(moved)))
    assert "selection" in watch.todo


def test_examples_that_are_none(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="looks for what pictures show"):
        bench.run("selection.strategy.name=similar")
    with pytest.raises(SelectionError, match="cannot be read"):
        bench.run(f"selection.strategy={{name: similar, examples: ['{tmp_path}/none.jpg']}}")
    text = tmp_path / "text.jpg"
    text.write_text("This is not a picture.")
    with pytest.raises(SelectionError, match="Give JPEG, PNG"):
        bench.run(f"selection.strategy={{name: similar, examples: ['{text}']}}")
