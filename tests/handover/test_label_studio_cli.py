"""`push label-studio` and `labels pull label-studio`, end to end, with a real server."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from framesel.cli import label_studio as commands
from framesel.errors import UsageError
from framesel.labels import store
from tests.handover.conftest import Desk
from tests.handover.label_studio_host import Host
from tests.interop.label_studio_settings import TOKEN


def run(*words: str | Path, token: str = TOKEN) -> Result:
    """The two commands as they hang in the program, with a token in the environment."""
    app = typer.Typer(pretty_exceptions_enable=False)
    push, pull = typer.Typer(), typer.Typer()
    app.add_typer(push, name="push")
    app.add_typer(pull, name="pull")
    for one in (push, pull):
        one.callback()(lambda: None)
    commands.register(push, pull)
    return CliRunner().invoke(app, [str(word) for word in words], env={commands.TOKEN: token})


def test_labels_come_back_to_the_frames_that_were_pushed(desk: Desk, label_studio: Host) -> None:
    root, url = desk.workspace.root, label_studio.url
    push = ("push", "label-studio", root, "--url", url, "--project", "By command")
    first = run(*push, "--confidence", "0")
    assert first.exit_code == 0, first.output
    number = first.output.partition("project ")[2].partition(":")[0]
    pull = ("pull", "label-studio", root, "--url", url, "--project", number)
    assert f"labels pull label-studio {root} --url {url} --project {number}" in first.output
    again = run(*push, "--confidence", "0")
    picks = desk.picks.frames
    assert f"0 pictures added; {len(picks)} were there" in again.output

    tasks = label_studio.tasks(int(number))
    assert [task["data"]["framesel_key"] for task in tasks] == [
        f"{one.video_no}:{one.pts}" for one in picks
    ]
    box = {**tasks[0]["predictions"][0]["result"][0], "origin": "manual"}
    for task in tasks:  # the annotator leaves one box in the first picture, nothing in the others
        said = {"result": [box] if task is tasks[0] else [], "lead_time": 2.0}
        label_studio.post(f"/api/tasks/{task['id']}/annotations/", said)
    back = run(*pull)
    assert back.exit_code == 0, back.output
    assert f"{len(picks)} frames, 1 boxes by label-studio-1" in back.output
    labels = store.current(desk.workspace)
    assert set(labels.keys) == {(one.video_no, one.pts) for one in picks}
    (kept,) = labels.by_frame[picks[0].video_no, picks[0].pts]["label-studio-1"]
    assert kept.label == box["value"]["rectanglelabels"][0]
    assert kept.x1 == pytest.approx(box["value"]["x"] * box["original_width"] / 100, abs=1e-3)
    assert set(labels.frames["seconds"].to_pylist()) == {2.0}
    later = run(*pull)
    assert "nothing new" in later.output
    assert TOKEN not in first.output + again.output + back.output + later.output
    files = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_a_wrong_token_is_told_before_pictures_are_made(desk: Desk, label_studio: Host) -> None:
    words = ("--url", label_studio.url, "--project", "Never made")
    wrong = run("push", "label-studio", desk.workspace.root, *words, token="f" * 40)
    assert isinstance(wrong.exception, UsageError)
    assert "does not accept the token" in str(wrong.exception)
    assert not desk.workspace.handovers.exists()


def test_a_token_comes_from_the_environment_or_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, object]] = []

    def prompt(text: str, **how: object) -> str:
        asked.append((text, how["hide_input"]))
        return "typed"

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setenv(commands.TOKEN, "given")
    assert commands.token_of() == "given"
    monkeypatch.delenv(commands.TOKEN)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(UsageError, match=commands.TOKEN):
        commands.token_of()
    assert asked == []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert commands.token_of() == "typed"
    assert asked == [("Label Studio access token", True)]
