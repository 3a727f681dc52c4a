"""Which rows of a last layer go where."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.training.learner import copy_rows, same_classes
from framesel.training.learners import digest_of, family_of, prefix_of


@pytest.mark.parametrize(
    ("before", "now", "rename", "expected"),
    [
        (["drone", "bird"], ["bird", "kite"], {}, [(1, 0)]),
        (["drone", "bird"], ["kite", "bird"], {"drone": "kite"}, [(0, 0), (1, 1)]),
        (["a", "b"], ["a", "b"], {"a": "b", "b": "a"}, [(1, 0), (0, 1)]),
        (["Bird", " BIRD", "x"], ["BIRD", "X"], {}, [(0, 0), (2, 1)]),
        (["Bird", "BIRD"], ["BIRD"], {}, [(1, 0)]),
        (["a"], ["b"], {}, []),
    ],
)
def test_classes_are_known_by_name(
    before: list[str], now: list[str], rename: dict[str, str], expected: list[tuple[int, int]]
) -> None:
    assert same_classes(before, now, rename) == expected


@given(
    st.sampled_from([(1, 1), (1, 4), (3, 1), (2, 2)]),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([(), (5,), (5, 1, 1)]),
    st.data(),
)
def test_rows_are_copied(
    layout: tuple[int, int], before: int, now: int, rest: tuple[int, ...], data: st.DataObject
) -> None:
    outer, inner = layout
    pairs = [
        (data.draw(st.integers(0, before - 1)), number)
        for number in sorted(data.draw(st.sets(st.integers(0, now - 1))))
    ]
    rng = np.random.default_rng(0)
    old = rng.random((outer * before * inner, *rest)).astype(np.float32)
    new = rng.random((outer * now * inner, *rest)).astype(np.float32)
    expected = new.copy()
    for anchor in range(outer):
        for source, target in pairs:
            for part in range(inner):
                row = (anchor * now + target) * inner + part
                expected[row] = old[(anchor * before + source) * inner + part]
    found = torch.from_numpy(new.copy())
    copy_rows(torch.from_numpy(old), found, pairs, outer=outer, inner=inner)
    assert np.array_equal(found.numpy(), expected)


def test_names_tell_the_family() -> None:
    name = "torchvision:ssdlite320_mobilenet_v3_large"
    assert family_of("scratch:yolo11n") == family_of("some/best.pt") == "ultralytics"
    assert family_of(name) == family_of(f"{name}@file.pth") == "torchvision"
    assert prefix_of(name) == prefix_of(f"{name}@file.pth") == f"{name}@"
    assert prefix_of("scratch:yolo11n") == prefix_of("best.pt") == ""
    assert digest_of(name) == name


@pytest.mark.parametrize("start", ["", "model.onnx", "yolo11n", "exported:model.xml"])
def test_what_cannot_be_trained_is_refused(start: str) -> None:
    with pytest.raises(UsageError):
        family_of(start)
