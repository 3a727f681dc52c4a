"""Whatever comes in is taken whole or not at all."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from framesel.handover.incoming import How
from framesel.labels import store
from framesel.labels.consensus import truth
from framesel.workspace import Workspace
from tests.handover.incoming_bench import DOG, Incoming, picture

numbers = st.one_of(st.floats(-10, 200), st.floats())
boxes = st.builds(
    Box,
    st.one_of(st.sampled_from(["dog", "cat"]), st.text(max_size=5)),
    *[numbers] * 4,
    score=st.one_of(st.none(), st.floats()),
    source=st.sampled_from(["", "auto", "file\x00"]),
    track=st.one_of(st.none(), st.integers()),
)


@pytest.fixture(scope="module")
def handed(scanned: Path, tmp_path_factory: pytest.TempPathFactory) -> Incoming:
    """A workspace with a handover of four frames."""
    folder = tmp_path_factory.mktemp("anything") / "ws"
    shutil.copytree(scanned, folder)
    into = Incoming(Workspace.open(folder))
    into.hand_out([{"key": (0, pts)} for pts in into.times(0)[:4]])
    return into


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_or_nothing(handed: Incoming, data: st.DataObject) -> None:
    names = [handed.name((0, pts)) for pts in handed.times(0)[:4]]
    pictures = data.draw(
        st.lists(
            st.builds(
                LabelledPicture,
                st.one_of(st.sampled_from(names), st.sampled_from(names), st.text(max_size=9)),
                st.lists(boxes, max_size=2).map(tuple),
                reviewed=st.sampled_from([None, True, False]),
                annotator=st.sampled_from(["", "ann", "\ud800"]),
                key=st.sampled_from(["", "", "0:0", "0:999999999999999999999"]),
                seconds=st.one_of(st.none(), st.floats()),
                at=st.one_of(st.just(""), st.text(max_size=9)),
            ),
            max_size=4,
        )
    )
    shutil.rmtree(handed.workspace.labels, ignore_errors=True)
    how = How(new_classes=True, only_known=data.draw(st.booleans()))
    try:
        taken = handed.take(*pictures, how=how)
    except LabelsError:
        assert store.imports(handed.workspace) == []
        return
    found = store.current(handed.workspace)
    assert len(found.keys) == taken.frames
    assert found.boxes.num_rows == taken.boxes
    assert handed.take(*pictures, how=how).number is None


def test_addresses_are_kept_without_their_login(into: Incoming) -> None:
    from framesel.annotation.returned import Returned
    from framesel.handover.incoming import take
    from tests.resume.faults import Silent

    labels = picture(into.name((0, into.times(0)[0])), DOG)
    source = "https://ann:secret@host:8080/tasks/1, \ud800"
    taken = take(into.workspace, Returned("cvat", (), (labels,)), source, "auto", Silent())
    (one,) = store.imports(into.workspace)
    assert one.number == taken.number
    assert "secret" not in (one.folder / "import.json").read_text("utf-8")
    assert "//host:8080/tasks/1" in one.told["source"]
    assert truth(into.workspace).classes == ("dog",)
