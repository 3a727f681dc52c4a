"""Keeps the libraries below framesel from phoning home, installing packages or leaving files.

Some of them do so when imported, before any setting of theirs could be reached, so this must run
first; it sets environment variables and touches nothing heavy. A variable that is already set
stays as it is: whoever wants a library to talk can say so.
"""

import logging
import os
import stat
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = {
    # ultralytics: its defaults install missing packages while running, ask DNS servers whether
    # there is a network, and then send events.
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",
    "YOLO_VERBOSE": "false",
    # What may stand beside them and asks for updates or counts its users.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "NO_ALBUMENTATIONS_UPDATE": "1",
    "DO_NOT_TRACK": "1",
    # ray reports its use every hour.
    "RAY_USAGE_STATS_ENABLED": "0",
    # fastapi brings the interface of a tracer along; nothing listens, and nothing shall.
    "OTEL_SDK_DISABLED": "true",
    # Broken videos are reported in framesel's own tables, with path and time.
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}

# Lightning advertises other products through these when a Trainer is made.
CHATTY_LOGGERS = (
    "pytorch_lightning.utilities.rank_zero",
    "lightning_fabric.utilities.rank_zero",
    "lightning.pytorch.utilities.rank_zero",
    "lightning.fabric.utilities.rank_zero",
)


def silence() -> None:
    """Sets what keeps the dependencies quiet. Cheap, and harmless when called again."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if "YOLO_CONFIG_DIR" not in os.environ:
        folder = _scratch_folder()
        if folder is not None:
            os.environ["YOLO_CONFIG_DIR"] = str(folder)
    # openvino sends an event on import and asks nobody. It offers no switch, but where its
    # telemetry package cannot be imported it uses an empty stand-in of its own.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    for name in CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def _scratch_folder() -> Path | None:
    """A folder for settings files that ultralytics insists on writing, outside the user's home.

    Returns:
        A folder that only this user can write to, or None if there is no room for one.
    """
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        folder = Path(tempfile.gettempdir()) / f"framesel-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        # In a temporary directory that all share, another user may have made it first.
        if stat.S_ISDIR(found.st_mode) and (os.name == "nt" or found.st_uid == os.getuid()):
            return folder
        return Path(tempfile.mkdtemp(prefix="framesel-"))
    except OSError:
        return None
