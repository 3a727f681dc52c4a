"""`framesel decisions`, `framesel export` and `framesel next` after a review."""

import csv
import json
from pathlib import Path

from tests.pipeline.conftest import Bench
from tests.pipeline.reviewing import Reviewer
from tests.pipeline.test_cli import call


def test_decisions_are_listed_and_written_as_csv(bench: Bench, tmp_path: Path) -> None:
    ws, reviewer = str(bench.root), Reviewer(bench.workspace)
    first, enters = reviewer.picks(), reviewer.others()[0]
    reviewer.reject(first[0], enters)
    reviewer.say("tag", first[1], text="[bold]night[/bold]; =1+1")
    reviewer.say("blur", first[1], box=(0.0, 0.25, 0.5, 1.0))
    reviewer.say("undo", undoes=1)
    code, text = call("decisions", ws)
    assert code == 0
    lines = text.splitlines()
    assert len(lines) == 5
    assert f"@pts:{first[0][1]}" in lines[1]
    assert "too dark; in its place" in lines[1]
    assert lines[1].rstrip().endswith("no")
    assert "[bold]night[/bold]; =1+1" in lines[2]
    assert "0.000, 0.250, 0.500, 1.000" in lines[3]
    assert lines[3].rstrip().endswith("yes")
    assert "takes back 1" in lines[4]
    out = tmp_path / "said.csv"
    code, text = call("decisions", ws, "--out", str(out))
    assert (code, "4 decisions" in text) == (0, True)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["kind"] for r in rows] == ["reject", "tag", "blur", "undo"]
    assert [r["stands"] for r in rows] == ["false", "true", "true", "false"]
    assert rows[1]["text"] == "[bold]night[/bold]; =1+1"
    assert Path(rows[0]["video"]).exists()


def test_nothing_said_is_an_empty_list(bench: Bench) -> None:
    code, text = call("decisions", str(bench.root))
    assert code == 0
    assert text.split() == ["no", "at", "round", "said", "frame", "more", "stands"]


def test_a_damaged_decision_is_named(bench: Bench) -> None:
    Reviewer(bench.workspace).say("keep", (0, 0))
    (bench.root / "decisions/00000001.json").write_text("{")
    for command in ("decisions", "export", "status"):
        code, text = call(command, str(bench.root))
        assert code == 1
        assert "00000001.json is damaged" in text


def test_export_then_next_and_what_is_still_to_be_heard(bench: Bench) -> None:
    ws, reviewer = str(bench.root), Reviewer(bench.workspace)
    (bench.root / "sources.json").write_text(json.dumps([str(bench.videos)]))
    gone = reviewer.picks()[0]
    reviewer.reject(gone)
    code, text = call("next", ws, "--budget", "3")
    assert code == 1
    assert "`framesel export" in text
    code, text = call("export", ws)
    assert code == 0
    assert "round 1: 7 picks" in text
    assert "chooses again" not in text
    assert len(reviewer.listed()) == 7
    reviewer.say("not_duplicate", reviewer.others()[0])
    code, text = call("export", ws)
    assert "you said that a frame is no duplicate: `framesel run` chooses again" in text
    code, text = call("status", ws)
    assert "you said that a frame is no duplicate" in " ".join(text.split())
    code, text = call("next", ws, "--budget", "3")
    assert code == 0
    assert "round 2: 3 picks of 3" in text
    assert gone not in reviewer.picks()
