"""Converted backbones that are kept: the same vectors, and nothing is loaded for them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from framesel.backbones import KeptModel, Runtime, checkpoint, describe, load
from tests.backbones.conftest import HEADER, our_state

pytest.importorskip("openvino")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts how often weights are loaded."""
    found: list[str] = []
    plain = checkpoint.load

    def counted(name: str) -> object:
        found.append(name)
        return plain(name)

    monkeypatch.setattr(checkpoint, "load", counted)
    return found


def vectors(name: str, folder: Path, pictures: list[np.ndarray], **named: object) -> np.ndarray:
    asked = {"runtime": Runtime.OPENVINO_FP32, **named}
    return load(name, kept_in=folder, **asked)(pictures)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "runtime", [Runtime.OPENVINO_FP32, Runtime.OPENVINO_BF16, Runtime.OPENVINO_INT8]
)
def test_who_comes_second_converts_nothing(
    our_name: str,
    pictures: list[np.ndarray],
    tmp_path: Path,
    loads: list[str],
    runtime: Runtime,
) -> None:
    first = vectors(our_name, tmp_path / "m", pictures, runtime=runtime)
    assert len(loads) == 1
    again = load(our_name, runtime=runtime, kept_in=tmp_path / "m")
    assert len(loads) == 1
    assert (again.dim, again.size_px, again.batch) == (HEADER.dim, HEADER.size_px, 4)
    np.testing.assert_array_equal(again(pictures), first)
    np.testing.assert_array_equal(load(our_name, runtime=runtime)(pictures), first)


def test_each_batch_runtime_and_weights_has_its_own(
    our_name: str, pictures: list[np.ndarray], tmp_path: Path, loads: list[str]
) -> None:
    from framesel.backbones.weights_file import save_weights

    first = vectors(our_name, tmp_path / "m", pictures)
    vectors(our_name, tmp_path / "m", pictures, batch=2)
    vectors(our_name, tmp_path / "m", pictures, runtime=Runtime.OPENVINO_BF16)
    assert len(loads) == 3
    save_weights(Path(our_name.removeprefix("file:")), HEADER, our_state(seed=1))
    other = vectors(our_name, tmp_path / "m", pictures)
    assert len(loads) == 4
    assert np.abs(other - first).max() > 0.01


@pytest.mark.parametrize("damaged", ["model.bin", "model.xml", "expected.f32"])
@pytest.mark.parametrize("how", ["short", "gone", "other"])
def test_what_is_damaged_is_made_again(
    our_name: str,
    pictures: list[np.ndarray],
    tmp_path: Path,
    loads: list[str],
    damaged: str,
    how: str,
) -> None:
    first = vectors(our_name, tmp_path / "m", pictures)
    (path,) = tmp_path.glob(f"m/*/{damaged}")
    if how == "gone":
        path.unlink()
    elif how == "short":
        path.write_bytes(path.read_bytes()[:60])
    else:
        path.write_bytes(np.random.default_rng(0).bytes(path.stat().st_size))
    np.testing.assert_array_equal(vectors(our_name, tmp_path / "m", pictures), first)
    assert len(loads) == 2
    np.testing.assert_array_equal(vectors(our_name, tmp_path / "m", pictures), first)
    assert len(loads) == 2


def test_what_does_not_agree_with_torch_is_made_again(
    our_name: str, pictures: list[np.ndarray], tmp_path: Path, loads: list[str]
) -> None:
    first = vectors(our_name, tmp_path / "m", pictures)
    (path,) = tmp_path.glob("m/*/expected.f32")
    expected = path.read_bytes()
    path.write_bytes(expected[4:] + expected[:4])
    np.testing.assert_array_equal(vectors(our_name, tmp_path / "m", pictures), first)
    assert len(loads) == 2
    assert path.read_bytes() == expected


def test_one_converts_and_the_others_wait(
    our_name: str, pictures: list[np.ndarray], tmp_path: Path, loads: list[str]
) -> None:
    expected = vectors(our_name, tmp_path / "m", pictures)
    (folder,) = (tmp_path / "m").glob("*/")
    away = folder.rename(tmp_path / "away")
    kept = KeptModel.of(tmp_path / "m", describe(our_name), Runtime.OPENVINO_FP32, 4)
    assert kept is not None
    asked = threading.Event()

    class Told(FileLock):
        """Says that somebody is about to wait."""

        def acquire(self, *given: Any, **named: Any) -> Any:
            asked.set()
            return super().acquire(*given, **named)

    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch, kept.alone():
        patch.setattr("framesel.backbones.kept.FileLock", Told)
        other = pool.submit(vectors, our_name, tmp_path / "m", pictures)
        assert asked.wait(60)
        away.rename(folder)  # what whoever was first leaves
    np.testing.assert_array_equal(other.result(), expected)
    assert len(loads) == 1


def test_nobody_waits_for_ever(
    our_name: str, pictures: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptModel.of(tmp_path / "m", describe(our_name), Runtime.OPENVINO_FP32, 4)
    assert kept is not None
    with ThreadPoolExecutor(1) as pool, kept.alone():
        monkeypatch.setattr("framesel.backbones.kept.PATIENCE_S", 0.0)
        found = pool.submit(vectors, our_name, tmp_path / "m", pictures).result()
    np.testing.assert_array_equal(found, vectors(our_name, tmp_path / "other", pictures))


def test_where_nothing_can_be_kept_work_goes_on(
    our_name: str, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = vectors(our_name, tmp_path / "file", pictures)
    np.testing.assert_array_equal(found, vectors(our_name, tmp_path / "m", pictures))


def test_torch_keeps_nothing(our_name: str, pictures: list[np.ndarray], tmp_path: Path) -> None:
    vectors(our_name, tmp_path / "m", pictures, runtime=Runtime.TORCH_FP32)
    assert not (tmp_path / "m").exists()
