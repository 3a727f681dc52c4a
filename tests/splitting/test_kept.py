"""Later models are judged by what no earlier one was trained on: sides are kept."""

from pathlib import Path

import numpy as np
import pytest

from framesel.errors import WorkspaceError
from framesel.exporting import last_recipe
from framesel.rounds import models
from framesel.splitting import labelled, stored
from framesel.splitting.kept import SIDES, kept_sides, write_sides
from framesel.splitting.split import Rules, Split, split, undivided
from framesel.workspace import Workspace
from tests.pipeline.test_cli import call
from tests.splitting.labelling import label

RULES = Rules("component", (0.6, 0.4, 0.0), tau=1.1, gap_s=0.0)


def sampled(workspace: Workspace) -> list[tuple[int, int]]:
    frames = stored.read(workspace, last_recipe(workspace))
    return list(zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True))


def made(workspace: Workspace, rules: Rules = RULES, *, keep: bool = True) -> Split:
    before = kept_sides(workspace) if keep else None
    return split(labelled.read(workspace, last_recipe(workspace)), rules, before)


def trained(workspace: Workspace, number: int, found: Split) -> None:
    """Leaves what a training leaves of its split."""
    folder = f"models/{number:08x}"
    write_sides(workspace.root / folder, found)
    model = models.Model(number, folder, "weights.pt", "", ("car", "bird"), 64, number)
    models.save(workspace, model)


def test_frames_keep_their_sides_when_more_are_labelled(workspace: Workspace) -> None:
    frames = sampled(workspace)
    label(workspace, frames[::2])
    first = made(workspace)
    trained(workspace, 1, first)
    label(workspace, frames[1::2])
    free, kept = made(workspace, keep=False), made(workspace)
    before = dict(zip(first.labelled.keys, first.name, strict=True))
    now = dict(zip(kept.labelled.keys, kept.name, strict=True))
    assert {key: now[key] for key in before} == before
    assert kept.changed == {}
    without = dict(zip(free.labelled.keys, free.name, strict=True))
    assert any(without[key] != before[key] for key in before), "the test would show nothing"
    val = np.mean([name == "val" for name in kept.name])
    assert abs(val - 0.4) < 0.1, "new frames fill up what the shares ask for"


def test_train_wins_where_groups_grow_together(workspace: Workspace) -> None:
    frames = [key for key in sampled(workspace) if key[0] == 1]
    others = [key for key in sampled(workspace) if key[0] != 1]
    label(workspace, frames + others[::5])
    first = made(workspace)
    sides = dict(zip(first.labelled.keys, first.name, strict=True))
    assert {sides[key] for key in frames} == {"train", "val"}
    trained(workspace, 1, first)
    by_video = Rules("video", (0.6, 0.4, 0.0), tau=1.1, gap_s=0.0)
    found = made(workspace, by_video)
    now = dict(zip(found.labelled.keys, found.name, strict=True))
    assert {now[key] for key in frames} == {"train"}
    moved = sum(sides[key] == "val" and now[key] == "train" for key in sides)
    assert found.changed["val → train"] == moved > 0
    assert "train → val" not in found.changed
    assert f"{moved} frames changed sides, val → train" in "\n".join(found.lines())


def test_what_any_model_was_trained_on_counts_as_trained_on(workspace: Workspace) -> None:
    label(workspace, sampled(workspace))
    first = made(workspace)
    trained(workspace, 1, first)
    second = undivided(labelled.read(workspace, last_recipe(workspace)), RULES)
    assert set(second.name) == {"train"}
    trained(workspace, 2, second)
    trained(workspace, 3, first)
    assert set(kept_sides(workspace).values()) == {"train"}


def test_a_split_that_is_gone_is_no_free_hand(workspace: Workspace) -> None:
    label(workspace, sampled(workspace))
    found = made(workspace)
    trained(workspace, 1, found)
    (workspace.root / "models/00000001" / SIDES).unlink()
    with pytest.raises(WorkspaceError, match="round 1 was trained on cannot be told"):
        kept_sides(workspace)


def test_the_command_keeps_sides_if_asked(workspace: Workspace, tmp_path: Path) -> None:
    frames = sampled(workspace)
    label(workspace, frames[::2])
    first = made(workspace)
    trained(workspace, 1, first)
    label(workspace, frames[1::2])
    options = ("--share", "0.6,0.4", "--tau", "1.1", "--gap-s", "0")
    code, text = call("split", str(workspace.root), "--keep", *options)
    assert code == 0, text
    assert str(workspace.root / "splits" / made(workspace).digest) in text
    code, text = call("split", str(workspace.root), *options)
    assert str(workspace.root / "splits" / made(workspace, keep=False).digest) in text
