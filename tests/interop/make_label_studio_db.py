"""Run in the environment of Label Studio: makes what its server starts from.

    make_label_studio_db.py FOLDER

Its first start migrates an empty database through all of its history, which takes a minute. The
folder that this leaves is copied by each test that starts a server.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from label_studio_settings import EMAIL, PASSWORD, TOKEN, environment

folder = Path(sys.argv[1]).absolute()
if not folder.exists():
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place) / "made"
        made.mkdir()
        command = [str(Path(sys.executable).parent / "label-studio"), "init", "-b", "-q"]
        command += ["--username", EMAIL, "--password", PASSWORD, "--user-token", TOKEN]
        command += ["--enable-legacy-api-token"]
        done = subprocess.run(
            command,
            env={**os.environ, **environment(made)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not (made / "label_studio.sqlite3").exists():
            sys.exit(f"Label Studio did not make its database:\n{done.stdout}\n{done.stderr}")
        made.rename(folder)
