"""The stop set is drawn once, by chance, and stays."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.errors import WorkspaceError
from framesel.rounds import stop_set
from framesel.workspace import Workspace

FRAMES = [(f"video {n % 3}", n) for n in range(30)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


def pairs(found: stop_set.StopSet) -> list[tuple[str, int]]:
    return [(frame.digest, frame.pts) for frame in found.frames]


@settings(max_examples=10)
@given(st.permutations(FRAMES), st.integers(0, 3))
def test_the_order_of_the_frames_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, frames: list[tuple[str, int]], seed: int
) -> None:
    first, second = (Workspace.create(tmp_path_factory.mktemp("ws") / "ws") for _ in range(2))
    one = stop_set.draw(first, frames, FRAMES[:5], 10, seed)
    two = stop_set.draw(second, FRAMES, FRAMES[:5], 10, seed)
    assert one == two
    assert len(set(pairs(one))) == 10
    assert not set(pairs(one)) & set(FRAMES[:5])


def test_it_stays_whatever_is_asked_later(workspace: Workspace) -> None:
    first = stop_set.draw(workspace, FRAMES, (), 4, 0)
    assert stop_set.draw(workspace, FRAMES[:3], pairs(first), 2, 1) == first
    assert stop_set.read(workspace) == first
    other = stop_set.draw(Workspace.create(workspace.root / "other"), FRAMES, (), 4, 1)
    assert pairs(other) != pairs(first)


def test_all_are_taken_where_there_are_few(workspace: Workspace) -> None:
    assert set(pairs(stop_set.draw(workspace, FRAMES[:3], (), 500, 0))) == set(FRAMES[:3])


def test_keys_are_those_of_known_videos(workspace: Workspace) -> None:
    found = stop_set.draw(workspace, FRAMES, (), 30, 0)
    known = stop_set.keys(found, {"video 1": 7, "elsewhere": 2})
    assert known == tuple((7, n) for n in range(1, 30, 3))


def test_a_forgotten_video_leaves_it(workspace: Workspace) -> None:
    assert stop_set.forget(workspace, "video 1") == []
    stop_set.draw(workspace, FRAMES, (), 30, 0)
    assert stop_set.forget(workspace, "video 1") == [workspace.root / "stop_set.json"]
    found = stop_set.read(workspace)
    assert found is not None
    assert {digest for digest, _ in pairs(found)} == {"video 0", "video 2"}
    assert stop_set.forget(workspace, "video 1") == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "damaged"),
        ('{"format": 1, "frames": [{"digest": "a"}]}', "damaged .frames.0.pts"),
        ('{"format": 2, "frames": []}', "newer framesel"),
    ],
)
def test_a_damaged_file_is_named(workspace: Workspace, content: str, complaint: str) -> None:
    (workspace.root / "stop_set.json").write_text(content)
    with pytest.raises(WorkspaceError, match=complaint):
        stop_set.read(workspace)
