"""What is new about labels."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framesel.annotation.sheet import Box
from framesel.labels.changes import as_tables, news
from framesel.labels.labels import Labels
from tests.labels.words import Word, labels, word

DOG, CAT = Box("dog", 1 / 3, 2, 30, 40, score=0.1), Box("cat", 5, 5, 9, 9, track=2)


def words_in(found: Labels) -> list[tuple[int, str]]:
    """Whose words they are."""
    return [(row["pts"], row["annotator"]) for row in found.frames.to_pylist()]


def test_boxes_in_another_order_say_the_same() -> None:
    known = labels([word([DOG, CAT], who="a", at="2026"), word([], who="b", pts=3)])
    again = labels([word([CAT, DOG], who="a", at="2027"), word([], who="b", pts=3)], ("dog",))
    found = news(again, known)
    assert (len(found), found.boxes.num_rows, found.classes) == (0, 0, ("dog",))


def test_any_difference_is_new_and_only_that() -> None:
    known = labels([word([DOG], pts=pts) for pts in range(5)] + [word([DOG, DOG], pts=5)])
    now = labels(
        [
            word([DOG], pts=0),
            word([replace(DOG, x2=30.001)], pts=1),
            word([replace(DOG, label="cat")], pts=2),
            word([], pts=3),
            word([DOG], pts=4, seconds=3.0),
            word([DOG], pts=5),
            word([DOG], pts=0, who="ann"),
            word([], pts=9),
        ]
    )
    found = news(now, known)
    assert words_in(found) == [
        (1, ""), (2, ""), (3, ""), (4, ""), (5, ""), (0, "ann"), (9, ""),
    ]  # fmt: skip
    assert found.boxes.num_rows == 5


def test_words_become_tables_in_order_of_time() -> None:
    words: list[Word] = [
        word([DOG], pts=9),
        word([CAT], pts=2, who="a", at="2026-02"),
        word([], pts=2, who="z", at="2026-01"),
        word([DOG, CAT], pts=2, video_no=-1, who="b"),
    ]
    rows = [({k: v for k, v in w.row.items() if k != "boxes"}, w.boxes) for w in words]
    found = as_tables(rows, ("dog", "cat"))
    assert words_in(found) == [(2, "b"), (2, "z"), (2, "a"), (9, "")]
    assert found.frames["boxes"].to_pylist() == [2, 0, 1, 1]
    assert found.boxes["label"].to_pylist() == ["dog", "cat", "cat", "dog"]
    assert found.by_frame[0, 2] == {"a": (CAT,), "z": ()}


some = st.lists(
    st.builds(
        lambda boxes, pts, who: word(boxes, pts=pts, who=who),
        st.lists(st.sampled_from([DOG, CAT]), max_size=3),
        st.integers(0, 3),
        st.sampled_from("ab"),
    ),
    max_size=6,
    unique_by=lambda w: (w.row["pts"], w.row["annotator"]),
)


@given(some, some)
def test_what_was_taken_is_news_no_more(first: list[Word], second: list[Word]) -> None:
    from framesel.labels.store import newest

    before, now = labels(first), labels(second)
    fresh = news(now, before)
    after = newest([before, fresh])
    assert len(news(now, after)) == 0
    for whose in words_in(now):
        row = after.by_frame[0, whose[0]][whose[1]]
        assert sorted(map(repr, row)) == sorted(map(repr, now.by_frame[0, whose[0]][whose[1]]))
