"""Labels that come in: all of them or nothing, once, and what they leave behind."""

import json
from pathlib import Path

import pytest

from framesel.annotation.sheet import Box
from framesel.errors import LabelsError, UsageError, WorkspaceError
from framesel.handover.incoming import How
from framesel.labels import store
from framesel.labels.consensus import truth
from framesel.labels.labels import Key
from framesel.rounds import state
from tests.handover.incoming_bench import DOG, Incoming, picture

CAT = Box("cat", 40, 20, 60, 50, source="manual")


@pytest.fixture
def keys(into: Incoming) -> list[Key]:
    """Three frames of the first video that were handed out."""
    found = [(0, pts) for pts in into.times(0)[:3]]
    into.hand_out([{"key": key} for key in found])
    return found


def test_what_comes_in_is_kept_with_its_frame(into: Incoming, keys: list[Key]) -> None:
    at = "2026-01-02T03:04:05+01:00"
    taken = into.take(
        picture(into.name(keys[0]), DOG, CAT, annotator="ann", seconds=4.5, at=at),
        picture(into.name(keys[1]), reviewed=True, annotator="ann"),
    )
    assert (taken.number, taken.frames, taken.boxes, taken.annotators) == (1, 2, 2, ("ann",))
    found = store.current(into.workspace)
    assert found.by_frame == {keys[0]: {"ann": (DOG, CAT)}, keys[1]: {"ann": ()}}
    assert found.classes == ("dog", "cat")
    (first, second) = found.frames.to_pylist()
    assert (first["width"], first["height"]) == into.size(keys[0])
    assert (first["boxes"], first["seconds"]) == (2, 4.5)
    assert first["at"] == "2026-01-02T02:04:05.000+00:00"
    assert second["boxes"] == 0
    told = store.imports(into.workspace)[0].told
    assert (told["source"], told["read_as"], told["handovers"]) == ("labels.json", "coco", [1])


def test_the_same_again_adds_nothing_and_a_change_adds_only_itself(
    into: Incoming, keys: list[Key]
) -> None:
    first = [picture(into.name(key), DOG, Box("dog", 1 / 3, 1, 9, 9, score=0.1)) for key in keys]
    into.take(*first)
    again = into.take(*reversed(first))
    assert (again.number, again.frames, again.unchanged) == (None, 0, 3)
    assert store.last(into.workspace) == 1
    moved = picture(into.name(keys[1]), CAT)
    changed = into.take(first[0], moved, first[2])
    assert (changed.number, changed.frames, changed.boxes, changed.unchanged) == (2, 1, 1, 2)
    assert store.imports(into.workspace)[1].labels().keys == (keys[1],)
    assert truth(into.workspace).by_frame[keys[1]] == {"": (CAT,)}
    assert into.take(picture(into.name(keys[0]), DOG, seconds=2.0)).number == 3


def test_whatever_does_not_agree_is_listed_and_nothing_is_taken(
    into: Incoming, keys: list[Key]
) -> None:
    width, height = into.size(keys[0])
    wrong = [
        picture(into.name(keys[0]), Box("dog", 10, 10, width + 50, 30)),
        picture(into.name(keys[1]), Box("dog", float("nan"), 10, 20, 30)),
        picture("other.jpg", DOG),
        picture(into.name(keys[2]), DOG, width=width * 2, height=height),
        picture(into.name(keys[2]), DOG, seconds=float("inf")),
        picture(into.name(keys[2]), DOG, annotator="\x1b[31m"),
    ]
    good = picture(into.name(keys[0]), DOG)
    with pytest.raises(LabelsError, match="6 of 7 pictures do not agree") as caught:
        into.take(good, *wrong)
    for word in ("lies outside", "no pixels", "other.jpg", f"is {width * 2} x", "inf seconds"):
        assert word in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert store.last(into.workspace) == 0
    taken = into.take(good, *wrong, how=How(only_known=True))
    assert (taken.frames, len(taken.refused)) == (1, 6)
    assert truth(into.workspace).by_frame == {keys[0]: {"": (DOG,)}}


def test_a_long_list_of_strangers_is_cut(into: Incoming, keys: list[Key]) -> None:
    strangers = [picture(f"other {n}.jpg", DOG) for n in range(50)]
    with pytest.raises(LabelsError, match="50 of 50") as caught:
        into.take(*strangers)
    assert str(caught.value).count("other ") == 20
    assert "and 30 more" in str(caught.value)


def test_classes_that_nobody_declared(into: Incoming, keys: list[Key]) -> None:
    name = into.name(keys[0])
    bird = Box("Dogs", 1, 1, 9, 9)
    with pytest.raises(LabelsError, match=r"'Dogs' \(--rename 'Dogs=dog'\?\).*dog, cat"):
        into.take(picture(name, bird))
    assert store.last(into.workspace) == 0
    into.take(picture(name, bird), how=How(rename={"Dogs": "dog"}))
    assert truth(into.workspace).by_frame[keys[0]][""][0].label == "dog"
    taken = into.take(picture(name, bird), how=How(new_classes=True))
    assert taken.classes == ("Dogs",)
    assert truth(into.workspace).classes == ("dog", "cat", "Dogs")
    assert into.take(picture(into.name(keys[1]), bird)).classes == ()


def test_where_nothing_is_declared_labels_declare(into: Incoming) -> None:
    key = (0, into.times(0)[0])
    taken = into.take(picture(into.name(key), Box("bird", 1, 1, 9, 9), CAT))
    assert taken.classes == ("cat", "bird")


