"""From labels to the next round, on the command line."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from framesel.handover.known_frames import KnownFrames
from framesel.labels import store
from framesel.pipeline import Pipeline
from framesel.rounds import state
from framesel.rounds.decision import Key
from tests.pipeline.conftest import Bench, picks
from tests.pipeline.reviewing import Reviewer
from tests.pipeline.test_cli import call
from tests.rounds.said import keys_of

HEAD = ("name", "label", "x", "y", "w", "h", "annotator", "seconds")


@pytest.fixture
def copied(tmp_path: Path, looked: Bench) -> Bench:
    """A finished run of one's own on the same videos."""
    shutil.copytree(looked.root, tmp_path / "ws")
    own = Bench(tmp_path / "ws", looked.videos)
    (own.root / "sources.json").write_text(json.dumps([str(own.videos)]))
    return own


def write(path: Path, rows: Sequence[tuple[Any, ...]]) -> str:
    """A file of labels as people write them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return str(path)


def chosen(bench: Bench) -> list[Key]:
    """Picks of the newest round."""
    return keys_of(state.rounds(bench.workspace)[-1].picks(bench.workspace))


def test_from_import_to_next(
    copied: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws, first = str(copied.root), chosen(copied)
    other = Reviewer(copied.workspace).others()[0]
    _import(copied, other, tmp_path)
    _look(ws)
    again = ("run", "-w", ws, "--recipe", str(copied.workspace.recipe), "--budget")
    code, text = call(*again, "8")
    assert code == 0, text
    assert "round 1 is closed, and all is ready for the next" in text
    assert chosen(copied) == first
    assert len(state.rounds(copied.workspace)) == 1
    _killed_next(copied, monkeypatch)
    code, text = call(*again, "3")
    assert (code, "round 2: 3 picks of 3" in text) == (0, True), text
    assert not set(chosen(copied)) & {*first, other}
    code, text = call("why", ws, f"{other[0]}@pts:{other[1]}")
    assert (code, "is labelled already" in text) == (0, True), text
    assert state.rounds(copied.workspace)[-1].imports == store.last(copied.workspace) == 1


def _import(bench: Bench, other: Key, folder: Path) -> None:
    """Labels of two picks and of a frame that is none come in, and are refused first."""
    ws, names = str(bench.root), [str(row["image"]) for row in picks(bench)]
    stray = names[0].replace("_pts", "_pts9")
    wrong = write(folder / "wrong.csv", [(stray, "dog", 1, 1, 9, 9, "ann", "")])
    code, text = call("labels", "import", ws, wrong)
    assert (code, "1 of 1 pictures do not agree" in text) == (1, True), text
    good = [
        (names[0], "dog", 1, 1, 9, 9, "ann", 12),
        (names[0], "dog", 2, 1, 8, 9, "bob", 8),
        (names[1], "", "", "", "", "", "ann", ""),
        (KnownFrames(bench.workspace).stem(*other), "cat", 1, 2, 3, 4, "ann", ""),
    ]
    path = write(folder / "labels.csv", good)
    code, text = call("labels", "import", ws, path)
    assert (code, "nobody declared the class 'dog'" in text) == (1, True), text
    code, text = call("labels", "import", ws, path, "--format", "csv", "--new-classes")
    assert code == 0, text
    assert "import 1: 3 frames, 3 boxes by ann, bob" in text
    assert "new classes: dog, cat" in text
    assert "round 1 is closed" in text
    code, text = call("labels", "import", ws, path, "--format", "csv")
    assert (code, "nothing new: 4 words" in text) == (0, True), text


def _look(ws: str) -> None:
    """What came in is listed and summed up."""
    code, text = call("labels", "list", ws)
    assert (code, len(text.splitlines())) == (0, 2)
    assert [word in text for word in ("csv", "ann, bob", "labels.csv")] == [True] * 3
    code, text = call("labels", "show", ws, "--round", "1")
    assert "round 1: 2 of 8 frames labelled, 1 of them empty, 1 boxes" in text
    assert "0:00:20 h were spent" in text
    assert "ann and bob" in text
    assert call("labels", "show", ws, "--round", "7")[0] == 2


def _killed_next(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """`next` dies before it chose: the round is there, and `run` goes on with it."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "run", die)
        assert call("next", str(bench.root), "--budget", "3")[0] != 0
        assert call("next", str(bench.root), "--budget", "3")[0] != 0
    assert state.rounds(bench.workspace)[-1] == state.Round(2)
    code, text = call("status", str(bench.root))
    assert (code, "round 2: open, nothing is chosen yet" in text) == (0, True)
