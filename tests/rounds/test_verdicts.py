"""What stands after decisions were made and taken back."""

import hypothesis.strategies as st
from hypothesis import given

from framesel.rounds.decisions import Decision, Verdicts, standing, verdicts
from tests.rounds.said import BOXES, histories, row, said

A, B, C = (0, 0), (0, 1), (1, 0)


def undo(no: int, undoes: int) -> Decision:
    return said(no, "undo", undoes=undoes)


@given(histories(), st.data())
def test_taking_a_decision_back_leaves_what_was_before(
    prefix: list[Decision], data: st.DataObject
) -> None:
    no = len(prefix) + 1
    longer = data.draw(histories(most=no + 3).filter(lambda found: len(found) >= no))
    extra = longer[no - 1]
    assert verdicts([*prefix, extra, undo(no + 1, no)]) == verdicts(prefix)


@given(histories(most=8))
def test_an_undo_of_an_undo_is_a_redo(prefix: list[Decision]) -> None:
    no = len(prefix) + 1
    both = [*prefix, said(no, "reject", A), undo(no + 1, no), undo(no + 2, no + 1)]
    assert verdicts(both) == verdicts([*prefix, said(no, "reject", A)])


@given(histories())
def test_taking_everything_back_in_any_way_leaves_nothing(history: list[Decision]) -> None:
    open_ends = {d.no for d in standing(history)}
    taken = [undo(len(history) + n, no) for n, no in enumerate(sorted(open_ends), 1)]
    assert verdicts([*history, *taken]) == Verdicts()


@given(histories())
def test_replaying_twice_or_in_parts_gives_the_same(history: list[Decision]) -> None:
    shuffled = sorted(history, key=lambda d: (d.no * 7) % 5)
    assert verdicts(shuffled) == verdicts(history) == verdicts(tuple(history))


@given(histories())
def test_verdicts_do_not_contradict_one_another(history: list[Decision]) -> None:
    found = verdicts(history)
    assert not found.rejected & (found.kept | set(found.pinned))
    assert set(found.replacements) <= found.rejected
    assert set(found.remarks) <= found.rejected
    assert all(found.tags.values())
    assert all(found.blurs.values())


@given(histories(rounds=3))
def test_rounds_hear_no_later_round(history: list[Decision]) -> None:
    for number in (1, 2, 3):
        before = [d for d in history if d.round <= number]
        assert verdicts(history, number) == verdicts(before, number)
    assert verdicts([d for d in history if d.round == 1], 1) == verdicts(
        [d for d in history if d.round == 1]
    )


def test_what_is_said_of_frames_outlives_a_round_what_is_said_of_picks_does_not() -> None:
    first = [
        said(1, "reject", A, row=row(B), text="too dark"),
        said(2, "pin", B),
        said(3, "keep", C),
        said(4, "tag", C),
        said(5, "blur", C),
        said(6, "not_duplicate", B),
    ]
    later = verdicts(first, 2)
    assert later.rejected == {A}
    assert later.remarks == {A: "too dark"}
    assert later.not_duplicates == {B}
    assert later.tags == {C: ("night",)}
    assert later.blurs == {C: (BOXES[0],)}
    assert (later.pinned, later.kept, later.replacements) == ({}, frozenset(), {})
    assert verdicts(first, 1) == verdicts(first)
    again = verdicts([*first, said(7, "keep", A, round=2)], 2)
    assert not again.rejected
    assert again.kept == {A}
    assert verdicts([*first, said(7, "keep", A, round=2)], 1).rejected == {A}


def test_the_later_of_keep_pin_and_reject_holds() -> None:
    assert verdicts([said(1, "reject", A), said(2, "keep", A)]).kept == {A}
    assert verdicts([said(1, "keep", A), said(2, "reject", A)]).kept == frozenset()
    assert verdicts([said(1, "pin", A), said(2, "reject", A)]).pinned == {}
    assert verdicts([said(1, "reject", A), said(2, "pin", A)]).rejected == frozenset()
    back = [said(1, "reject", A), said(2, "keep", A), undo(3, 2)]
    assert verdicts(back).rejected == {A}


def test_a_second_rejection_adds_what_the_first_did_not_say() -> None:
    first = said(1, "reject", A, text="too dark")
    found = verdicts([first, said(2, "reject", A, row=row(B))])
    assert found.remarks == {A: "too dark"}
    assert found.replacements[A]["pts"] == B[1]
    assert verdicts([first, said(2, "reject", A, row=row(B)), undo(3, 2)]).replacements == {}


def test_pins_stand_in_the_order_of_pinning() -> None:
    pins = [said(1, "pin", B), said(2, "pin", A), said(3, "pin", B)]
    assert list(verdicts(pins).pinned) == [B, A]
    assert list(verdicts([*pins, undo(4, 1)]).pinned) == [A, B]


def test_tags_and_blurs_come_and_go_one_by_one() -> None:
    tags = [said(1, "tag", A), said(2, "tag", A, text="rain"), said(3, "tag", A)]
    assert verdicts(tags).tags == {A: ("night", "rain")}
    assert verdicts([*tags, said(4, "untag", A)]).tags == {A: ("rain",)}
    assert verdicts([*tags, said(4, "untag", B)]).tags == {A: ("night", "rain")}
    blurs = [said(1, "blur", A), said(2, "blur", A, box=BOXES[1])]
    assert verdicts(blurs).blurs == {A: tuple(BOXES)}
    assert verdicts([*blurs, said(3, "unblur", A, box=BOXES[0])]).blurs == {A: (BOXES[1],)}
    assert verdicts([*blurs, said(3, "unblur", A)]).blurs == {}


def test_an_undo_of_what_is_not_there_takes_nothing_back() -> None:
    history = [said(1, "keep", A), said(5, "undo", undoes=3), said(6, "undo", undoes=0)]
    assert verdicts(history) == verdicts(history[:1])
