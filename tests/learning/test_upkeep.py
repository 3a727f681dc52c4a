"""Models are kept as long as rounds speak of them; what is forgotten is in none of them."""

import json

import pyarrow.parquet as pq
import pytest

from framesel import upkeep
from framesel.catalog import Catalog
from framesel.errors import WorkspaceError
from framesel.rounds import model_upkeep, models
from tests.learning.conftest import School
from tests.learning.test_train import hold_out
from tests.pipeline.test_cli import call
from tests.resume.faults import tree


def test_gc_keeps_models_of_rounds_and_only_the_weights_of_others(school: School) -> None:
    school.label(school.frames[::2])
    replaced = school.train()
    school.label(school.frames)
    present = school.train()
    assert models.models(school.workspace) == [present.model]
    killed = school.workspace.root / "models/0badbad0"
    (killed / "checkpoint").mkdir(parents=True)
    found = upkeep.unreferenced(school.workspace, school.recipe())
    old = school.folder(replaced)
    mine = [path for path in found if path.is_relative_to(school.workspace.root / "models")]
    assert set(mine) == {killed, old / "data", old / "pictures", old / "judged"}
    before = tree(school.folder(present))
    upkeep.remove(mine)
    assert tree(school.folder(present)) == before
    assert (old / "weights.pt").exists()
    assert (old / "metrics.json").exists()
    assert model_upkeep.unreferenced(school.workspace) == []


def test_a_forgotten_video_is_in_no_model(school: School) -> None:
    school.label(school.frames)
    hold_out(school, 1)
    result = school.train("train.val_share=0")
    learnt = {key[0] for key in school.frames} - {1}
    assert [one.round for one in model_upkeep.taught_by(school.workspace, 3)] == [0]
    assert model_upkeep.taught_by(school.workspace, 1) == []
    folder, one = school.folder(result), max(learnt)
    kept = [path for path in folder.rglob("*.jpg") if f"_v{one:06d}_" not in path.name]
    for gone in (one, 1):
        code, text = call("forget", str(school.workspace.root), str(gone), "--yes")
        assert code == 0
        assert ("weights of round 0 were trained on it" in text) == (gone != 1)
    kept = [path for path in kept if "_v000001_" not in path.name]
    assert kept
    assert sorted(folder.rglob("*.jpg")) == sorted(kept)
    names = {path.stem for path in (folder / "data/labels").iterdir()}
    assert names == {path.stem for path in kept}
    listed = json.loads((folder / "data/examples.json").read_text("utf-8"))["pictures"]
    assert {row["name"] for row in listed} == names
    assert pq.read_table(folder / "found.parquet").num_rows == 0
    videos = pq.read_table(folder / "split.parquet")["video_no"].to_pylist()
    assert set(videos) == learnt - {one}
    told = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert told["holdout"]["videos"] == []
    assert told["holdout"]["map50"]["value"] is not None
    assert (folder / "weights.pt").exists()


def test_a_damaged_file_of_a_model_stops_forgetting(school: School) -> None:
    school.label(school.frames)
    result = school.train()
    (school.folder(result) / "metrics.json").write_text("{", "utf-8")
    name = str(Catalog(school.workspace).videos[0]["path"])
    with pytest.raises(WorkspaceError, match=r"metrics\.json is damaged"):
        model_upkeep.forget(school.workspace, 0, name)


def test_status_shows_models_and_what_they_are_worth(school: School) -> None:
    school.label(school.frames)
    result = school.train()
    code, text = call("status", str(school.workspace.root))
    assert code == 0
    assert f"model of round 0: {result.model.folder}/weights.pt" in text
    assert f"mAP50 {result.metrics['val']['map50']['value']:.3f}" in text
    (school.folder(result) / "metrics.json").unlink()
    code, text = call("status", str(school.workspace.root))
    assert "its metrics.json is gone" in text
