"""Folders of an object store, as they would be walked on a disk."""

from __future__ import annotations

from collections.abc import Iterator

from framesel.storage import store
from framesel.storage.place import RemotePath


def walk(root: RemotePath, stop_at: str) -> Iterator[tuple[RemotePath, list[RemotePath]]]:
    """Every folder under a root with the objects in it, by one listing of all.

    Args:
        root: Where to begin.
        stop_at: Folders that hold an object of this name are left out with all under them.
    """
    folders: dict[str, list[RemotePath]] = {}
    for entry in store.listing(root.url):
        inside = entry.url.removeprefix(root.url).lstrip("/")
        if not any(part.startswith(".") for part in inside.split("/")):
            folders.setdefault(entry.url.rpartition("/")[0], []).append(RemotePath.listed(entry))
    stops = [f"{url}/" for url, files in folders.items() if stop_at in {f.name for f in files}]
    for url in sorted(folders):
        if not f"{url}/".startswith(tuple(stops)):
            yield RemotePath(url), folders[url]


def matching(pattern: str) -> Iterator[RemotePath]:
    """Objects and folders that a glob matches."""
    for entry in store.matching(pattern):
        yield RemotePath.listed(entry)
