"""Rows that look alike: exact where all are compared, nearly so in cells, never a row itself."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.engines import look_alikes
from framesel.selection.engines.look_alikes import Alike, alike_in_cells, all_alike, cut

from .vectors import make, unit, vector_sets


def joined(pieces: Iterable[Alike], n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """What all rows got, in their order; each must come once."""
    near, cosine = np.full((n, k), -1), np.full((n, k), np.nan, np.float32)
    for piece in pieces:
        assert (near[piece.rows] == -1).all()
        near[piece.rows, : piece.near.shape[1]] = piece.near
        cosine[piece.rows, : piece.near.shape[1]] = piece.cosine
    return near, cosine


def in_cells(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    cells = cut(vectors)
    assert sorted(cells.order) == list(range(len(vectors)))
    return joined(alike_in_cells(cells, vectors[cells.order], k), len(vectors), k)


@given(vectors=vector_sets(), k=st.integers(1, 9), one_cell=st.booleans())
def test_all_that_is_compared_is_ranked_exactly(
    vectors: np.ndarray, k: int, *, one_cell: bool
) -> None:
    n = len(vectors)
    wanted = min(k, n - 1)
    find = in_cells if one_cell else lambda v, k: joined(all_alike(v, k), len(v), k)
    near, cosine = find(vectors, k)
    exact = (vectors.astype(np.float64) @ vectors.T.astype(np.float64)).astype(np.float32)
    np.fill_diagonal(exact, -2.0)
    best = -np.sort(-exact, axis=1)[:, :wanted]
    np.testing.assert_allclose(cosine[:, :wanted], best, atol=1e-5)
    assert (near[:, wanted:] == -1).all()
    for row in range(n):
        mine = near[row, :wanted].tolist()
        assert row not in mine
        assert len(set(mine)) == wanted
        np.testing.assert_allclose(cosine[row, :wanted], exact[row, mine], atol=1e-5)


def small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_alikes, "ROOM", 32)
    monkeypatch.setattr(look_alikes, "_ROWS_AT_ONCE", 100)


@pytest.mark.parametrize(("kind", "least"), [("clustered", 0.95), ("walk", 0.95), ("random", 0.4)])
def test_cells_miss_few(monkeypatch: pytest.MonkeyPatch, kind: str, least: float) -> None:
    small_cells(monkeypatch)
    vectors = make(kind, 3_000, 12, 5)
    assert len(cut(vectors).near) > 60
    near, cosine = in_cells(vectors, 5)
    exact = joined(all_alike(vectors, 5), len(vectors), 5)
    found = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(near, exact[0], strict=True)])
    assert found > least
    assert (cosine <= exact[1]).all()


def test_ten_thousand_black_pictures_are_not_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    small_cells(monkeypatch)
    black = unit(make("identical", 900, 8, 1) + 1e-4 * make("random", 900, 8, 2))
    vectors = np.concatenate([black, make("random", 600, 8, 3)])
    compared: list[int] = []
    plain = look_alikes.nearest_rows

    def counted(queries: np.ndarray, bank: np.ndarray, t: int) -> object:
        compared.append(len(bank))
        return plain(queries, bank, t)

    monkeypatch.setattr(look_alikes, "nearest_rows", counted)
    near, cosine = in_cells(vectors, 4)
    assert max(compared) <= (look_alikes.PROBED + 1) * 2 * 32
    assert (near >= 0).all()
    assert (cosine[:900] > 0.999).all()