@pytest.mark.parametrize(
    ("reviewed", "expected", "left"),
    [
        ("auto", "boxed drawn said", (2, 1, 0)),
        ("all", "boxed drawn said empty guessed", (0, 1, 0)),
        ("boxed", "boxed drawn guessed", (2, 1, 0)),
        ("names.txt", "empty undone missing", (0, 0, 4)),
    ],
)
def test_what_counts_as_reviewed(
    into: Incoming, tmp_path: Path, reviewed: str, expected: str, left: tuple[int, ...]
) -> None:
    names = ("boxed", "drawn", "said", "empty", "guessed", "undone", "missing")
    frames = dict(zip(names, [(0, pts) for pts in into.times(0)], strict=False))
    guess = Box("dog", 1, 1, 9, 9, score=0.5, source="auto")
    pictures = [
        picture(into.name(frames["boxed"]), DOG),
        picture(into.name(frames["drawn"]), guess, CAT, reviewed=True),
        picture(into.name(frames["said"]), reviewed=True),
        picture(into.name(frames["empty"])),
        picture(into.name(frames["guessed"]), guess),
        picture(into.name(frames["undone"]), DOG, reviewed=False),
    ]
    listed = "\n".join(into.name(frames[n]) for n in ("empty", "undone", "missing"))
    (tmp_path / "names.txt").write_text(f"{listed}\n\n", "utf-8")
    rule = str(tmp_path / reviewed) if reviewed.endswith("txt") else reviewed
    taken = into.take(*pictures, reviewed=rule)
    found = truth(into.workspace).keys
    assert set(found) == {frames[name] for name in expected.split()}
    counts = taken.review
    assert (counts.undecided, counts.unreviewed, counts.unlisted) == left


@pytest.mark.parametrize("rounded", [0.0, 0.5])
def test_boxes_that_are_what_went_out_say_nothing(into: Incoming, rounded: float) -> None:
    one, two, three = ((0, pts) for pts in into.times(0)[:3])
    guess = Box("dog", 10.25, 10.25, 30.25, 30.25, score=0.5, source="auto")
    into.hand_out([{"key": k} for k in (one, two, three)], {k: [guess, CAT] for k in (one, two)})
    back = Box("dog", *(edge + rounded for edge in guess.xyxy))
    moved = Box("dog", 10.25, 10.25, 32.25, 30.25)
    pictures = (
        picture(into.name(one), CAT, back),
        picture(into.name(two), CAT, moved),
        picture(into.name(three), back, CAT),
    )
    taken = into.take(*pictures)
    assert (taken.frames, taken.review.undecided) == (2, 1)
    assert store.current(into.workspace).keys == (two, three)
    assert into.take(*pictures, reviewed="all").frames == 1


def test_a_list_of_names_must_be_one(into: Incoming, keys: list[Key], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--reviewed most"):
        into.take(picture(into.name(keys[0]), DOG), reviewed="most")
    path = tmp_path / "names.txt"
    path.write_text("nothing.jpg\n", "utf-8")
    with pytest.raises(LabelsError, match=r"line 1: nothing\.jpg: names no picture"):
        into.take(picture(into.name(keys[0]), DOG), reviewed=str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabelsError, match="cannot be read as text"):
        into.take(picture(into.name(keys[0]), DOG), reviewed=str(path))


def test_two_words_of_one_annotator_on_a_frame(into: Incoming, keys: list[Key]) -> None:
    name = into.name(keys[0])
    early, late = "2026-01-01T10:00:00Z", "2026-01-01T10:30:00+01:00"
    into.take(picture(name, DOG, at=early), picture(name, CAT, at=late), picture(name, DOG))
    assert truth(into.workspace).by_frame[keys[0]] == {"": (DOG,)}
    with pytest.raises(LabelsError, match="labelled twice by ann"):
        into.take(picture(name, DOG, annotator="ann"), picture(name, CAT, annotator="ann"))
    taken = into.take(picture(name, DOG, annotator="ann"), picture(name, CAT, annotator="bob"))
    assert taken.annotators == ("ann", "bob")
    assert into.take(picture(name, CAT), how=How(annotator="bob")).number is None


def test_labels_of_picks_close_their_round(into: Incoming, keys: list[Key]) -> None:
    into.open_round(*keys[:2])
    other = picture(into.name(keys[2]), DOG)
    assert into.take(other).closed is None
    assert not state.rounds(into.workspace)[-1].closed
    assert into.take(other, picture(into.name(keys[0]), DOG)).closed == 1
    assert state.rounds(into.workspace)[-1].closed
    assert state.already(into.workspace).num_rows == 3
    assert into.take(picture(into.name(keys[1]), DOG)).closed is None


def test_a_round_is_closed_though_an_import_was_killed_before(
    into: Incoming, keys: list[Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    into.open_round(*keys)
    with monkeypatch.context() as patch:
        patch.setattr(state, "close_labelled", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            into.take(picture(into.name(keys[0]), DOG))
    taken = into.take(picture(into.name(keys[0]), DOG))
    assert (taken.number, taken.closed) == (None, 1)


def test_nobody_else_may_be_at_work_and_damage_is_named(into: Incoming, keys: list[Key]) -> None:
    with into.workspace.locked(), pytest.raises(WorkspaceError, match="another framesel"):
        into.take(picture(into.name(keys[0]), DOG))
    path = into.workspace.handover(1) / "handover.json"
    path.write_text(json.dumps({"format": 1}))
    with pytest.raises(WorkspaceError, match=r"handover\.json is damaged"):
        into.take(picture(into.name(keys[0]), DOG))
