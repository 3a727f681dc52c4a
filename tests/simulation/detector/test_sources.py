"""Labelled footage as a source: known by its pictures and labels, not by where it lies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.simulation.detector import sources
from framesel.simulation.detector.material import Material
from framesel.simulation.detector.sources import LabelledSource


@pytest.fixture
def source(squares: Material, monkeypatch: pytest.MonkeyPatch) -> LabelledSource:
    """The small clips in the place of the drone clips."""
    monkeypatch.setattr(sources, "_drone", lambda folder, splits: squares)
    sources._identity.cache_clear()
    return LabelledSource("as_is", Path("here"), Path("splits.csv"), "dev", Path("cache"))


def test_what_it_shows_and_judges_by_makes_it_what_it_is(source: LabelledSource) -> None:
    told = dict(source.identity())
    assert told == dict(replace(source, cache=Path("other"), data=Path("there")).identity())
    last = dict(replace(source, part="test").identity())
    assert (told["pool"] == last["pool"], told["judged"] == last["judged"]) == (True, False)
    dwell = dict(replace(source, name="dwell").identity())
    assert (told["pool"] == dwell["pool"], told["judged"] == dwell["judged"]) == (False, True)
    rare = dict(replace(source, name="rare").identity())
    assert told != rare  # the same pictures, thinned out
    assert "here" not in str(told)


def test_its_clips_are_those_that_a_seed_draws(source: LabelledSource, albums: Path) -> None:
    pool, judged = replace(source, cache=albums).open(3)
    assert source.clips == 8  # four fifths of ten
    assert len(np.unique(pool.clip_no)) == 8
    assert 0.5 * len(pool.rows) < source.frames <= len(pool.rows)
    assert (pool.setting, pool.seed) == ("as_is", 3)
    assert len(np.unique(judged.video_no)) == 4


def test_labels_change_what_it_is(source: LabelledSource, monkeypatch: pytest.MonkeyPatch) -> None:
    told = dict(source.identity())
    squares = source.material()
    first = squares.clips[0]
    moved = replace(first, truth=replace(first.truth, xyxy=first.truth.xyxy + 1))
    other = replace(squares, clips=(moved, *squares.clips[1:]))
    monkeypatch.setattr(sources, "_drone", lambda folder, splits: other)
    sources._identity.cache_clear()
    assert dict(source.identity()) != told


def test_a_table_of_splits_is_needed() -> None:
    with pytest.raises(UsageError, match="--split"):
        LabelledSource("dwell", Path("here"), None, "dev", Path("cache")).material()
