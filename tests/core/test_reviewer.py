"""Who stands for whom once a reviewer was heard."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.rounds.verdicts import Verdicts
from framesel.stages.gathered import Dataset
from framesel.stages.reviewer import Said
from tests.selection.vectors import make

N = 30


def frames() -> Dataset:
    columns = {"video_no": np.arange(N) // 10, "pts": np.arange(N) % 10}
    return Dataset(columns, make("walk", N, 8, 0))


def keys(rows: list[int]) -> list[tuple[int, int]]:
    return [(row // 10, row % 10) for row in rows]


def said(data: Dataset, **rows: list[int]) -> Said:
    given: dict[str, Any] = {name: frozenset(keys(some)) for name, some in rows.items()}
    if "pinned" in rows:
        given["pinned"] = {key: {} for key in keys(rows["pinned"])}
    return Said.of(Verdicts(**given), data)


some_rows = st.lists(st.integers(0, N - 1), unique=True, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.data(), some_rows, some_rows, some_rows)
def test_everybody_has_a_keeper_that_stands_for_itself(
    data: st.DataObject, no_duplicates: list[int], pinned: list[int], kept: list[int]
) -> None:
    heads = data.draw(st.lists(st.integers(0, N - 1), unique=True, min_size=1, max_size=5))
    keeper = np.array(data.draw(st.lists(st.sampled_from([*heads, -1]), min_size=N, max_size=N)))
    keeper[heads] = heads
    found = frames()
    words = said(found, not_duplicates=no_duplicates, pinned=pinned, kept=kept)
    now, revived = words.stand_alone(keeper, found.vectors)
    fixed = {*pinned, *kept}
    assert words.fixed.tolist() == [*pinned, *sorted(set(kept) - set(pinned))]
    for row in range(N):
        home = now[row]
        assert (home == -1) == (keeper[row] == -1 and row not in fixed)
        if home >= 0:
            assert now[home] == home
        if row in fixed:
            assert home == row
        stands = row in no_duplicates and keeper[row] >= 0 and keeper[row] != row
        assert revived[row] == stands
        if stands:
            assert home == row
        if home not in (keeper[row], row):
            cosines = found.vectors[[home, keeper[row]]] @ found.vectors[row]
            assert home in no_duplicates
            assert cosines[0] >= cosines[1] - 1e-6


def test_frames_that_are_gone_are_counted_or_left_out() -> None:
    found = frames()
    words = Said.of(
        Verdicts(
            rejected=frozenset({(0, 1), (9, 9)}),
            pinned={(9, 1): {}, (2, 3): {}, (1, 1): {}},
            kept=frozenset({(1, 2), (8, 8), (1, 1)}),
            remarks={(9, 9): "gone", (0, 1): "dark"},
        ),
        found,
    )
    assert words.declined.tolist() == [1]
    assert words.remarks == {1: "dark"}
    assert words.fixed.tolist() == [23, 11, 12]
    assert words.gone == 1


def test_nothing_said_changes_nothing() -> None:
    found = frames()
    keeper = np.full(N, 4)
    keeper[7] = -1
    now, revived = Said.of(Verdicts(), found).stand_alone(keeper, found.vectors)
    assert np.array_equal(now, keeper)
    assert not revived.any()
