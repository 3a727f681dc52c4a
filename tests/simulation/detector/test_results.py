"""Records: what is written is read back, and nothing damaged is taken for a result."""

from pathlib import Path

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.simulation.detector.results import Record, Store


def two_budgets() -> Record:
    record = Record("dwell", "cover, informed", 3)
    for budget in (2, 4):
        record = record.grown(
            budget,
            np.arange(budget),
            {"boxes": float(budget), "auroc": float("nan")},
            {"map50": np.full(3, 0.1 * budget)},
            {"batch": np.arange(budget - 1)},
        )
    return record


def test_a_record_is_read_back(tmp_path: Path) -> None:
    record, store = two_budgets(), Store(tmp_path)
    path = store.path(record, {"plan": 1})
    assert store.read(path) is None
    store.write(path, record)
    again = store.read(path)
    assert again is not None
    assert (again.setting, again.arm, again.seed) == ("dwell", "cover, informed", 3)
    assert again.budgets == (2, 4)
    assert [rows.tolist() for rows in again.picks] == [[0, 1], [0, 1, 2, 3]]
    assert again.figures["boxes"].tolist() == [2.0, 4.0]
    assert again.drawn["map50"] == pytest.approx(np.array([[0.2] * 3, [0.4] * 3]))
    assert again.notes["batch"].tolist() == [0, 1, 2]  # the last ones alone
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_decides_a_result_decides_its_place(tmp_path: Path) -> None:
    store, record = Store(tmp_path), two_budgets()
    places = {
        store.path(record, {"plan": 1}),
        store.path(record, {"plan": 2}),
        store.path(Record("dwell", "cover, informed", 4), {"plan": 1}),
        store.path(Record("rare", "cover, informed", 3), {"plan": 1}),
    }
    assert len(places) == 4
    assert store.path(record, {"a": 1, "b": 2}) == store.path(record, {"b": 2, "a": 1})


def test_a_hostile_name_stays_in_the_folder(tmp_path: Path) -> None:
    path = Store(tmp_path).path(Record("../..", "../../etc/passwd", 0), {})
    assert path.resolve().is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_damaged_file_is_named(tmp_path: Path, part: float) -> None:
    record, store = two_budgets(), Store(tmp_path)
    path = store.path(record, {})
    store.write(path, record)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(UsageError, match=r"damaged.*remove it"):
        store.read(path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "hostile.npz"
    np.savez(path, head=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match="damaged"):
        Store(tmp_path).read(path)
