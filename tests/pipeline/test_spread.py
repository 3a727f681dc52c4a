"""What gathering stages let workers compute: parts of a choice, loads of footage."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import continuation, planning, table_files
from framesel.chosen import find
from framesel.errors import StageError, WorkspaceError
from framesel.pipeline import Pipeline
from framesel.settings import RunSettings
from framesel.sources import expand
from framesel.stages import gathered, stored_vectors
from framesel.stages.candidate_arrays import arrays_of, candidates_of
from framesel.stages.links_task import LinksTask
from framesel.stages.part_task import PartTask
from framesel.stages.pieces import Pieces
from framesel.stages.shortlisting import size_of_parts
from framesel.stages.stored_vectors import StoredVectors
from framesel.task import Outcome, Task
from tests.pipeline.conftest import Bench, picks
from tests.pipeline.long_footage import SETTINGS
from tests.pipeline.test_out_of_core import inputs_of
from tests.resume.faults import Inline, Silent
from tests.selection.footage import footage

PARTS = ["selection.exact_below=40", "selection.budget=6", "selection.spare=9"]


@pytest.mark.parametrize("name", ["cover", "k_center", "uniform", "random"])
def test_a_selection_in_parts_is_one_like_any_other(long: Bench, name: str) -> None:
    how = [*SETTINGS, *PARTS, f"selection.strategy.name={name}", "selection.limits.gap_s=1"]
    report, _ = long.run(*how)
    assert report.picks == 6
    steps = planning.plan(long.workspace, long.recipe(*how))
    step = next(step for step in steps if step.name == "selection")
    folder = long.workspace.stage("selection", step.key)
    chosen, left = (pq.read_table(folder / f"{n}.parquet") for n in ("all", "left_out"))
    keys = {(r["video_no"], r["pts"]) for t in (chosen, left) for r in t.to_pylist()}
    frames = inputs_of(long).table("embeddings", ["video_no", "pts"])
    assert len(keys) == frames.num_rows == chosen.num_rows + left.num_rows
    duplicates = inputs_of(long).table("duplicates", ["video_no", "pts", "mass"])
    kept = {(r["video_no"], r["pts"]) for r in duplicates.to_pylist() if r["mass"]}
    assert len(kept) > 40
    for row in chosen.to_pylist():
        others = [r["t_s"] for r in chosen.to_pylist() if r["video_no"] == row["video_no"]]
        assert sum(abs(t_s - row["t_s"]) < 1 for t_s in others) == 1


def test_memory_changes_no_pick(long: Bench, tmp_path: Path) -> None:
    shutil.copytree(long.root, tmp_path / "ws")
    other, how = Bench(tmp_path / "ws", long.videos), [*SETTINGS, *PARTS]
    long.run(*how)
    expected = picks(long)
    shutil.rmtree(other.root / "selection", ignore_errors=True)
    shutil.rmtree(other.root / "duplicates")
    other.run(*how, "run.memory_gb=0.001")  # of 250 frames 97 fit
    assert picks(other) == expected
    with pytest.raises(StageError, match=r"selection\.exact_below"):
        other.run(*how, "run.memory_gb=0.00001", "selection.seed=1")


def folder_of(bench: Bench, how: Sequence[str], stage: str) -> Path:
    steps = planning.plan(bench.workspace, bench.recipe(*how))
    return bench.workspace.stage(stage, next(s.key for s in steps if s.name == stage))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def copy_of(bench: Bench, folder: Path) -> Bench:
    """A workspace of the same footage, where nothing was gathered yet."""
    shutil.copytree(bench.root, folder / "ws")
    for name in ("duplicates", "selection", "rounds"):
        shutil.rmtree(folder / "ws" / name, ignore_errors=True)
    return Bench(folder / "ws", bench.videos)


@pytest.mark.parametrize("memory_gb", [4.0, 2e-4])
def test_workers_give_the_same_bytes(long: Bench, tmp_path: Path, memory_gb: float) -> None:
    """With little memory near-duplicates are looked for in many loads, too."""
    how = [*SETTINGS, *PARTS, "selection.seed=3"]
    one, two = copy_of(long, tmp_path / "one"), copy_of(long, tmp_path / "two")
    one.run(*how)
    recipe = two.recipe(*how, "run.workers=2", f"run.memory_gb={memory_gb}")
    seen = Seen()
    Pipeline(two.workspace, recipe, seen).run(expand([str(two.videos)]))
    for stage in ("duplicates", "selection"):
        folder = folder_of(one, how, stage)
        assert bytes_of(folder) == bytes_of(two.root / folder.relative_to(one.root))
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert any(key.startswith("part-0-") for key in seen.keys)
    assert any(key.startswith("links-") for key in seen.keys) == (memory_gb < 1)


class Seen(Silent):
    """Remembers the pieces of work."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def wrote(self, key: str, rows: int) -> None:
        self.keys.append(key)


class Ends(Inline):
    """A runner that is ended when a task has done two pieces."""

    task: ClassVar[type] = PartTask
    done: ClassVar[list[str]] = []

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        for outcome in super().map(task, pieces, watch):
            if isinstance(task, self.task):
                self.done.append(outcome.key)
                if len(self.done) == 2:
                    raise KeyboardInterrupt
            yield outcome


