"""What is held out is chosen by no strategy, represented by nothing, and stays held out."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import chosen, upkeep
from framesel.catalog import Catalog
from framesel.desk.decided import Decided
from framesel.desk.pins import pinned_row
from framesel.errors import UsageError, WorkspaceError
from framesel.report.view import View
from framesel.rounds import holdout, state
from framesel.splitting import labelled, stored
from framesel.splitting.holdout_draw import Wish, chance, draw, seconds
from framesel.splitting.listing import holdout_listing
from framesel.splitting.split import Rules, split
from framesel.stages import pool
from framesel.stages.selection import Selection
from framesel.why import why
from tests.pipeline.conftest import Bench
from tests.splitting.labelling import label


def copied(bench: Bench, tmp_path: Path) -> Bench:
    shutil.copytree(bench.root, tmp_path / "ws")
    return Bench(tmp_path / "ws", bench.videos)


@pytest.fixture
def own(tmp_path: Path, finished: Bench) -> Bench:
    """A copy of the finished workspace, over the same footage."""
    return copied(finished, tmp_path)


def held_out(bench: Bench) -> set[int]:
    found = holdout.digests(bench.workspace)
    return {no for no, row in Catalog(bench.workspace).videos.items() if row["digest"] in found}


def picked(bench: Bench) -> set[int]:
    this = state.current(bench.workspace)
    return set(this.picks(bench.workspace)["video_no"].to_pylist())


def test_no_strategy_chooses_from_what_is_held_out(own: Bench) -> None:
    before = state.current(own.workspace).selection
    found = draw(own.workspace, own.recipe(), Wish(0.3, frames=4))
    held = held_out(own)
    assert held == set(found.new)
    assert 0.1 < found.share < 0.5
    picks = state.current(own.workspace).picks(own.workspace)["video_no"].to_pylist()
    assert found.picks == sum(video_no in held for video_no in picks)
    own.run()
    this = state.current(own.workspace)
    assert this.selection != before
    assert not held & picked(own)
    left_out = chosen.find(own.workspace).left_out.to_pylist()
    assert {row["video_no"] for row in left_out if row["why"] == "holdout"} == held
    assert all(row["why"] == "holdout" for row in left_out if row["video_no"] in held)
    frame = next(row for row in left_out if row["video_no"] in held)
    text = f"{frame['video_no']}@pts:{frame['pts']}"
    said = list(why(own.workspace, own.recipe(), chosen.find(own.workspace), text))
    assert "is held out" in said[0]
    view = Decided.on(View.of(own.workspace), [])
    with pytest.raises(UsageError, match="is held out"):
        pinned_row(view, view.frames.row_of(frame["video_no"], frame["pts"]))


def test_what_is_held_out_is_not_represented_and_not_known(own: Bench) -> None:
    draw(own.workspace, own.recipe(), Wish(0.3, frames=6))
    held = sorted(held_out(own))
    listing = holdout_listing(own.workspace, own.recipe())
    label(own.workspace, [(frame.video_no, frame.pts) for frame in listing.frames])
    inputs = View.of(own.workspace).inputs
    stage = own.recipe().stages()["selection"]
    assert isinstance(stage, Selection)
    found = pool.build(stage.wants(), inputs, own.recipe().run)
    mine = np.isin(found.data.columns["video_no"], held)
    assert (found.held == mine).all()
    assert mine.any()
    assert (found.mass[mine] == 0).all()
    assert not mine[found.rows].any()
    assert len(inputs.already)
    assert not len(found.before)


def test_without_a_holdout_selections_stay_what_they_were(finished: Bench) -> None:
    assert not (finished.root / "holdout.json").exists()
    _, watch = finished.run()
    assert "selection" not in watch.todo


def test_drawing_again_changes_nothing(own: Bench) -> None:
    draw(own.workspace, own.recipe(), Wish(0.3, frames=4))
    first = (own.root / "holdout.json").read_bytes()
    again = draw(own.workspace, own.recipe(), Wish(0.3))
    assert (own.root / "holdout.json").read_bytes() == first
    assert again.new == ()


def test_new_footage_is_drawn_from_and_nothing_leaves(tmp_path: Path, finished: Bench) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    names = ["drive.mp4", "gate.mp4", "night.mp4", "phone.mp4"]
    for name in names[:2]:
        shutil.copy(finished.videos / name, folder)
    own = Bench(tmp_path / "ws", folder)
    own.run()
    first = draw(own.workspace, own.recipe(), Wish(0.4, frames=6, tau=1.1)).holdout
    for name in names[2:]:
        shutil.copy(finished.videos / name, folder)
    own.run()
    second = draw(own.workspace, own.recipe(), Wish(0.4, tau=1.1))
    assert len(first.videos) == 1
    assert second.holdout.videos[:1] == first.videos
    assert second.holdout.frames[: len(first.frames)] == first.frames
    assert len(second.new) == 1
    assert len(second.holdout.frames) > len(first.frames)
    known = set(first.videos) | set(first.considered)
    assert not {Catalog(own.workspace).videos[no]["digest"] for no in second.new} & known


def test_more_may_be_held_out_later(own: Bench) -> None:
    less = draw(own.workspace, own.recipe(), Wish(0.2, frames=2, tau=1.1)).holdout
    more = draw(own.workspace, own.recipe(), Wish(0.6, frames=6, tau=1.1)).holdout
    assert set(less.videos) < set(more.videos)
    assert more.frames[:2] == less.frames


def test_videos_that_were_learnt_from_are_not_drawn(own: Bench) -> None:
    key = pq.read_table(own.root / "rounds/0001/export/picks.parquet").slice(0, 1).to_pylist()[0]
    label(own.workspace, [(key["video_no"], key["pts"])])
    for seed in range(4):
        found = draw(own.workspace, own.recipe(), Wish(0.4, frames=2, seed=seed, tau=1.1))
        assert key["video_no"] not in held_out(own)
        assert found.barred == 1
        assert "could not be drawn" in "\n".join(found.lines())
        (own.root / "holdout.json").unlink()
    label(own.workspace, [(no, 0) for no in Catalog(own.workspace).live])
    with pytest.raises(UsageError, match="have labels or picks"):
        draw(own.workspace, own.recipe(), Wish(0.4))


def test_near_duplicates_are_held_out_together(own: Bench) -> None:
    for seed in range(6):
        draw(own.workspace, own.recipe(), Wish(0.4, frames=2, seed=seed, tau=0.9))
        names = {Path(Catalog(own.workspace).videos[no]["path"]).stem for no in held_out(own)}
        assert len(names & {"cut_short", "gate"}) != 1
        (own.root / "holdout.json").unlink()


@pytest.mark.parametrize("wish", [Wish(0.0), Wish(1.0), Wish(0.1, frames=0)])
def test_wishes_that_make_no_sense_are_refused(own: Bench, wish: Wish) -> None:
    with pytest.raises(UsageError, match="--"):
        draw(own.workspace, own.recipe(), wish)


def test_another_seed_is_refused_once_something_was_drawn(own: Bench) -> None:
    draw(own.workspace, own.recipe(), Wish(0.3, frames=2, seed=1))
    with pytest.raises(UsageError, match="seed 1"):
        draw(own.workspace, own.recipe(), Wish(0.3, seed=2))


@pytest.mark.parametrize("content", ["{", "[]", '{"videos": 3}', '{"format": 99}'])
def test_a_damaged_holdout_stops_everything(own: Bench, content: str) -> None:
    (own.root / "holdout.json").write_text(content)
    with pytest.raises(WorkspaceError, match=r"holdout\.json"):
        own.run()


def test_frames_are_drawn_in_proportion_to_the_time_that_they_stand_for() -> None:
    video_no, t_s = np.array([0, 0, 0, 3, 5, 5]), np.array([0.0, 1.0, 5.0, 9.0, 2.0, 2.5])
    assert seconds(video_no, t_s).tolist() == [0.5, 2.5, 2.0, 1.0, 0.25, 0.25]
    drawn = np.array([chance(str(n)) for n in range(4000)])
    assert len(set(drawn.tolist())) == 4000
    assert abs(drawn.mean() - 0.5) < 0.02
    assert 0 < drawn.min() < drawn.max() < 1


def test_the_frames_of_the_holdout_can_be_handed_over(own: Bench) -> None:
    draw(own.workspace, own.recipe(), Wish(0.3, frames=4))
    listing = holdout_listing(own.workspace, own.recipe())
    assert listing.what == "holdout"
    assert listing.purpose == "label"
    assert len(listing.frames) == 4
    assert {frame.video_no for frame in listing.frames} <= held_out(own)
    (own.root / "holdout.json").unlink()
    with pytest.raises(UsageError, match="no holdout"):
        holdout_listing(own.workspace, own.recipe())


def test_a_forgotten_video_leaves_the_holdout_and_all_splits(own: Bench) -> None:
    draw(own.workspace, own.recipe(), Wish(0.6, frames=6, tau=1.1))
    frames = stored.read(own.workspace, own.recipe())
    label(own.workspace, zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True))
    rules = Rules(shares=(0.5, 0.5, 0.0), tau=1.1, gap_s=0.0)
    path = split(labelled.read(own.workspace, own.recipe()), rules).write(own.workspace)
    gone = min(held_out(own))
    digest = Catalog(own.workspace).videos[gone]["digest"]
    touched = upkeep.forget(own.workspace, gone)
    assert {own.root / "holdout.json", path / "split.parquet"} <= set(touched)
    found = holdout.read(own.workspace)
    assert found is not None
    assert found.videos
    assert digest not in (own.root / "holdout.json").read_text()
    assert gone not in pq.read_table(path / "split.parquet")["video_no"].to_pylist()
