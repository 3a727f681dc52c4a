"""What every stream promises, checked on each of them."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from framesel.errors import SelectionError
from framesel.selection import STREAMS, Stream, stream

from .vectors import KINDS, make, rng, unit

SETTINGS: dict[str, dict[str, Any]] = {"threshold": {"length": 300}, "sieve": {"sample": 50}}

names = pytest.mark.parametrize("name", sorted(STREAMS))


def begin(name: str, budget: int = 12, **more: Any) -> Stream:
    """A stream that has seen nothing."""
    return stream(budget, name, **SETTINGS[name], **more)


def state(picking: Stream) -> tuple[list[int], list[int]]:
    """What a stream would answer."""
    return picking.picks.tolist(), picking.held.tolist()


@names
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [1, 5, 400])
def test_picks_were_kept_and_are_held_and_no_more_than_asked(
    name: str, kind: str, budget: int
) -> None:
    vectors, utility = make(kind, 300, 8, 3), rng(1).random(300)
    picking, kept = begin(name, budget), np.zeros(300, np.bool_)
    assert state(picking) == ([], [])
    for low in range(0, 300, 30):
        taken = picking.offer(vectors[low : low + 30], utility[low : low + 30])
        assert taken.dtype == np.bool_
        assert taken.shape == (30,)
        kept[low : low + 30] = taken
        picks, held = state(picking)
        assert 0 < len(picks) <= budget
        assert picks == sorted(set(picks))
        assert held == sorted(set(held))
        assert set(picks) <= set(held) <= set(np.flatnonzero(kept))


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_how_the_stream_is_cut_changes_nothing(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(STREAMS)))
    cuts = sorted(data.draw(st.lists(st.integers(0, 150), max_size=8)))
    vectors, utility = make("walk", 150, 8, 5), rng(2).random(150)
    whole, parts = begin(name), begin(name)
    kept = whole.offer(vectors, utility)
    pieces = [
        parts.offer(vectors[low:high], utility[low:high])
        for low, high in zip([0, *cuts], [*cuts, 150], strict=True)
    ]
    assert np.array_equal(np.concatenate(pieces), kept)
    assert state(parts) == state(whole)


@names
def test_memory_does_not_grow_with_the_footage(name: str) -> None:
    vectors = make("random", 4000, 8, 1)
    picking = stream(8, name, **(SETTINGS[name] | ({"length": 4000} if "thr" in name else {})))
    picking.offer(vectors[:1000])
    early = len(pickle.dumps(picking))
    picking.offer(vectors[1000:])
    assert len(pickle.dumps(picking)) < 1.5 * early


@names
def test_same_seed_same_picks_wherever_it_goes_on(name: str) -> None:
    vectors = make("clustered", 200, 8, 1)
    one, other = begin(name, seed=4), begin(name, seed=4)
    one.offer(vectors[:90])
    other.offer(vectors[:90])
    other = pickle.loads(pickle.dumps(other))
    assert np.array_equal(one.offer(vectors[90:]), other.offer(vectors[90:]))
    assert state(one) == state(other)


@names
def test_what_is_known_is_not_bought_again(name: str) -> None:
    vectors = make("clustered", 160, 8, 2)
    picking = begin(name, already=vectors[::2])
    kept = picking.offer(vectors)
    assert not kept[::2].any()
    everything = begin(name, already=vectors)
    assert not everything.offer(vectors).any()
    assert state(everything) == ([], [])


@names
def test_frames_without_utility_are_not_bought(name: str) -> None:
    vectors, utility = make("random", 200, 8, 2), np.zeros(200)
    nothing = begin(name)
    assert not nothing.offer(vectors, utility).any()
    assert state(nothing) == ([], [])


@names
def test_an_offer_may_be_empty_and_leaves_its_arguments_alone(name: str) -> None:
    vectors, picking = make("random", 40, 8, 2), begin(name)
    vectors.flags.writeable = False
    before = vectors.copy()
    assert picking.offer(vectors[:0]).shape == (0,)
    picking.offer(vectors)
    assert np.array_equal(before, vectors)


@names
def test_offers_that_make_no_sense(name: str) -> None:
    picking = begin(name)
    picking.offer(make("random", 3, 8, 0))
    with pytest.raises(SelectionError, match=r"5 columns.*same backbone"):
        picking.offer(make("random", 3, 5, 0))
    with pytest.raises(SelectionError, match=r"utility\[1\] is -1"):
        picking.offer(make("random", 2, 8, 0), [1, -1])
    with pytest.raises(SelectionError, match="row 0 of the offered"):
        picking.offer(np.full((1, 8), np.nan))
    with pytest.raises(SelectionError, match=r"utility has shape \(3,\)"):
        picking.offer(make("random", 2, 8, 0), [1, 1, 1])
    with pytest.raises(SelectionError, match="same backbone"):
        begin(name, already=unit(np.ones((1, 5)))).offer(make("random", 2, 8, 0))


@names
def test_requests_that_make_no_sense(name: str) -> None:
    for budget in (0, -1, 2.5, True):
        with pytest.raises(SelectionError, match="the budget is"):
            begin(name, budget)  # type: ignore[arg-type]
    with pytest.raises(SelectionError, match="'unknown' is no setting"):
        begin(name, unknown=1)
    chosen = STREAMS[name](**SETTINGS[name])
    assert chosen.name == name
    with pytest.raises(ValidationError):
        chosen.name = "other"  # type: ignore[assignment]


def test_unknown_streams_and_missing_settings_are_named() -> None:
    with pytest.raises(SelectionError, match=r"no stream 'seive'; did you mean 'sieve'"):
        stream(5, "seive")
    with pytest.raises(SelectionError, match="it needs 'length': frames expected in all"):
        stream(5, "threshold")
