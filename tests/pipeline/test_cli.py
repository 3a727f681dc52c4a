"""The command line as a user meets it."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from framesel import __version__
from framesel.cli import main
from framesel.cli.app import app
from framesel.errors import FrameselError
from tests.pipeline.conftest import Bench

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


def call(*arguments: str) -> tuple[int, str]:
    """Exit code and what was printed, errors included."""
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, FrameselError):
        return result.exception.exit_code, result.output + str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_run_status_verify_next_gc_forget_in_one_life(tmp_path: Path, footage: "Truth") -> None:
    ws = str(tmp_path / "ws")
    code, text = call("run", str(footage.folder), "-w", ws, "--budget", "5")
    assert code == 0
    assert "round 1: 5 picks of 5" in text
    assert "no_video.mp4: is text" in text
    code, text = call("run", "-w", ws, "--budget", "5", "--set", "frames.sample.fps=2")
    assert (code, "round 1: 5 picks" in text) == (0, True)
    code, text = call("status", ws, "--videos")
    assert code == 0
    assert "frames" in text
    assert "gate" in text
    code, text = call("verify", ws)
    assert code == 0
    assert "5 pictures: " in text
    code, text = call("next", ws, "--budget", "3")
    assert code == 0
    assert "round 2: 3 picks of 3" in text
    code, text = call("gc", ws)
    assert "could be freed" in text
    code, text = call("gc", ws, "--yes")
    assert "freed" in text
    code, text = call("forget", ws, "0", "--yes")
    assert (code, "forgot" in text) == (0, True)
    code, text = call("retry", ws)
    assert code == 0


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("scores", ("silence", "Lewis & Gale 1994", "[0, ln(C+1)]", "detections.views with crop")),
        ("detectors", ("torchvision:NAME@PATH", "AGPL-3.0", "Faster R-CNN")),
        ("backbones", ("builtin", "timm:NAME")),
        ("strategies", ("facility_location", "alpha=0.5")),
        ("decoders", ("pyav", "opencv", "images")),
        ("formats", ("cvat-video", "MOT challenge", "written")),
    ],
)
def test_list_names_everything(what: str, told: tuple[str, ...]) -> None:
    code, text = call("list", what)
    assert code == 0
    assert all(word in text for word in told)
    assert "…" not in text.replace("weights: …", "")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run", "nowhere", "-w", "{ws}"], 2, "no videos or images in"),
        (["run", "-w", "{ws}"], 2, "name some videos"),
        (["run", "x", "-w", "{ws}", "--set", "frames.fps=2"], 2, "unknown key"),
        (["run", "x", "-w", "{ws}", "--budget", "0"], 2, "selection.budget"),
        (["run", "x", "-w", "{ws}", "--device", "tpu"], 2, "device"),
        (["status", "{ws}"], 1, "not a framesel workspace"),
        (["verify", "{ws}"], 1, "not a framesel workspace"),
        (["next", "{ws}"], 1, "not a framesel workspace"),
        (["recipe", "check", "none.yaml"], 2, "cannot be read"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_mistakes_end_with_their_exit_code_and_write_nothing(
    tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    ws = tmp_path / "ws"
    found, text = call(*[a.format(ws=ws) for a in arguments])
    assert (found, told in text) == (code, True), text
    assert not ws.exists()


@pytest.mark.parametrize(("asked", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_sleep_unless_asked_otherwise(
    asked: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", asked or "")
    if asked is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    during: list[str | None] = []
    command = "framesel.cli.app.app"
    monkeypatch.setattr(command, lambda: during.append(os.environ.get("OMP_WAIT_POLICY")))
    main()
    assert during == [found]


def test_main_prints_one_message_and_ends_with_its_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["framesel", "status", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_log_of_a_machine_is_json_lines(tmp_path: Path, footage: "Truth") -> None:
    arguments = ["run", str(footage.folder), "-w", str(tmp_path / "ws"), "--log-format", "json"]
    result = CliRunner().invoke(app, arguments)
    events = [json.loads(line) for line in result.stderr.splitlines()]
    stages = [e["stage"] for e in events if e.get("event") == "end"]
    made = ["catalog", "frames", "embeddings", "shots", "duplicates", "selection", "export"]
    assert stages == made
    assert (tmp_path / "ws" / "framesel.log").read_text("utf-8").count("INFO") >= 12


def test_the_schema_is_json_and_version_and_doctor_speak() -> None:
    code, text = call("recipe", "schema")
    assert json.loads(text)["properties"]["frames"]
    assert call("--version") == (0, f"framesel {__version__}\n")
    code, text = call("doctor")
    assert code == 0
    for told in ("Python", "torch", "networks run as", "h264"):
        assert told in text


def test_tau_prints_a_suggestion_with_what_to_expect(finished: Bench) -> None:
    code, text = call("tau", str(finished.root), "--samples", "8")
    assert code == 0
    assert "suggested: --set duplicates.tau_cos=" in text
    assert "wrong merges" in text


def test_pretrain_trains_resumes_and_compares(bench: Bench) -> None:
    tiny = (
        "epochs=1 batch=8 size_px=32 view_px=16 dim=8 projection=8 architecture=slim_resnet:4 "
        "min_rank=1 min_std=0"
    ).split()
    call("run", str(bench.videos), "-w", str(bench.root), "--set", "frames.sample.fps=4")
    arguments = ["pretrain", str(bench.root)]
    for setting in tiny:
        arguments += ["--set", f"pretrain.{setting}"]
    code, text = call(*arguments)
    assert code == 0, text
    assert "duplicates at 1 % false merges" in text
    code, text = call(*arguments)
    assert "already trained" in text
    weights = text.rpartition("embeddings.backbone=")[2].strip()
    code, text = call(
        "run", "-w", str(bench.root), "--budget", "3", "--set", f"embeddings.backbone={weights}"
    )
    assert "3 picks of 3" in text
