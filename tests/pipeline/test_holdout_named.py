"""Videos that were set aside beforehand are held out as a whole, by name."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from framesel.catalog import Catalog
from framesel.cli.app import app
from framesel.errors import UsageError
from framesel.rounds import holdout, state
from framesel.splitting.holdout_draw import Wish, draw
from framesel.splitting.holdout_named import hold_out
from tests.pipeline.conftest import Bench
from tests.splitting.labelling import label


@pytest.fixture
def own(tmp_path: Path, finished: Bench) -> Bench:
    """A copy of the finished workspace, over the same footage."""
    shutil.copytree(finished.root, tmp_path / "ws")
    return Bench(tmp_path / "ws", finished.videos)


def paths(bench: Bench) -> dict[str, int]:
    rows = Catalog(bench.workspace).sources.to_pylist()
    return {row["path"]: row["video_no"] for row in rows if row["video_no"] is not None}


def digest(bench: Bench, path: str) -> str:
    return str(Catalog(bench.workspace).videos[paths(bench)[path]]["digest"])


def test_named_videos_are_held_out_whole_and_never_chosen_from(own: Bench) -> None:
    first, second = sorted(paths(own))[:2]
    found = hold_out(own.workspace, own.recipe(), [first, second], frames=5)
    assert set(found.holdout.videos) == {digest(own, first), digest(own, second)}
    assert len(found.holdout.frames) == 5
    assert {one.digest for one in found.holdout.frames} <= set(found.holdout.videos)
    own.run()
    picks = state.current(own.workspace).picks(own.workspace)["video_no"].to_pylist()
    assert picks
    assert not {paths(own)[first], paths(own)[second]} & set(picks)


def test_the_same_again_changes_nothing_and_more_joins(own: Bench) -> None:
    first, second = sorted(paths(own))[:2]
    once = hold_out(own.workspace, own.recipe(), [first], frames=3).holdout
    assert hold_out(own.workspace, own.recipe(), [first], frames=3).holdout == once
    both = hold_out(own.workspace, own.recipe(), [first, second]).holdout
    assert set(both.videos) == {digest(own, first), digest(own, second)}
    assert both.frames[:3] == once.frames
    drawn = draw(own.workspace, own.recipe(), Wish(0.5)).holdout
    assert set(both.videos) <= set(drawn.videos)


def test_what_was_learnt_from_and_what_is_no_input_is_refused_by_name(
    own: Bench, tmp_path: Path
) -> None:
    path, video_no = next(iter(paths(own).items()))
    picks = state.current(own.workspace).picks(own.workspace)
    key = next(
        (no, pts)
        for no, pts in zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True)
        if no != video_no
    )
    label(own.workspace, [key])
    labelled = next(path for path, no in paths(own).items() if no == key[0])
    with pytest.raises(UsageError, match=r"cannot be held out: they have labels"):
        hold_out(own.workspace, own.recipe(), [labelled])
    stranger = shutil.copy(path, tmp_path / "stranger.mp4")
    with pytest.raises(UsageError, match=r"stranger\.mp4 are not among the input"):
        hold_out(own.workspace, own.recipe(), [str(stranger)])
    with pytest.raises(UsageError, match=r"no_video\.mp4 could not be opened"):
        hold_out(own.workspace, own.recipe(), [str(own.videos)])
    assert holdout.read(own.workspace) is None


def test_the_command_holds_out_what_it_is_told(own: Bench) -> None:
    first = sorted(paths(own))[0]
    ask = ["holdout", str(own.root), "--videos", first]
    done = CliRunner().invoke(app, [*ask, "--frames", "2"])
    assert done.exit_code == 0, done.output
    assert "held out: 1 videos" in done.output
    assert "2 frames to be labelled" in done.output
    refused = CliRunner().invoke(app, [*ask, "--seed", "1"])
    assert isinstance(refused.exception, UsageError)
