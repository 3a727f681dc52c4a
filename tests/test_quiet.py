"""Nothing below framesel writes to the user's home or looks for a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framesel import quiet

# The audit hook sees connections that the library itself would swallow when they are refused.
SCRIPT = """
import sys
reached = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        reached.append(f"{event} {args}")
sys.addaudithook(hook)
import framesel
import LIBRARY
import threading
for thread in threading.enumerate():
    if thread is not threading.main_thread() and not thread.daemon:
        thread.join(5)
print("reached:", reached)
"""


def run(script: str, tmp_path: Path) -> tuple[str, list[Path]]:
    """Runs a script with an empty home; returns its output and what it left in the home."""
    home = tmp_path / "home"
    scratch = tmp_path / "tmp"
    home.mkdir()
    scratch.mkdir()
    # Libraries behave when they think that they are being tested, so they must not notice.
    hidden = ("YOLO_", "XDG_", "PYTEST", "CI", "HF_", "DO_NOT_TRACK", "MPLCONFIGDIR", "PYTHONPATH")
    env = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(scratch)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, sorted(home.rglob("*"))


@pytest.mark.parametrize("library", ["lightly", "openvino", "ray"])
def test_import_leaves_nothing_at_home_and_reaches_nobody(library: str, tmp_path: Path) -> None:
    out, left = run(SCRIPT.replace("LIBRARY", library), tmp_path)
    assert "reached: []" in out
    assert left == []


def test_ultralytics_installs_nothing_and_keeps_to_itself(tmp_path: Path) -> None:
    script = SCRIPT.replace("LIBRARY", "ultralytics") + (
        "from ultralytics.utils import AUTOINSTALL, ONLINE, SETTINGS_FILE\n"
        "from ultralytics.utils.events import events\n"
        "print(AUTOINSTALL, ONLINE, events.enabled, SETTINGS_FILE)\n"
    )
    out, left = run(script, tmp_path)
    reached, settings = out.splitlines()
    assert reached == "reached: []"
    assert left == []
    autoinstall, online, events, file = settings.split(maxsplit=3)
    assert (autoinstall, online, events) == ("False", "False", "False")
    assert Path(file).is_relative_to(tmp_path / "tmp")


def test_a_variable_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOLO_AUTOINSTALL", "true")
    monkeypatch.setenv("YOLO_CONFIG_DIR", "chosen")
    monkeypatch.delenv("YOLO_OFFLINE", raising=False)
    quiet.silence()
    assert os.environ["YOLO_AUTOINSTALL"] == "true"
    assert os.environ["YOLO_CONFIG_DIR"] == "chosen"
    assert os.environ["YOLO_OFFLINE"] == "true"


@pytest.mark.skipif(os.name == "nt", reason="temporary directories are private on Windows")
def test_a_settings_folder_planted_by_others_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(quiet.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(quiet.tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("YOLO_CONFIG_DIR", raising=False)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"framesel-{os.getuid()}").symlink_to(elsewhere)
    quiet.silence()
    chosen = Path(os.environ["YOLO_CONFIG_DIR"])
    assert chosen.parent == tmp_path
    assert not chosen.is_symlink()
    monkeypatch.delenv("YOLO_CONFIG_DIR")


def test_lightning_keeps_its_hints_to_itself(tmp_path: Path) -> None:
    script = (
        "import framesel, logging\n"
        "import pytorch_lightning as pl\n"
        f"pl.Trainer(accelerator='cpu', max_epochs=1, default_root_dir={str(tmp_path)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Tip" not in done.stdout + done.stderr
