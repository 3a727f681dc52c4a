"""Who takes a rejected pick's place, against the limits as a strategy would keep them."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel import tables
from framesel.continuation import extended
from framesel.replacer import Replacer
from framesel.rounds.decision import Key
from framesel.rounds.verdicts import Verdicts
from framesel.stages.gathered import Dataset
from framesel.stages.picked import table
from framesel.stages.pool import Pool
from framesel.stages.reviewer import Said
from framesel.stages.selection import Selection
from framesel.stages.texts import Texts
from tests.selection.footage import CLASSES, footage

SPARE = 7
"""The last frames of the pool are no candidates: something stands for them."""


def pool_of(n: int = 80, before: tuple[int, ...] = ()) -> Pool:
    """Made frames of five videos."""
    made = footage("random", n)
    columns: dict[str, npt.NDArray[Any]] = {
        "video_no": made.video_no,
        "pts": np.arange(n) * 100,
        "index": np.arange(n, dtype=np.int32),
        "t_s": made.pts_s,
    }
    data = Dataset(columns, made.vectors)
    shots = np.arange(n) // 4
    known = {
        "shots": shots,
        "class_counts": made.class_counts,
        "classes": CLASSES,
        "metadata": made.metadata,
    }
    rows = np.setdiff1d(np.arange(n - SPARE), before)
    keeper = np.arange(n)
    keeper[n - SPARE :] = 0
    return Pool(
        data=data,
        rejected=Texts(np.array([""]), np.zeros(n, np.uint8)),
        keeper=keeper,
        let_in=0,
        revived=np.zeros(n, np.bool_),
        objected=np.zeros(n, np.bool_),
        mass=made.mass.astype(np.float64),
        start_s=made.pts_s,
        end_s=made.pts_s + 1,
        before=np.array(before, np.int64),
        crowded=np.zeros(n, np.bool_),
        held=np.zeros(n, np.bool_),
        said=Said.of(Verdicts(), data),
        rows=rows,
        weight=made.mass[rows],
        known=known,
    )


def stage(strategy: str = "facility_location", **limits: Any) -> Selection:
    given = {"budget": 12, "strategy": {"name": strategy}, "limits": limits}
    return Selection.model_validate(given)


def chosen(found: Pool, how: Selection) -> pa.Table:
    seeds = found.data.vectors[found.before]
    rng = np.random.default_rng(how.seed)
    return table(found, how.strategy.select(found.candidates, 12, seeds, how.limits, rng))


def ready(found: Pool, how: Selection, frames: int = 10) -> tuple[Replacer, list[Key]]:
    picks = chosen(found, how)
    return Replacer(found, how, lambda n: extended(found, how, picks, n), frames), keys(picks)


def keys(rows: pa.Table) -> list[Key]:
    return list(zip(rows["video_no"].to_pylist(), rows["pts"].to_pylist(), strict=True))


def key(row: dict[str, Any]) -> Key:
    return row["video_no"], row["pts"]


@pytest.mark.parametrize("before", [(), (3, 40)])
@pytest.mark.parametrize("name", ["facility_location", "k_center", "cover", "herding"])
def test_what_comes_next_is_what_a_larger_budget_buys(name: str, before: tuple[int, ...]) -> None:
    found, how = pool_of(before=before), stage(name)
    if name == "cover":
        how = stage(name).model_copy(
            update={"strategy": how.strategy.model_copy(update={"rare": 0.0, "control": 0.0})}
        )
    picks = chosen(found, how)
    more = extended(found, how, picks, 15)
    seeds = found.data.vectors[found.before]
    rng = np.random.default_rng(how.seed)
    larger = table(found, how.strategy.select(found.candidates, 27, seeds, how.limits, rng))
    assert keys(more) == keys(larger)[12:]
    assert more["gain"].to_pylist() == larger["gain"].to_pylist()[12:]
    assert more["rank"].to_pylist() == list(range(13, 28))
    assert more.schema == tables.SELECTION


def test_there_is_no_more_than_there_is() -> None:
    found, how = pool_of(), stage()
    assert extended(found, how, chosen(found, how), 1000).num_rows == 73 - 12


def test_without_limits_the_next_one_enters_and_says_so() -> None:
    found, how = pool_of(), stage()
    picks = chosen(found, how)
    replacer, stay = ready(found, how)
    coming = extended(found, how, picks, 10).to_pylist()
    row = replacer.next(stay[4], stay[:4] + stay[5:], [])
    assert row is not None
    assert key(row) == key(coming[0])
    video, t_s = found.known["metadata"]["video"][stay[4][1] // 100], found.data.columns["t_s"]
    said = f"in place of {video}@{t_s[stay[4][1] // 100]:.3f}, which was rejected: "
    assert row["reason"] == f"{said}next best of facility_location; {coming[0]['reason']}"
    assert (row["gain"], row["limit"]) == (coming[0]["gain"], "")
    assert pa.Table.from_pylist([row], tables.SELECTION).num_rows == 1
    second = replacer.next(stay[5], [*stay[:4], *stay[6:], key(row)], [stay[4]])
    assert second is not None
    assert key(second) == key(coming[1])
    third = replacer.next(stay[6], stay[:6], [*stay[4:], key(coming[0]), key(coming[1])])
    assert third is not None
    assert key(third) == key(coming[2])


def test_it_is_compared_with_the_picks_that_stay_and_earlier_ones() -> None:
    found, how = pool_of(before=(3, 40)), stage()
    replacer, stay = ready(found, how)
    row = replacer.next(stay[0], stay[1:], [])
    assert row is not None
    at = row["pts"] // 100
    others = [3, 40, *(pts // 100 for _, pts in stay[1:])]
    cosines = found.data.vectors[others] @ found.data.vectors[at]
    best = others[int(np.argmax(cosines))]
    assert row["nearest_pts"] == best * 100
    assert row["nearest_distance"] == pytest.approx(np.sqrt(2 - 2 * cosines.max()), abs=1e-5)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_limits_hold_through_any_number_of_rejections(data: st.DataObject) -> None:
    most, gap = data.draw(st.integers(2, 5)), data.draw(st.sampled_from([0.0, 0.3, 1.0]))
    found = pool_of()
    how = stage(per_video={"max": most}, gap_s=gap, classes={"car": {"max": 5}})
    replacer, stay = ready(found, how, frames=data.draw(st.integers(1, 30)))
    gone: list[Key] = []
    for _ in range(10):
        out = stay.pop(data.draw(st.integers(0, len(stay) - 1)))
        row = replacer.next(out, stay, gone)
        gone.append(out)
        if row is None:
            assert not any(allowed(found, how, [*stay, k]) for k in free(found, stay, gone))
            continue
        assert key(row) not in {*stay, *gone}
        stay.append(key(row))
        assert allowed(found, how, stay)


def free(found: Pool, stay: list[Key], gone: list[Key]) -> list[Key]:
    columns = found.data.columns
    named = [(int(columns["video_no"][row]), int(columns["pts"][row])) for row in found.rows]
    return [k for k in named if k not in {*stay, *gone}]


def allowed(found: Pool, how: Selection, picks: list[Key]) -> bool:
    """Whether picks keep to maxima and gap, straight from the settings."""
    rows = np.array([pts // 100 for _, pts in picks])
    video_no, t_s = found.data.columns["video_no"][rows], found.data.columns["t_s"][rows]
    for video in np.unique(video_no):
        mine = np.sort(t_s[video_no == video])
        if len(mine) > (how.limits.per_video.max or 0):
            return False
        if (np.diff(mine) < how.limits.gap_s - 1e-9).any():
            return False
    span = how.limits.classes.get("car")
    cars = (found.known["class_counts"][rows, 1] > 0).sum()
    return span is None or bool(cars <= (span.max or 0))


def test_limits_that_passed_over_better_frames_are_named() -> None:
    found = pool_of()
    how = stage(per_video={"max": 3})
    replacer, stay = ready(found, how, frames=60)
    full = [v for v in range(5) if sum(video == v for video, _ in stay) == 3]
    coming = keys(extended(found, how, chosen(found, how), 60))
    assert coming[0][0] in full
    out = next(k for k in stay if k[0] != coming[0][0])
    row = replacer.next(out, [k for k in stay if k != out], [])
    assert row is not None
    assert coming.index(key(row)) > 0
    assert row["limit"] == "at most 3 of each of 5 videos"


def test_a_minimum_that_is_missed_is_made_up_for() -> None:
    found = pool_of()
    how = stage(classes={"dog": {"min": 4}})
    replacer, stay = ready(found, how, frames=1)
    counts = found.known["class_counts"]
    dogs = [k for k in stay if counts[k[1] // 100, 2] > 0]
    assert len(dogs) == 4
    row = replacer.next(dogs[0], [k for k in stay if k != dogs[0]], [])
    assert row is not None
    assert counts[row["pts"] // 100, 2] > 0
    assert (
        "needed for at least 4 with dog; of what fits it is the best of facility" in row["reason"]
    )
    all_dogs = [k for k in free(found, stay, []) if counts[k[1] // 100, 2] > 0]
    row = replacer.next(dogs[0], [k for k in stay if k != dogs[0]], all_dogs)
    assert row is not None
    assert counts[row["pts"] // 100, 2] == 0


def test_what_is_pinned_counts_in_limits_though_it_is_no_candidate() -> None:
    found = pool_of()
    how = stage(per_video={"max": 3})
    replacer, stay = ready(found, how, frames=60)
    spare = 79
    video = int(found.data.columns["video_no"][spare])
    others = [k for k in stay if k[0] != video]
    kept = [k for k in stay if k[0] == video][:2]
    row = replacer.next(others[0], [*others[1:], *kept, (video, spare * 100)], [])
    assert row is not None
    assert row["video_no"] != video


def test_a_strategy_chooses_from_what_fits_where_nothing_it_would_take_next_does() -> None:
    found, utility = pool_of(), np.linspace(0, 1, 80, dtype=np.float32)
    found = replace(found, known={**found.known, "utility": utility})
    how = stage("top_k", per_video={"max": 3})
    replacer, stay = ready(found, how, frames=1)
    out = next(k for k in stay if k[0] == 1)
    row = replacer.next(out, [k for k in stay if k != out], [])
    assert row is not None
    mine = [k for k in free(found, stay, [out]) if k[0] == row["video_no"]]
    assert key(row) == max(mine, key=lambda k: k[1])
    assert "nothing that top_k would take next fits the limits; of what fits" in row["reason"]


def test_nothing_fits() -> None:
    found = pool_of()
    replacer, stay = ready(found, stage())
    assert replacer.next(stay[0], stay[1:], free(found, stay, [])) is None


def test_looking_further_ahead() -> None:
    found, how = pool_of(), stage()
    replacer, stay = ready(found, how, frames=20)
    assert replacer.more()
    assert replacer.more()
    assert not replacer.more()
    coming = extended(found, how, chosen(found, how), 61)
    row = replacer.next(stay[0], stay[1:], keys(coming)[:55])
    assert row is not None
    assert key(row) == keys(coming)[55]


def test_frames_that_are_gone_do_no_harm() -> None:
    found, how = pool_of(), stage()
    replacer, stay = ready(found, how)
    row = replacer.next((77, 5), [*stay, (78, 6)], [(79, 7)])
    assert row is not None
    assert row["reason"].startswith("in place of 77@pts:5, which")
