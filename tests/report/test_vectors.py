"""Vectors that stay on disk say the same as those in memory."""

from dataclasses import replace

import numpy as np
import pytest

from framesel.report import story
from framesel.report.vectors import FrameVectors
from framesel.report.view import View
from framesel.stages.stored_vectors import StoredVectors


@pytest.fixture
def poor(view: View) -> View:
    """The same selection where there is no memory for its vectors."""
    found = replace(view)
    run = view.recipe.run.model_copy(update={"memory_gb": 1e-9})
    found.__dict__["recipe"] = view.recipe.model_copy(update={"run": run})
    return found


def test_what_does_not_fit_stays_on_disk_and_is_the_same(view: View, poor: View) -> None:
    assert isinstance(poor.vectors.stored, StoredVectors)
    assert isinstance(view.vectors.stored, np.ndarray)
    n = len(view.frames)
    for which in (slice(None), 3, [5, 2, 5], np.arange(n) % 3 == 0, np.array([-1, 0])):
        np.testing.assert_array_equal(poor.vectors[which], view.vectors[which])
    assert len(poor.vectors) == n
    assert poor.vectors.there.all()
    cosines = poor.vectors.cosines(view.vectors[7])
    np.testing.assert_allclose(cosines, view.vectors[:] @ view.vectors[7], atol=1e-6)


def test_figures_are_the_same_from_disk(view: View, poor: View) -> None:
    story.drawn(view)  # what is computed once and kept is there
    drawn, remarks = story.drawn(view)
    from_disk, same_remarks = story.drawn(poor)
    assert remarks == same_remarks == []
    for name, figure in drawn.items():
        told = None if figure is None else story.as_json(figure.json())
        again = from_disk[name]
        assert (None if again is None else story.as_json(again.json())) == told, name


def test_frames_without_a_vector_have_zeros_and_are_like_nothing() -> None:
    stored = np.eye(3, dtype=np.float32)
    vectors = FrameVectors(stored, np.array([2, -1, 0, 1]))
    assert vectors.there.tolist() == [True, False, True, True]
    assert vectors[:].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert vectors[1].tolist() == [0, 0, 0]
    assert vectors.cosines(stored[0]).tolist() == [0, -np.inf, 1, 0]
    some = vectors.some(np.array([3, 0, 3]))
    assert some[np.array([3, 0])].tolist() == [[0, 1, 0], [0, 0, 1]]
