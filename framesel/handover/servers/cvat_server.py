"""Straight into a running CVAT, and back, by its own SDK.

Tested against a fake of its HTTP interface and the SDK's models of requests: no real server was at
hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framesel.annotation.cvat.files import to_label
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Sheet
from framesel.errors import LabelsError, UsageError
from framesel.handover.servers.cvat_client import POLL_S, Login, connected
from framesel.handover.servers.cvat_task import (
    Check,
    annotate,
    named,
    project_of,
    sensible,
    spec,
    upload,
    whole,
)

EXPORT = "CVAT for images 1.1"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push made.

    Attributes:
        task: Number of the task.
        url: Where people open it.
        pictures: How many are to be labelled.
        boxes: Guesses that went with them.
    """

    task: int
    url: str
    pictures: int
    boxes: int


def push(
    sheet: Sheet,
    url: str,
    login: Login,
    *,
    project: str = "",
    segment_size: int = 0,
    check: Check | None = None,
    again: bool = False,
    poll_s: float = POLL_S,
) -> Pushed:
    """Makes a task of a sheet: pictures in order, their labels, guesses, reasons and context.

    A task that cannot be finished is removed again.

    Args:
        sheet: To be labelled.
        url: Of the server.
        login: Who asks.
        project: Number or name of the project that the task goes to; where there is none of that
            name it is made. Empty: a task of its own.
        segment_size: Frames in a job; 0 for one job.
        check: Frames to check the annotators by.
        again: Whether it is welcome that there is a task of this name.
        poll_s: Seconds between two questions whether the server is done.

    Raises:
        UsageError: The request makes no sense, the login is refused, the project lacks labels, or
            there is such a task.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
        MissingExtraError: cvat-sdk is not installed.
    """
    sensible(sheet, check)
    with connected(url, login, poll_s) as client:
        there = named(client.api_client.tasks_api, sheet.title)
        if there and not again:
            raise UsageError(
                f"{url} has a task {sheet.title!r} already (number {there[0].id}): use it, remove "
                "it, or push with --again"
            )
        target = project_of(client, project, sheet) if project else None
        task = client.tasks.create(spec(sheet, target, segment_size))
        with whole(task):
            upload(task, sheet, check)
            boxes = annotate(task, sheet)
    pictures = sum(1 for _ in to_label(sheet))
    return Pushed(int(task.id), f"{url.rstrip('/')}/tasks/{task.id}", pictures, boxes)


def pull(url: str, login: Login, tasks: Iterable[int], poll_s: float = POLL_S) -> Returned:
    """Takes the labels of tasks, job by job: each is the word of the one it is assigned to.

    The pictures of a job that is completed are reviewed. Of others only those are that have the
    tag for empty pictures.

    Args:
        url: Of the server.
        login: Who asks.
        tasks: Their numbers.
        poll_s: Seconds between two questions whether the server is done.

    Raises:
        UsageError: The login is refused.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
        LabelsError: The labels make no sense.
        MissingExtraError: cvat-sdk is not installed.
    """
    found: list[Returned] = []
    with connected(url, login, poll_s) as client:
        for number in tasks:
            jobs = client.tasks.retrieve(number).get_jobs()
            several = len({str(job.type) for job in jobs}) > 1
            found += [_job(job, several) for job in sorted(jobs, key=lambda job: job.id)]
    classes = dict.fromkeys(name for one in found for name in one.classes)
    pictures = tuple(picture for one in found for picture in one.pictures)
    left = tuple(line for one in found for line in one.left)
    return Returned("cvat", tuple(classes), pictures, left)


def _job(job: Any, several: bool) -> Returned:
    """What one job says.

    Args:
        job: The job.
        several: Whether its task has jobs over the same frames: nobody's words are kept apart.
    """
    from cvat_sdk.core.proxies.types import Location

    done = str(job.state) == "completed"
    who = job.assignee.username if job.assignee else f"job {job.id}" if several else ""
    with tempfile.TemporaryDirectory(prefix="framesel-cvat-") as folder:
        archive = Path(folder) / "job.zip"
        # else a task may be set up to leave it in a cloud
        job.export_dataset(EXPORT, archive, include_images=False, location=Location.LOCAL)
        try:
            found = open_labels(archive, "cvat")
        except LabelsError as error:
            # people know the job, not the file that it was put into
            raise LabelsError(str(error).replace(str(archive), f"job {job.id}")) from None
    at = job.updated_date.isoformat(timespec="seconds") if job.updated_date else ""

    def said(picture: LabelledPicture) -> LabelledPicture:
        reviewed = done or (picture.reviewed is True and not picture.boxes)
        return replace(picture, reviewed=reviewed, annotator=who, at=at)

    return replace(found, pictures=tuple(said(picture) for picture in found.pictures))
