"""`duplicates.tau_cos: auto`: a stage that asks the footage, and what it says."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from framesel import planning
from framesel import recipe as recipes
from framesel.errors import RecipeError
from framesel.stages.tau import Tau
from tests.pipeline.conftest import Bench, Recorder

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

AUTO = "duplicates.tau_cos=auto"
DENSE = "frames.sample.fps=4"
OTHERWISE = ["catalog.shard_videos=5", "run.threads=1"]


def chosen(bench: Bench, *settings: str) -> dict[str, object]:
    """The chosen row of the stage's table."""
    step = next(
        s for s in planning.plan(bench.workspace, bench.recipe(*settings)) if s.name == "tau"
    )
    assert step.why == ""
    table = pq.read_table(bench.workspace.stage("tau", step.key) / "all.parquet")
    assert table["tau_cos"].to_pylist() == sorted(table["tau_cos"].to_pylist())
    (row,) = [row for row in table.to_pylist() if row["chosen"]]
    return row


def dropped(bench: Bench, *settings: str) -> list[float]:
    """Cosines of all dropped frames with their keepers."""
    step = next(
        s for s in planning.plan(bench.workspace, bench.recipe(*settings)) if s.name == "duplicates"
    )
    rows = pq.read_table(bench.workspace.stage("duplicates", step.key) / "all.parquet").to_pylist()
    return [row["keeper_cos"] for row in rows if row["mass"] == 0 and not row["rejected"]]


@dataclass
class Asked:
    """A run with auto, and what was said."""

    bench: Bench
    watch: Recorder


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> Asked:
    bench = Bench(tmp_path_factory.mktemp("asked") / "ws", footage.folder)
    return Asked(bench, bench.run(AUTO, DENSE)[1])


def test_the_threshold_is_asked_of_the_footage_and_used(asked: Asked) -> None:
    assert {"tau", "duplicates", "selection"} <= set(asked.watch.todo)
    row = chosen(asked.bench, AUTO, DENSE)
    assert 0.95 <= row["tau_cos"] <= 1
    (told, *doubts) = [note for note in asked.watch.notes if "tau" in note]
    found = "is" if row["tau_cos"] > 0.95 else "stays at"
    assert f"auto {found} {row['tau_cos']:.4f}" in told
    assert f"finds {row['recall']:.1%} of the duplicates" in told
    assert f"merges {row['wrong_merges']:.2%} of the frames" in told
    assert bool(doubts) == (row["recall"] < 0.95 and row["tau_cos"] > 0.95)
    number = f"duplicates.tau_cos={row['tau_cos']}"
    _, watch = asked.bench.run(number, DENSE)
    assert "tau" not in watch.todo
    same = dropped(asked.bench, AUTO, DENSE)
    assert same == dropped(asked.bench, number, DENSE)
    assert same
    assert min(same) >= row["tau_cos"] - 1e-6


def test_another_gate_asks_again_and_another_budget_does_not(asked: Asked) -> None:
    for setting, stale in (
        ("selection.budget=3", False),
        ("duplicates.gate.flat_contrast=4", True),
    ):
        steps = planning.plan(asked.bench.workspace, asked.bench.recipe(AUTO, DENSE, setting))
        assert bool(next(s for s in steps if s.name == "tau").todo) is stale


def test_shards_and_threads_change_no_answer(asked: Asked, tmp_path: Path) -> None:
    other, settings = Bench(tmp_path / "ws", asked.bench.videos), [AUTO, DENSE, *OTHERWISE]
    other.run(*settings)
    assert chosen(asked.bench, AUTO, DENSE) == chosen(other, *settings)


def test_the_stage_is_there_only_when_asked_for(asked: Asked) -> None:
    assert "tau" not in asked.bench.recipe().stages()
    stages = asked.bench.recipe(AUTO, "duplicates.gate.flat_contrast=5").stages()
    assert list(stages) == ["frames", "embeddings", "tau", "shots", "duplicates", "selection"]
    assert isinstance(stages["tau"], Tau)
    assert stages["tau"].gate.flat_contrast == 5
    assert "tau" in stages["shots"].needs()


@pytest.mark.parametrize(
    ("settings", "only", "reason"),
    [
        (["frames.sample.fps=1"], None, "too few"),
        ([DENSE, "frames.store_px=0"], None, "without pixels"),
        (["frames.sample.fps=25"], 1, "with one video"),
    ],
)
def test_where_nothing_can_be_measured_the_default_stays(
    tmp_path: Path, footage: "Truth", settings: list[str], only: int | None, reason: str
) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for video in sorted(footage.videos, key=lambda video: -len(video.frames))[:only]:
        shutil.copy(footage.folder / video.name, videos)
    bench = Bench(tmp_path / "ws", videos)
    _, watch = bench.run(AUTO, *settings)
    (told,) = [note for note in watch.notes if "tau_cos" in note]
    assert "stays at 0.95" in told
    assert reason in told
    row = chosen(bench, AUTO, *settings)
    assert row == {"tau_cos": 0.95, "recall": None, "wrong_merges": None, "chosen": True}
    assert min(dropped(bench, AUTO, *settings)) >= 0.95 - 1e-6


@pytest.mark.parametrize("value", ["0", "1.5", "often", "[0.9]", "true", ".nan"])
def test_other_thresholds_make_no_sense(value: str) -> None:
    with pytest.raises(RecipeError, match=r"tau_cos: give a cosine above 0 .* or auto"):
        recipes.load(None, [f"duplicates.tau_cos={value}"])