@pytest.mark.parametrize(("task", "stage"), [(PartTask, "selection"), (LinksTask, "duplicates")])
def test_what_workers_have_done_outlives_the_run(
    long: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: type, stage: str
) -> None:
    how = [*SETTINGS, *PARTS, "selection.seed=4", "run.memory_gb=2e-4"]
    whole, broken = copy_of(long, tmp_path / "whole"), copy_of(long, tmp_path / "broken")
    whole.run(*how)
    recipe, files = broken.recipe(*how), expand([str(broken.videos)])
    monkeypatch.setattr(Ends, "task", task)
    monkeypatch.setattr(Ends, "done", [])
    with pytest.raises(KeyboardInterrupt):
        Pipeline(broken.workspace, recipe, Silent(), Ends).run(files)
    folder = folder_of(broken, how, stage)
    assert len(Ends.done) == 2
    assert not (folder / "all.parquet").exists()
    assert [path for path in folder.iterdir() if path.is_dir()]
    seen = Seen()
    Pipeline(broken.workspace, recipe, seen, Inline).run(files)
    assert not set(seen.keys) & set(Ends.done)
    assert {key.partition("-")[0] for key in seen.keys} >= {
        key.partition("-")[0] for key in Ends.done
    }
    mine = folder_of(whole, how, stage)
    assert bytes_of(mine) == bytes_of(folder)
    assert not [path for path in folder.iterdir() if path.is_dir()]


def test_what_comes_next_is_asked_of_what_was_left(long: Bench, tmp_path: Path) -> None:
    how = [*SETTINGS, *PARTS, "selection.seed=5"]
    own = copy_of(long, tmp_path)
    own.run(*how)
    chosen = find(own.workspace)
    left = pq.read_table(chosen.folder / "shortlist.parquet").to_pylist()
    recipe = own.recipe(*how)
    keys_of = {step.name: step.key for step in planning.plan(own.workspace, recipe)}
    more = continuation.continuation(own.workspace, keys_of, recipe, chosen, 5)
    assert more.num_rows == 5
    keys = {(row["video_no"], row["pts"]) for row in left}
    assert {(row["video_no"], row["pts"]) for row in more.to_pylist()} <= keys
    (chosen.folder / "shortlist.parquet").unlink()
    (chosen.folder / "continuation.parquet").unlink()
    with pytest.raises(WorkspaceError, match="`framesel run` once more"):
        continuation.continuation(own.workspace, keys_of, recipe, chosen, 5)


def test_parts_are_small_but_not_too_small_for_the_budget() -> None:
    assert size_of_parts(100, 250_000) == 50_000
    assert size_of_parts(20_000, 250_000) == 100_000
    assert size_of_parts(100, 3_000) == 3_000


@pytest.mark.parametrize("bare", [False, True])
def test_candidates_come_back_from_their_arrays(tmp_path: Path, bare: bool) -> None:
    given = footage(n=30)
    if bare:
        nothing = dict.fromkeys(("utility", "class_counts", "gradients", "objects", "targets"))
        given = replace(given, **nothing, classes=(), metadata={})
    else:
        given = replace(given, shots=given.video_no, already_shots=np.array([7]), fixed=[4, 2])
    pieces = Pieces(tmp_path)
    pieces.write("some", arrays_of(given))
    found = candidates_of(pieces.read("some"))
    for field in fields(given):
        one, other = getattr(given, field.name), getattr(found, field.name)
        if field.name == "metadata":
            assert {k: v.tolist() for k, v in one.items()} == {
                k: v.tolist() for k, v in other.items()
            }
        elif field.name == "objects":
            assert (one is None) == (other is None)
            for inner in fields(one) if one is not None else ():
                assert np.array_equal(getattr(one, inner.name), getattr(other, inner.name))
        elif isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
        else:
            assert one == other


def test_vectors_at_hand_are_read_once(
    long: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = gathered.read(inputs_of(long), ["t_s"], RunSettings(memory_gb=1e-6))
    assert isinstance(data.vectors, StoredVectors)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(data))[: len(data) // 2])
    every = np.arange(len(data))
    expected = data.vectors[every]
    monkeypatch.setattr(stored_vectors, "_ROWS_AT_ONCE", 100_000)
    opened: list[str] = []
    read = table_files.read

    def counted(path: Path, **how: Any) -> Any:
        opened.append(str(path))
        return read(path, **how)

    monkeypatch.setattr(table_files, "read", counted)
    with data.vectors.at_hand(rows, tmp_path) as near:
        assert len(opened) == len(set(opened))
        opened.clear()
        mixed = rng.permutation(rows)
        assert np.array_equal(near[mixed], expected[mixed])
        assert not opened
        assert np.array_equal(near[every], expected)
        assert np.array_equal(near[3:40], expected[3:40])
        assert np.array_equal(near[7], expected[7])
        assert opened
    assert not list(tmp_path.iterdir())
