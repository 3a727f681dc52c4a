"""What looks alike in another shot is not thrown away, and a copy is."""

import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import planning
from tests.pipeline.conftest import Bench
from tests.video.conftest import render

SIZE_WH = (320, 240)
EVERY = ["frames.sample.fps=5", "duplicates.tau_cos=0.9", "selection.budget=4"]


def sky(k: int, width: int, height: int, seed: int, x: int) -> np.ndarray:
    """A sky, a little noise, and a small thing at another place in each video."""
    image = np.full((height, width, 3), 150.0)
    image[: height // 3] = 180
    image[100:112, x : x + 12] = 20
    noise = np.random.default_rng(seed * 1000 + k).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def skies(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("skies")
    (folder / "videos").mkdir()
    for seed in range(3):
        path = folder / f"videos/sky{seed}.mp4"
        x = 30 + 110 * seed
        render(
            path, frames=25, size_wh=SIZE_WH, paint=lambda k, w, h, s=seed, x=x: sky(k, w, h, s, x)
        )
    shutil.copy(folder / "videos/sky0.mp4", folder / "videos/zcopy.mp4")
    with (folder / "videos/zcopy.mp4").open("ab") as file:
        file.write(b"\0" * 16)  # another file, the same pictures
    return Bench(folder / "ws", folder / "videos")


def rows(bench: Bench, *settings: str) -> list[dict[str, object]]:
    steps = planning.plan(bench.workspace, bench.recipe(*settings))
    folder = next(bench.workspace.stage(s.name, s.key) for s in steps if s.name == "duplicates")
    found: list[dict[str, object]] = pq.read_table(folder / "all.parquet").to_pylist()
    return found


def test_each_sky_is_kept_once_and_its_copy_is_not(skies: Bench) -> None:
    skies.run(*EVERY)
    found = rows(skies, *EVERY)
    kept = [row for row in found if row["mass"]]
    assert len(kept) == 3
    assert sorted(row["mass"] for row in kept) == [5.0, 5.0, 10.0]
    # Three shots, numbered over all videos; the copy is of that of its original.
    shot_of = {row["video_no"]: row["shot"] for row in found}
    assert {(row["video_no"], row["shot"]) for row in found} == set(shot_of.items())
    assert sorted(shot_of.values()) == [0, 0, 1, 2]


def test_looks_alone_may_be_trusted(skies: Bench) -> None:
    lax = [*EVERY, "duplicates.tau_across=0.85", "duplicates.tau_cos=0.85"]
    skies.run(*lax)
    assert [row["mass"] for row in rows(skies, *lax) if row["mass"]] == [20.0]
