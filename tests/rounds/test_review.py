"""Picks as a reviewer left them."""

import pytest
from hypothesis import given

from framesel import tables
from framesel.rounds.decisions import Decision, Key, Verdicts, verdicts
from framesel.rounds.review import reviewed, shaping, unheard
from tests.rounds.said import KEYS, histories, keys_of, picks, row, said

A, B, C, D, E = KEYS[:5]


def listed(*history: Decision) -> list[tuple[Key, str]]:
    """What is left of the picks A, B, C after some decisions: frame and verdict."""
    found = reviewed(picks(A, B, C), verdicts(history))
    return list(zip(keys_of(found), found["verdict"].to_pylist(), strict=True))


def test_without_decisions_the_picks_are_what_they_were() -> None:
    chosen = picks(A, B, C)
    found = reviewed(chosen, Verdicts())
    assert found.select(chosen.column_names).equals(chosen, check_metadata=True)
    assert found["verdict"].to_pylist() == [""] * 3
    assert found["tags"].to_pylist() == [[]] * 3
    assert found.schema.names == [*tables.SELECTION.names, *tables.REVIEWED.names]


def test_a_replacement_stands_at_the_rank_of_the_rejected() -> None:
    assert listed(said(1, "reject", B, row=row(D))) == [(A, ""), (D, "replacement"), (C, "")]
    found = reviewed(picks(A, B, C), verdicts([said(1, "reject", B, row=row(D, rank=77))]))
    assert found["rank"].to_pylist() == [1, 2, 3]
    assert found["reason"].to_pylist()[1] == row(D)["reason"]
    assert found["terms"].to_pylist()[1] == [("coverage", 1.5)]


def test_replacements_are_followed_from_one_to_the_next() -> None:
    chain = [said(1, "reject", B, row=row(D)), said(2, "reject", D, row=row(E))]
    assert listed(*chain) == [(A, ""), (E, "replacement"), (C, "")]
    assert listed(*chain, said(3, "reject", E)) == [(A, ""), (C, "")]
    assert listed(*chain, said(3, "keep", D)) == [(A, ""), (D, "kept"), (C, "")]


def test_a_ring_of_replacements_ends() -> None:
    ring = [said(1, "reject", B, row=row(D)), said(2, "reject", D, row=row(B))]
    assert listed(*ring) == [(A, ""), (C, "")]


def test_a_frame_is_on_the_list_once() -> None:
    assert listed(said(1, "reject", A, row=row(C))) == [(B, ""), (C, "")]
    twice = [said(1, "reject", A, row=row(D)), said(2, "reject", B, row=row(D))]
    assert listed(*twice) == [(D, "replacement"), (C, "")]
    pinned = [said(1, "reject", A, row=row(D)), said(2, "pin", D)]
    assert listed(*pinned) == [(D, "pinned"), (B, ""), (C, "")]


def test_pins_come_first_on_top_of_the_rest() -> None:
    pins = [said(1, "pin", E), said(2, "pin", D)]
    assert listed(*pins) == [(E, "pinned"), (D, "pinned"), (A, ""), (B, ""), (C, "")]
    assert listed(said(1, "pin", C)) == [(C, "pinned"), (A, ""), (B, "")]
    assert listed(said(1, "pin", E), said(2, "reject", E)) == [(A, ""), (B, ""), (C, "")]


def test_kept_and_tagged_picks_say_so() -> None:
    history = [said(1, "keep", B), said(2, "tag", C), said(3, "tag", C, text="<i>rain</i>")]
    found = reviewed(picks(A, B, C), verdicts(history))
    assert found["verdict"].to_pylist() == ["", "kept", ""]
    assert found["tags"].to_pylist() == [[], [], ["night", "<i>rain</i>"]]


@given(histories())
def test_no_rejected_frame_every_pin_no_frame_twice(history: list[Decision]) -> None:
    found, said_now = reviewed(picks(A, B, C), verdicts(history)), verdicts(history)
    keys = keys_of(found)
    assert len(set(keys)) == len(keys)
    assert not said_now.rejected & set(keys)
    assert keys[: len(said_now.pinned)] == list(said_now.pinned)
    assert set(keys) >= {A, B, C} - said_now.rejected
    assert len(keys) <= 3 + len(said_now.pinned)
    assert found["rank"].to_pylist() == list(range(1, len(keys) + 1))


@given(histories())
def test_only_what_replay_cannot_honour_asks_for_a_new_selection(history: list[Decision]) -> None:
    for cut in range(len(history) + 1):
        heard, now = verdicts(history[:cut]), verdicts(history)
        lost = (heard.rejected - now.rejected) | (
            set(heard.pinned) - set(now.pinned) - now.rejected
        )
        assert bool(unheard(heard, now)) == bool(lost or heard.not_duplicates != now.not_duplicates)
    assert unheard(verdicts(history), verdicts(history)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [said(1, "not_duplicate", A)], "you said that a frame is no duplicate"),
        (
            [],
            [said(1, "not_duplicate", A), said(2, "not_duplicate", B)],
            "you said that 2 frames are no duplicates",
        ),
        ([said(1, "reject", A)], [said(2, "keep", A)], "you took back the rejection of a frame"),
        (
            [said(1, "pin", D), said(2, "pin", E)],
            [said(3, "undo", undoes=1), said(4, "undo", undoes=2)],
            "you took back the pin of 2 frames",
        ),
        (
            [said(1, "not_duplicate", A)],
            [said(2, "undo", undoes=1)],
            "you took back that a frame is no duplicate",
        ),
    ],
)
def test_why_a_new_selection_is_due_is_said(
    before: list[Decision], after: list[Decision], told: str
) -> None:
    assert unheard(verdicts(before), verdicts([*before, *after])) == [told]


def test_tags_blurs_and_replacements_do_not_shape_a_selection() -> None:
    assert shaping(verdicts([said(1, "tag", A), said(2, "blur", A)])) == {}
    told = [said(1, "reject", B, row=row(D)), said(2, "pin", E), said(3, "pin", A)]
    assert shaping(verdicts(told)) == {"rejected": [B], "pinned": [E, A]}
