"""`embeddings.tiles`: a still scene into which one small object comes."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import planning, tables, vector_column
from framesel.errors import RecipeError
from framesel.stages.embeddings import tiles_of
from tests.pipeline.conftest import Bench
from tests.video.conftest import render

SIZE_WH = (320, 240)
COMES, GOES = 30, 45
EVERY = ["frames.sample.fps=5", "selection.budget=2", "duplicates.tau_cos=0.9"]


def scene(k: int, width: int, height: int) -> np.ndarray:
    """A camera that stands, its noise, and in frames 30 to 44 a square of 1.2 % of the area."""
    texture = np.random.default_rng(7).integers(60, 200, (height // 20, width // 20, 3))
    image = np.kron(texture, np.ones((20, 20, 1)))
    if COMES <= k < GOES:
        image[150:180, 40:71] = (250, 20, 20)
    noisy = image + np.random.default_rng(k).normal(0, 3, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("still")
    (folder / "videos").mkdir()
    render(folder / "videos/still.mp4", frames=75, size_wh=SIZE_WH, paint=scene)
    return Bench(folder / "ws", folder / "videos")


def kept(bench: Bench, *settings: str) -> list[tuple[bool, float]]:
    """Of each kept frame: whether the object is in it, and its mass."""
    steps = planning.plan(bench.workspace, bench.recipe(*settings))
    folders = {s.name: bench.workspace.stage(s.name, s.key) for s in steps}
    frames = pq.read_table(next(folders["frames"].glob("s*.parquet")), columns=["pts", "index"])
    index = dict(zip(frames["pts"].to_pylist(), frames["index"].to_pylist(), strict=True))
    rows = pq.read_table(folders["duplicates"] / "all.parquet").to_pylist()
    assert not any(row["rejected"] for row in rows)
    return [(COMES <= index[r["pts"]] < GOES, r["mass"]) for r in rows if r["mass"] > 0]


def test_a_newcomer_is_a_duplicate_without_tiles_and_none_with_them(still: Bench) -> None:
    still.run(*EVERY)
    assert [mass for _, mass in kept(still, *EVERY)] == [15.0]
    tiled = [*EVERY, "embeddings.tiles=3"]
    still.run(*tiled)
    assert sorted(kept(still, *tiled)) == [(False, 12.0), (True, 3.0)]
    lax = [*tiled, "duplicates.tau_tile=-1"]
    still.run(*lax)
    assert kept(still, *lax) == kept(still, *EVERY)


def test_the_table_holds_unit_vectors_of_each_tile(still: Bench) -> None:
    tiled = [*EVERY, "embeddings.tiles=2"]
    still.run(*tiled)
    steps = planning.plan(still.workspace, still.recipe(*tiled))
    folder = next(still.workspace.stage(s.name, s.key) for s in steps if s.name == "embeddings")
    path = next(folder.glob("s*.parquet"))
    dim = int(tables.footer(path)["dim"])
    assert tables.footer(path)["tiles"] == 4
    table = pq.read_table(path)
    tiles = vector_column.unpack_vectors(table["tiles"], dim)
    assert tiles.shape == (15, 4, dim)
    assert np.allclose(np.linalg.norm(tiles, axis=2), 1, atol=1e-6)
    # the object comes in the lower left tile and nowhere else
    before, there = tiles[0], tiles[7]
    cosines = np.einsum("td,td->t", before, there)
    assert cosines.argmin() == 2
    assert cosines[[0, 1, 3]].min() > 0.98 > 0.9 > cosines[2]


@pytest.mark.parametrize(("height", "width", "side"), [(7, 10, 3), (1, 2, 3), (240, 320, 2)])
def test_tiles_cover_the_picture(height: int, width: int, side: int) -> None:
    image = np.arange(height * width * 3, dtype=np.uint32).reshape(height, width, 3)
    tiles = tiles_of(image, side)
    assert len(tiles) == side * side
    assert all(tile.size for tile in tiles)
    assert set(np.concatenate([tile.ravel() for tile in tiles]).tolist()) == set(
        image.ravel().tolist()
    )
    assert tiles[1][0, 0, 0] == image[0, width // side, 0]
    assert tiles[side][0, 0, 0] == image[height // side, 0, 0]


def test_other_numbers_of_tiles_are_refused(still: Bench) -> None:
    with pytest.raises(RecipeError, match=r"embeddings\.tiles"):
        still.recipe("embeddings.tiles=4")
    with pytest.raises(RecipeError, match=r"duplicates\.tau_tile"):
        still.recipe("duplicates.tau_tile=1.5")
