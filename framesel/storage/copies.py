"""Whole copies of objects on this machine, where reading by ranges makes no sense."""

from __future__ import annotations

import atexit
import errno
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from framesel.errors import StorageError
from framesel.storage import store
from framesel.storage.place import Place, RemotePath

_MOST: Final = 2
"""Copies that a process keeps; an older one is removed."""

_lock = threading.RLock()
_copies: OrderedDict[tuple[str, int, int], Path] = OrderedDict()
_folder: list[Path] = []


def near(place: Place) -> Path:
    """The file itself, or a copy that stays while this process asks for few others.

    Raises:
        OSError: It is not there.
        StorageError: There is no room for it, or the store cannot be reached.
    """
    if not isinstance(place, RemotePath):
        return place
    status = place.stat()
    key = (place.url, status.st_size, status.st_mtime_ns)
    with _lock:
        if key not in _copies:
            while len(_copies) >= _MOST:
                _copies.popitem(last=False)[1].unlink(missing_ok=True)
            _copies[key] = _copied(place, status.st_size)
        _copies.move_to_end(key)
        return _copies[key]


def _copied(place: RemotePath, size: int) -> Path:
    if not _folder:
        _folder.append(Path(tempfile.mkdtemp(prefix="framesel-")))
        atexit.register(shutil.rmtree, _folder[0], ignore_errors=True)
    handle, name = tempfile.mkstemp(suffix=place.suffix, dir=_folder[0])
    os.close(handle)
    copy = Path(name)
    try:
        store.fetch(place.url, copy, size)
    except BaseException as error:
        copy.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"there is no room in {copy.parent} for a copy of {place} ({size / 1e6:,.0f} MB). "
                "Make room or set TMPDIR to another folder; the same command goes on."
            ) from error
        raise
    return copy
