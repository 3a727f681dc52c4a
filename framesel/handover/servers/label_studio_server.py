"""Straight into a running Label Studio, and back."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from framesel.annotation import label_studio
from framesel.annotation.label_studio_tasks import interface, task, with_context
from framesel.annotation.outside.json_file import MOST_MB
from framesel.annotation.outside.json_values import listed, mapping, text
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Picture, Sheet
from framesel.errors import LabelsError, MissingExtraError, ServerError, UsageError
from framesel.handover.servers.label_studio_project import Project, find, make

if TYPE_CHECKING:
    from framesel.handover.servers.label_studio_client import Client

FILES_AT_ONCE = 50
"""Django takes a hundred in one request."""

BYTES_AT_ONCE = 50 << 20

Progress = Callable[[int, int], None]
"""Hears how many pictures are there, of how many."""

Group = tuple[Picture, tuple[Picture, ...]]
"""A picture that is to be labelled, and those that give it context."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Attributes:
        project: Number of the project.
        url: Where people open it.
        added: Pictures that were pushed now.
        there: Pictures that had been there before.
        hidden: Guesses were pushed now, and the project is set not to show them.
    """

    project: int
    url: str
    added: int
    there: int
    hidden: bool = False


def greet(url: str, token: str) -> None:
    """Asks a server who we are: what is wrong with address or token is told before long work.

    Raises:
        UsageError: The address is none, or the token is not accepted.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
        MissingExtraError: httpx is not installed.
    """
    with _connected(url, token) as client, client.understood():
        client.get("/api/current-user/whoami")


def push(
    sheet: Sheet, url: str, project: str, token: str, progress: Progress = lambda done, of: None
) -> Pushed:
    """Hands a sheet to a server: pictures, guesses and context, the most informative frame first.

    What the project has already is not pushed again, so an interrupted push is gone on with by
    pushing once more.

    Args:
        sheet: To be labelled.
        url: Of the server.
        project: Its number, or its title; where there is none of that title it is made.
        token: A legacy or a personal access token.
        progress: Told after every few pictures.

    Raises:
        UsageError: The request makes no sense, or the project cannot hold the sheet.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
        MissingExtraError: httpx is not installed.
    """
    config = interface(sheet)
    with _connected(url, token) as client, client.understood():
        target = find(client, project) or make(client, project, config)
        target.fit(config, sheet.names)
        known = target.known()
        total = sum(1 for _ in with_context(sheet))
        there = sum(1 for one, _ in with_context(sheet) if one in known)
        added = guesses = 0
        for batch in _batches(one for one in with_context(sheet) if one[0] not in known):
            addresses = _uploaded(target, sheet.images, batch)
            guesses += _import(target, [_task(sheet, one, addresses) for one in batch])
            added += len(batch)
            progress(there + added, total)
        hidden = guesses > 0 and not target.shows_guesses()
        return Pushed(target.number, target.url, added, there, hidden)


def pull(url: str, project: str, token: str) -> Returned:
    """Takes all annotations of a project, as its export as JSON has them.

    Args:
        url: Of the server.
        project: Its number or title.
        token: A legacy or a personal access token.

    Raises:
        UsageError: There is no such project, or the token is not accepted.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
        LabelsError: The annotations make no sense.
        MissingExtraError: httpx is not installed.
    """
    with _connected(url, token) as client, tempfile.TemporaryDirectory("-framesel") as folder:
        file = Path(folder) / "export.json"
        with client.understood():
            target = find(client, project)
            if target is None:
                raise UsageError(f"{client.url} has no project with the title {project!r}")
            declared = target.classes
            client.download(f"{target.path}/export", file, MOST_MB, exportType="JSON")
        try:
            found = label_studio.read(file)
        except LabelsError as error:
            # people know the project, not the file that it was put into
            raise LabelsError(str(error).replace(str(file), target.url)) from None
        return replace(found, classes=tuple(dict.fromkeys((*declared, *found.classes))))


def _connected(url: str, token: str) -> Client:
    try:
        from framesel.handover.servers.label_studio_client import Client
    except ImportError:
        raise MissingExtraError("httpx", "label-studio", "talking to Label Studio") from None
    return Client(url, token)


def _task(sheet: Sheet, one: Group, addresses: dict[str, str]) -> dict[str, Any]:
    return task(sheet, *one, lambda picture: addresses[picture.name])


def _batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """As many tasks as have files for one upload; at least one."""
    batch: list[Group] = []
    files = 0
    for one in groups:
        if batch and files + 1 + len(one[1]) > FILES_AT_ONCE:
            yield batch
            batch, files = [], 0
        batch.append(one)
        files += 1 + len(one[1])
    if batch:
        yield batch


def _uploaded(target: Project, images: Path, batch: Sequence[Group]) -> dict[str, str]:
    """Uploads the pictures of some tasks. Gives the address of each by its name."""
    client = target.client
    names = list(dict.fromkeys(p.name for one, context in batch for p in (one, *context)))
    found: dict[str, str] = {}
    for part in _parts(names, images):
        files = [(_plain(name), images / name) for name in part]
        answer = client.upload(f"{target.path}/import", files, commit_to_project="false")
        ids = listed(answer.get("file_upload_ids"), "file_upload_ids")
        asked = client.get(f"{target.path}/file-uploads", ids=json.dumps(ids))
        rows = [mapping(row, "file-uploads") for row in listed(asked, "file-uploads")]
        paths = {row.get("id"): text(row.get("file"), "file-uploads: file") for row in rows}
        if len(ids) != len(part) or any(one not in paths for one in ids):
            raise ServerError(f"{client.url} lost some of {len(part)} uploaded pictures: try again")
        addresses = [f"{client.path}/data/{paths[one]}" for one in ids]
        found |= dict(zip(part, addresses, strict=True))
    return found


def _parts(names: Sequence[str], images: Path) -> Iterator[list[str]]:
    """Files for one upload each; at least one."""
    part: list[str] = []
    size = 0
    for name in names:
        more = (images / name).stat().st_size
        if part and (len(part) == FILES_AT_ONCE or size + more > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(name)
        size += more
    if part:
        yield part


def _plain(name: str) -> str:
    """A file's name that Label Studio neither changes nor cuts; who it is stands in the task."""
    path = PurePosixPath(name)
    return f"{re.sub('[^A-Za-z0-9_-]', '_', path.stem)[:50] or 'picture'}{path.suffix.lower()}"


def _import(target: Project, tasks: list[dict[str, Any]]) -> int:
    """Makes tasks. Returns how many have guesses."""
    made = target.client.send("POST", f"{target.path}/import", tasks).get("task_count")
    if made != len(tasks):
        raise ServerError(f"{target.url}: {made} tasks were made of {len(tasks)}: push again")
    return sum(1 for one in tasks if one.get("predictions"))
