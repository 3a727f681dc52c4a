"""What a run does with decisions: nothing without them, no more than needed with them."""

import hashlib
import json
from pathlib import Path

import pytest

from framesel import planning
from framesel.catalog import Catalog
from framesel.errors import WorkspaceError
from framesel.pipeline import Pipeline
from framesel.rounds import decisions, state
from framesel.rounds.decisions import Decision
from framesel.sources import expand
from tests.pipeline.conftest import Bench, Recorder
from tests.pipeline.reviewing import Reviewer
from tests.resume.faults import Inline, tree


def selection_step(bench: Bench, *settings: str) -> planning.Step:
    """The plan's last step."""
    return planning.plan(bench.workspace, bench.recipe(*settings))[-1]


def plain_digest(bench: Bench) -> str:
    """The digest of what a selection sees where nobody ever said anything."""
    steps = planning.plan(bench.workspace, bench.recipe())
    keys = {s.name: s.key for s in steps}
    needs = {name: keys[name] for name in steps[-1].stage.needs()}
    already = state.already(bench.workspace).to_pydict()
    seen = [Catalog(bench.workspace).parts_digest, needs, already]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:8]


def test_without_decisions_every_digest_is_what_it_always_was(bench: Bench) -> None:
    assert selection_step(bench).key.partition("-")[2] == plain_digest(bench)
    path = bench.root / "rounds/0001/round.json"
    old = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("heard", "told")}
    path.write_text(json.dumps(old))  # as it was written before anybody could say anything
    before = tree(bench.root)
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog"}
    assert tree(bench.root) == before
    assert "review" not in json.loads((bench.root / "rounds/0001/export/export.json").read_text())


def test_what_can_be_replayed_chooses_nothing_anew(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    first, key = reviewer.picks(), selection_step(bench).key
    enters, pinned = reviewer.others()[:2]
    reviewer.reject(first[2], enters)
    reviewer.say("keep", first[0])
    reviewer.say("pin", pinned, row=reviewer.row(pinned))
    reviewer.say("tag", first[1], text="night")
    assert reviewer.picks() == [pinned, *first[:2], enters, *first[3:]]
    assert selection_step(bench).key == key
    report, watch = bench.run()
    assert set(watch.todo) == {"catalog", "export"}
    assert report.picks == 9
    assert [(r["video_no"], r["pts"]) for r in reviewer.listed()] == reviewer.picks()
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog"}


def test_what_replay_cannot_honour_is_told_and_heard_by_the_next_run(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    first, key = reviewer.picks(), selection_step(bench).key
    reviewer.reject(first[0])
    reviewer.say("not_duplicate", reviewer.others()[0])
    step = selection_step(bench)
    assert (step.why, len(step.todo)) == ("you said that a frame is no duplicate", 1)
    assert step.key != key
    report, watch = bench.run()
    assert set(watch.todo) == {"catalog", "selection", "export"}
    assert report.round.heard == 2
    assert report.round.selection == f"selection/{step.key}"
    assert first[0] not in reviewer.picks()
    assert report.picks == 8  # the strategy filled the place
    assert not selection_step(bench).todo
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog"}
    reviewer.say("undo", undoes=1)
    assert selection_step(bench).why == "you took back the rejection of a frame"
    reviewer.say("undo", undoes=3)  # after all
    assert not selection_step(bench).todo


def test_taking_everything_back_leads_back_to_the_first_selection(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    first, key = reviewer.picks(), selection_step(bench).key
    reviewer.say("not_duplicate", reviewer.others()[0])
    bench.run()
    assert selection_step(bench).key != key
    reviewer.say("undo", undoes=1)
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog"}  # it is still there, and so is every picture
    assert selection_step(bench).key == key
    assert reviewer.picks() == first


def test_a_changed_setting_hears_everything_said_so_far(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    gone, pinned = reviewer.picks()[0], reviewer.others()[0]
    reviewer.reject(gone)
    reviewer.say("pin", pinned, row=reviewer.row(pinned))
    report, _ = bench.run("selection.budget=5")
    assert report.round.heard == 2
    assert gone not in reviewer.picks()
    assert reviewer.picks()[0] == pinned
    assert report.picks == 6


class Interrupting(Recorder):
    """Somebody decides at a desk while the run chooses."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.reviewer = Reviewer(bench.workspace)

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        super().begin(stage, todo, total, why)
        if stage == "selection":
            self.reviewer.reject(self.reviewer.picks()[0])
            self.reviewer.say("not_duplicate", self.reviewer.others()[0])


def test_what_is_said_during_a_run_waits_for_the_next(bench: Bench) -> None:
    watch, chosen = Interrupting(bench), bench.recipe("selection.seed=3")
    files = expand([str(bench.videos)], sequence=chosen.catalog.sequence)
    report = Pipeline(bench.workspace, chosen, watch, Inline).run(files)
    assert report.round.heard == 0
    assert report.picks == 7  # the rejection was replayed at once
    step = selection_step(bench, "selection.seed=3")
    assert step.why == "you said that a frame is no duplicate"
    assert report.round.selection != f"selection/{step.key}"
    report, _ = bench.run("selection.seed=3")
    assert report.round.heard == 2
    assert report.picks == 8


def test_a_closed_round_hears_no_more_and_the_next_knows_what_was_rejected(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    gone, late = reviewer.picks()[:2]
    enters, other = reviewer.others()[:2]
    reviewer.reject(gone, enters)
    left = reviewer.picks()
    state.close(bench.workspace, state.current(bench.workspace), 1)
    # a desk that was open all the time
    (first,) = state.rounds(bench.workspace)
    told = Decision(round=1, kind="reject", video_no=late[0], pts=late[1])
    decisions.append(bench.workspace, told)
    assert reviewer_keys(bench, first) == left
    assert state.already(bench.workspace)["pts"].to_pylist() == [pts for _, pts in left]
    report, _ = bench.run("selection.budget=6")
    second = reviewer_keys(bench, report.round)
    assert report.round.number == 2
    assert report.round.heard == 2
    assert not {gone, late, *left} & set(second)
    assert reviewer_keys(bench, first) == left
    reviewer.say("pin", other, row=reviewer.row(other))
    assert reviewer_keys(bench, state.current(bench.workspace))[0] == other
    assert reviewer_keys(bench, first) == left


def reviewer_keys(bench: Bench, this: state.Round) -> list[tuple[int, int]]:
    """A round's picks as reviewed."""
    table = this.picks(bench.workspace)
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))


def test_a_damaged_decision_stops_everything_and_is_named(bench: Bench) -> None:
    Reviewer(bench.workspace).say("keep", (0, 0))
    path: Path = bench.root / "decisions/00000001.json"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkspaceError, match=r"00000001\.json is damaged"):
        bench.run()
    path.unlink()
    bench.run()
