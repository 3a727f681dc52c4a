"""What a user names, and the files that are meant."""

from pathlib import Path

import pytest

from framesel.errors import UsageError
from framesel.sources import expand


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a/clip10.mp4",
        "a/clip2.MP4",
        "a/notes.txt",
        "a/.hidden.mp4",
        "a/.cache/x.mp4",
        "a/deep/er/x.mkv",
        "stills/1.jpg",
        "stills/10.png",
        "stills/2.jpg",
        "ws/workspace.json",
        "ws/rounds/0001/export/images/x.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def names(paths: list[Path], root: Path) -> list[str]:
    return [str(p.relative_to(root)) for p in paths]


def test_a_folder_is_searched_in_natural_order_without_what_is_hidden(tree: Path) -> None:
    assert names(expand([str(tree / "a")]), tree) == [
        "a/clip2.MP4",
        "a/clip10.mp4",
        "a/deep/er/x.mkv",
    ]


def test_a_workspace_inside_the_input_is_passed_by(tree: Path) -> None:
    assert not [n for n in names(expand([str(tree)]), tree) if n.startswith("ws/")]


def test_stills_are_files_and_a_sequence_is_its_folder(tree: Path) -> None:
    stills = [str(tree / "stills")]
    assert names(expand(stills), tree) == ["stills/1.jpg", "stills/2.jpg", "stills/10.png"]
    assert names(expand(stills, sequence=True), tree) == ["stills"]


def test_globs_lists_and_files_come_together_each_file_once(tree: Path) -> None:
    (tree / "list.txt").write_text("# mine\n\na/clip2.MP4\na/**/*.mkv\ngone.mp4\nstills\n", "utf-8")
    (tree / "odd.bin").write_bytes(b"")
    found = expand(
        [str(tree / "list.txt"), str(tree / "a" / "*.mp4"), str(tree / "odd.bin"), str(tree / "a")]
    )
    assert names(found, tree) == [
        "a/clip2.MP4",
        "a/clip10.mp4",
        "a/deep/er/x.mkv",
        "gone.mp4",
        "odd.bin",
        "stills/1.jpg",
        "stills/2.jpg",
        "stills/10.png",
    ]


def test_everything_that_matches_nothing_is_named_at_once(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"'nowhere/\*\.mp4'.*'void'"):
        expand([str(tree / "a"), "nowhere/*.mp4", "void"])


def test_a_folder_that_links_to_itself_ends(tree: Path) -> None:
    (tree / "a" / "loop").symlink_to(tree / "a")
    assert len(expand([str(tree / "a")])) == 3
