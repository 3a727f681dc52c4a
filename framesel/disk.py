"""What is said where a disk is full, and what killed writers left on it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framesel.errors import DiskFullError


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Tells what to do where a disk or a quota turns out to be full.

    Args:
        path: What is being written, if the system does not say it.

    Raises:
        DiskFullError: It is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            f"no room is left on the disk for {error.filename or path}. What was finished is kept; "
            "make room and run the same command to go on."
        ) from None


def sweep(folder: Path) -> int:
    """Removes what killed writers left under temporary names. Returns how many."""
    rubbish = list(folder.rglob(".*.tmp"))
    for path in rubbish:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(rubbish)
