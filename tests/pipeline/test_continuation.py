"""What a selection would take next, from a workspace: kept, read back, made again."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framesel import chosen, planning, tables
from framesel.chosen import Chosen
from framesel.continuation import continuation, stage_of
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.replacer import Replacer
from framesel.rounds import state
from framesel.stages import pool
from tests.pipeline.conftest import Bench
from tests.pipeline.reviewing import Reviewer


@pytest.fixture
def copy(tmp_path: Path, finished: Bench) -> Bench:
    """A finished run, to be written into."""
    shutil.copytree(finished.root, tmp_path / "ws")
    return Bench(tmp_path / "ws", finished.videos)


def parts(bench: Bench, recipe: Recipe | None = None) -> tuple[dict[str, str], Recipe, Chosen]:
    made = recipe or bench.recipe()
    keys = {step.name: step.key for step in planning.plan(bench.workspace, made)}
    return keys, made, chosen.find(bench.workspace)


def asked(bench: Bench, frames: int | None = None) -> pa.Table:
    return continuation(bench.workspace, *parts(bench), frames)


def test_it_is_what_a_larger_budget_buys(copy: Bench) -> None:
    more = asked(copy, 2)
    assert more.schema.remove_metadata() == tables.SELECTION
    bought = chosen.find(copy.workspace).picks
    copy.run("selection.budget=10")
    larger = chosen.find(copy.workspace).picks
    keys = [(row["video_no"], row["pts"]) for row in larger.to_pylist()]
    # cover takes turns anew after what is fixed: the frames agree, and so may their order
    assert {(row["video_no"], row["pts"]) for row in bought.to_pylist()} <= set(keys)
    assert len({(row["video_no"], row["pts"]) for row in more.to_pylist()} & set(keys)) >= 1


def test_it_is_kept_and_made_again_only_for_more(
    copy: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked(copy, 4)
    path = chosen.find(copy.workspace).folder / "continuation.parquet"
    written = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(pool, "build", None)  # nothing may be computed
        assert asked(copy, 4).equals(first)
        assert asked(copy, 2).equals(first.slice(0, 2))
    assert path.read_bytes() == written
    longer = asked(copy)
    assert longer.num_rows > 4
    assert longer.slice(0, 4).equals(first)
    path.write_bytes(b"no table")
    assert asked(copy).equals(longer)
    pq.write_table(pa.table({"a": [1]}), path)
    assert asked(copy).equals(longer)


def test_the_selection_and_what_is_stale_stay_as_they_are(copy: Bench) -> None:
    asked(copy)
    _, watch = copy.run()
    assert "selection" not in watch.todo


def test_settings_are_those_that_it_was_made_with(copy: Bench) -> None:
    recipe = copy.recipe("selection.budget=3", "selection.strategy.name=k_center")
    found = chosen.find(copy.workspace)
    stage = stage_of(found, recipe)
    assert (stage.strategy.name, stage.budget) == ("cover", 8)
    assert stage_of(found, copy.recipe()) == copy.recipe().selection.informed(
        scored=False, coarse=False
    )


def test_a_selection_of_another_version_is_refused(copy: Bench) -> None:
    found = chosen.find(copy.workspace)
    path = found.folder / "stage.json"
    path.write_text(path.read_text().replace('"budget"', '"wallet"'))
    with pytest.raises(WorkspaceError, match="another version"):
        stage_of(chosen.find(copy.workspace), copy.recipe())


def test_tables_that_are_gone_are_named(copy: Bench) -> None:
    keys, recipe, found = parts(copy)
    shutil.rmtree(copy.root / "duplicates")
    with pytest.raises(WorkspaceError, match=r"duplicates.*`framesel run` once more"):
        continuation(copy.workspace, keys, recipe, found)


def test_an_earlier_round_goes_on_from_what_it_saw(copy: Bench) -> None:
    keys, recipe, found = parts(copy)
    before = continuation(copy.workspace, keys, recipe, found, 3)
    (found.folder / "continuation.parquet").unlink()
    state.close(copy.workspace, state.current(copy.workspace), 0)
    assert continuation(copy.workspace, keys, recipe, found, 3).equals(before)


def test_a_reviewers_words_are_heard_as_they_were(copy: Bench) -> None:
    reviewer = Reviewer(copy.workspace)
    out, (pinned, *_) = reviewer.picks()[0], reviewer.others()
    reviewer.reject(out)
    reviewer.say("pin", pinned, row=reviewer.row(pinned))
    copy.run("selection.seed=1")
    keys, recipe, found = parts(copy, copy.recipe("selection.seed=1"))
    picks = reviewer.picks()
    assert picks[0] == pinned
    rows = continuation(copy.workspace, keys, recipe, found).to_pylist()
    named = [(row["video_no"], row["pts"]) for row in rows]
    assert rows[0]["rank"] == len(picks) + 1
    assert not {out, *picks} & set(named)
    replacer = Replacer.of(copy.workspace, keys, recipe, found)
    row = replacer.next(picks[1], [k for k in picks if k != picks[1]], [out])
    assert row is not None
    assert (row["video_no"], row["pts"]) == named[0]
    assert row["reason"].startswith("in place of ")
