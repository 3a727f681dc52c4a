"""`push cvat` and `labels pull cvat`, end to end, against a stand-in for the server."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from framesel.cli import cvat
from framesel.errors import UsageError
from framesel.labels import store
from tests.handover.conftest import Desk
from tests.handover.cvat_bench import fake
from tests.handover.fake_cvat import PASSWORD, TOKEN, USER
from tests.handover.fake_cvat_state import FakeCvat

__all__ = ["fake"]


def run(*words: str | Path, token: str = TOKEN) -> Result:
    """The two commands as they hang in the program, with a token in the environment."""
    app = typer.Typer(pretty_exceptions_enable=False)
    push, pull = typer.Typer(), typer.Typer()
    app.add_typer(push, name="push")
    app.add_typer(pull, name="pull")
    for one in (push, pull):
        one.callback()(lambda: None)
    cvat.register(push, pull)
    return CliRunner().invoke(app, [str(word) for word in words], env={"CVAT_TOKEN": token})


def test_labels_come_back_to_the_frames_that_were_pushed(desk: Desk, fake: FakeCvat) -> None:
    root = desk.workspace.root
    there = run("push", "cvat", root, "--url", fake.url, "--confidence", "0", "--ground-truth", "1")
    assert there.exit_code == 0, there.output
    (task,) = fake.tasks
    assert f"labels pull cvat {root} --url {fake.url} --task {task}" in there.output
    picks = desk.picks.frames
    assert len(fake.order) == len(picks)
    assert fake.data["validation_params"]["mode"] == "gt"
    # the annotator leaves one box in the first picture, and finds nothing in the others
    label = fake.tasks[task]["labels"][0]
    box = {"points": [1, 2, 11, 12], "source": "manual", "attributes": []}
    fake.shapes = [{**box, "frame": 0, "label_id": label["id"]}]
    fake.jobs[0] |= {"state": "completed", "assignee": {"username": "ann", "id": 1}}
    back = run("pull", "cvat", root, "--url", fake.url, "--task", str(task))
    assert back.exit_code == 0, back.output
    assert f"{len(picks)} frames, 1 boxes by ann" in back.output
    labels = store.current(desk.workspace)
    assert set(labels.keys) == {(one.video_no, one.pts) for one in picks}
    first = labels.by_frame[picks[0].video_no, picks[0].pts]["ann"]
    assert [(b.label, b.xyxy) for b in first] == [(label["name"], (1, 2, 11, 12))]
    again = run("pull", "cvat", root, "--url", fake.url, "--task", str(task))
    assert "nothing new" in again.output
    assert TOKEN not in there.output + back.output + again.output
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


def test_a_login_comes_from_the_environment_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVAT_USERNAME", USER)
    monkeypatch.setenv("CVAT_PASSWORD", PASSWORD)
    assert (cvat.login_of().user, cvat.login_of().password) == (USER, PASSWORD)
    monkeypatch.setenv("CVAT_TOKEN", TOKEN)
    assert cvat.login_of().token == TOKEN
    for name in ("CVAT_TOKEN", "CVAT_PASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(UsageError, match="CVAT_TOKEN"):
        cvat.login_of()


def test_a_login_is_asked_for_where_somebody_sits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def prompt(text: str, **how: object) -> str:
        asked.append((text, how["hide_input"]))
        return "typed"

    monkeypatch.delenv("CVAT_TOKEN", raising=False)
    monkeypatch.delenv("CVAT_USERNAME", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", prompt)
    assert cvat.login_of().token == "typed"
    monkeypatch.setenv("CVAT_USERNAME", USER)
    login = cvat.login_of()
    assert (login.user, login.password) == (USER, "typed")
    assert asked == [("CVAT access token", True), ("CVAT password", True)]


def test_there_is_one_way_to_check_annotators(desk: Desk) -> None:
    both = ("--ground-truth", "1", "--honeypots", "1")
    done = run("push", "cvat", desk.workspace.root, "--url", "http://127.0.0.1:1", *both)
    assert isinstance(done.exception, UsageError)
    assert "exclude each other" in str(done.exception)
