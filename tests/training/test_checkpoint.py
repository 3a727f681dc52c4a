"""A checkpoint is the same when it is read, or it is not used and that is said."""

from pathlib import Path

import pytest
import torch

from framesel.training.checkpoint import FILE, FOLDER, Checkpoint, Place, load, remove, save

PLACE = Place("abc", 7, ((2, 0.5), (4, 0.25)), 2)


def saved(folder: Path) -> Checkpoint:
    torch.manual_seed(0)
    tensors = {"a.b|c": torch.randn(3, 2), "n": torch.tensor(7)}
    parts = {"weights": tensors, "optimiser": {"a.b|c/step": torch.tensor(7.0)}}
    checkpoint = Checkpoint(PLACE, parts)
    save(folder, checkpoint)
    return checkpoint


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    before = saved(tmp_path)
    after, remark = load(tmp_path, "abc")
    assert remark == ""
    assert after is not None
    assert after.place == PLACE
    for part, tensors in before.parts.items():
        assert after.parts[part].keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert torch.equal(after.parts[part][name], tensor)
            assert after.parts[part][name].dtype == tensor.dtype


def test_that_of_another_training_is_not_used(tmp_path: Path) -> None:
    saved(tmp_path)
    assert load(tmp_path, "xyz") == (
        None,
        "the checkpoint there belongs to other settings, pictures, weights or versions: begun anew",
    )


@pytest.mark.parametrize("keep", [0, 4, 200, -1])
def test_a_damaged_one_is_not_used(keep: int, tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / FOLDER / FILE
    path.write_bytes(path.read_bytes()[:keep])
    found, remark = load(tmp_path, "abc")
    assert found is None
    assert "cannot be read" in remark
    assert "begun anew" in remark


def test_none_is_no_reason_to_say_anything(tmp_path: Path) -> None:
    assert load(tmp_path, "abc") == (None, "")
    saved(tmp_path)
    remove(tmp_path)
    assert load(tmp_path, "abc") == (None, "")
    assert list(tmp_path.iterdir()) == []
