"""A selection hears what a reviewer said: rejected, pinned, kept, no duplicate."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from framesel import chosen, tables
from framesel.rounds import decisions, state
from framesel.rounds.decisions import Decision
from framesel.why import why
from tests.pipeline.conftest import Bench

Key = tuple[int, int]


def key(row: dict[str, Any]) -> Key:
    return row["video_no"], row["pts"]


def say(bench: Bench, kind: str, frame: Key, **more: Any) -> None:
    fields = {"round": 1, "kind": kind, "video_no": frame[0], "pts": frame[1], **more}
    decisions.append(bench.workspace, Decision.model_validate(fields))


def entry(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """What a decision says of a frame that enters."""
    known = dict.fromkeys(tables.SELECTION.names)
    place = {"rank": 1, "video_no": row["video_no"], "pts": row["pts"], "index": 3, "t_s": 1.5}
    return {**known, **place, "source": "", "limit": "", "revived": False, "reason": reason}


def pin(bench: Bench, row: dict[str, Any], round_no: int = 1) -> None:
    say(bench, "pin", key(row), row=entry(row, "mine"), round=round_no)


def left_out(bench: Bench) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chosen.find(bench.workspace).left_out.to_pylist()
    return rows


def selected(bench: Bench) -> list[dict[str, Any]]:
    this = state.current(bench.workspace)
    rows: list[dict[str, Any]] = this.selected(bench.workspace).to_pylist()
    return rows


def said(bench: Bench, frame: Key) -> str:
    name = f"{frame[0]}@pts:{frame[1]}"
    found = chosen.find(bench.workspace)
    return "\n".join(why(bench.workspace, bench.recipe("selection.seed=1"), found, name))


@pytest.fixture
def decided(bench: Bench) -> tuple[Bench, dict[str, Key]]:
    """A workspace that was chosen from anew after a reviewer spoke."""
    picks, rest = selected(bench), left_out(bench)
    some = {row["why"]: row for row in rest if row["why"] != "duplicate"}
    twins = [row for row in rest if row["why"] == "duplicate"]
    frames = {
        "rejected": key(picks[0]),
        "kept": key(picks[5]),
        "good": key(some["outvoted"]),
        "bad": key(some["rejected"]),
        "twin": key(twins[0]),
        "no twin": key(twins[-1]),
    }
    say(bench, "reject", frames["rejected"], text="a thumb")
    say(bench, "keep", frames["kept"])
    pin(bench, some["rejected"])
    pin(bench, twins[0])
    say(bench, "not_duplicate", frames["no twin"])
    return bench, frames


def test_what_was_said_is_honoured_when_frames_are_chosen_anew(
    decided: tuple[Bench, dict[str, Key]],
) -> None:
    bench, frames = decided
    _, watch = bench.run("selection.seed=1")
    picks, rest = selected(bench), {key(row): row for row in left_out(bench)}
    assert [key(row) for row in picks[:3]] == [frames["bad"], frames["twin"], frames["kept"]]
    assert [row["source"] for row in picks[:4]].count("kept") == 3
    assert [row["reason"] for row in picks[:3]] == ["pinned by the reviewer"] * 2 + [
        "kept by the reviewer"
    ]
    assert not any(row["revived"] for row in picks[:3])
    assert len(picks) == 8 + 2
    assert frames["rejected"] not in {key(row) for row in picks}
    out = rest[frames["rejected"]]
    assert (out["why"], out["detail"]) == ("declined", "a thumb")
    assert all(row["mass"] >= 1 for row in picks)
    told = "\n".join(watch.notes)
    assert "1 frame is not chosen: the reviewer rejected it" in told
    assert "3 frames come first: the reviewer pinned or kept them" in told
    assert "1 near-duplicate may be chosen after all: the reviewer says that it is none" in told


def test_a_frame_that_is_no_duplicate_has_its_place_and_mass_again(
    decided: tuple[Bench, dict[str, Key]],
) -> None:
    bench, frames = decided
    bench.run("selection.seed=1", "selection.budget=10000")
    picks = {key(row): row for row in selected(bench)}
    twin = picks[frames["no twin"]]
    assert twin["revived"]
    assert twin["reason"].endswith("; not a duplicate, says the reviewer")
    assert not picks[frames["twin"]]["revived"]
    free = [row for row in left_out(bench) if row["why"] not in ("rejected", "declined")]
    declined = [row for row in left_out(bench) if row["why"] == "declined"]
    stood_for = sum(key_of_nearest(row) == frames["rejected"] for row in free)
    assert sum(row["mass"] for row in picks.values()) == len(picks) + len(free) - stood_for
    assert [key(row) for row in declined] == [frames["rejected"]]
    assert "the reviewer" not in picks[frames["good"]]["reason"]


def key_of_nearest(row: dict[str, Any]) -> Key:
    return row["nearest_video_no"], row["nearest_pts"]


def test_why_says_what_a_reviewer_said(decided: tuple[Bench, dict[str, Key]]) -> None:
    bench, frames = decided
    assert "  reviewer    rejected it: a thumb" in said(bench, frames["rejected"])
    bench.run("selection.seed=1")
    assert "rejected by the reviewer before the others were chosen: a thumb" in said(
        bench, frames["rejected"]
    )
    assert "why         kept by the reviewer" in said(bench, frames["kept"])
    assert "  reviewer    keeps it" in said(bench, frames["kept"])
    assert "  reviewer    pinned it" in said(bench, frames["bad"])
    assert "slice" not in said(bench, frames["bad"])
    assert "  reviewer    says that it is no duplicate" in said(bench, frames["no twin"])
    twin = next(row for row in left_out(bench) if row["why"] == "duplicate")
    assert "reviewer" not in said(bench, key(twin))
    say(bench, "tag", key(twin), text="fog")
    say(bench, "blur", key(twin), box=(0.1, 0.1, 0.2, 0.2))
    assert "tagged it fog" in said(bench, key(twin))
    assert "hides a part of it" in said(bench, key(twin))


def test_why_names_who_took_a_place(bench: Bench) -> None:
    pick, other = selected(bench)[2], next(r for r in left_out(bench) if r["why"] == "outvoted")
    say(bench, "reject", key(pick), row=entry(other, "next"))
    recipe, found = bench.recipe(), chosen.find(bench.workspace)

    def asked(frame: Key) -> str:
        return "\n".join(why(bench.workspace, recipe, found, f"{frame[0]}@pts:{frame[1]}"))

    assert "@1.500: next" in asked(key(pick))
    assert "it has the place of" in asked(key(other))


def test_pins_that_are_no_longer_looked_at_are_counted(bench: Bench) -> None:
    pin(bench, {"video_no": 0, "pts": 10**9})
    _, watch = bench.run("selection.seed=1")
    assert len(selected(bench)) == 8
    assert any("1 pinned frame is missing" in note for note in watch.notes)


def test_an_earlier_pick_stays_out_though_it_is_pinned(bench: Bench) -> None:
    first = state.current(bench.workspace)
    old = selected(bench)[0]
    state.close(bench.workspace, first, decisions.last(bench.workspace))
    pin(bench, old, 2)
    bench.run("selection.budget=4")
    picks = selected(bench)
    assert len(picks) == 4
    assert key(old) not in {key(row) for row in picks}


def test_without_a_word_the_tables_are_what_they_were(bench: Bench) -> None:
    before = {p: p.read_bytes() for p in sorted((bench.root / "selection").glob("*/*.parquet"))}
    say(bench, "tag", key(selected(bench)[0]), text="fog")
    bench.run()
    assert {p: p.read_bytes() for p in before} == before
    assert sorted((bench.root / "selection").glob("*/*.parquet")) == list(before)
    assert pq.read_schema(Path(next(iter(before)))) is not None
