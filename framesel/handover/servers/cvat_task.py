"""Makes a task in CVAT of a sheet: project, labels, pictures in order, guesses and reasons."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from framesel.annotation.cvat.files import (
    IMAGES,
    MANIFEST,
    context_name,
    to_label,
    with_context,
    write_manifest,
)
from framesel.annotation.cvat.labels import constructor
from framesel.annotation.sheet import Sheet
from framesel.errors import FrameselError, ServerError, UsageError
from framesel.handover.servers.cvat_guesses import Label, batches, labels_of, spread


@dataclass(frozen=True, slots=True)
class Check:
    """Frames by which CVAT tells how good the annotators are.

    Attributes:
        mode: ``gt``: a job of its own, in which somebody trusted labels them; the order of the
            others stays. ``gt_pool``: honeypots, mixed into every job; CVAT then puts all frames
            into an order of its own.
        count: How many, spread evenly over the ranking.
        each_job: How many of them every job gets; for honeypots.
    """

    mode: Literal["gt", "gt_pool"]
    count: int
    each_job: int = 1


def sensible(sheet: Sheet, check: Check | None) -> None:
    """Looks at a request before anything is made.

    Raises:
        UsageError: There are no pictures, or too few to check annotators by.
    """
    total = sum(1 for _ in to_label(sheet))
    if not total:
        raise UsageError("there is nothing to hand over")
    if check is not None and not 0 < check.each_job <= check.count < total:
        raise UsageError(f"of {total} pictures, 1 to {total - 1} can check the annotators")


def project_of(client: Any, wanted: str, sheet: Sheet) -> Any:
    """Finds a project, or makes it.

    Raises:
        UsageError: Several have the name, or it lacks labels.
    """
    from cvat_sdk import models

    api = client.api_client.projects_api
    if wanted.isdigit():
        found = client.projects.retrieve(int(wanted))
    else:
        there = named(api, wanted)
        if len(there) > 1:
            raise UsageError(f"there are {len(there)} projects {wanted!r}: name one by its number")
        if not there:
            labels = _labels(sheet)
            return client.projects.create(models.ProjectWriteRequest(name=wanted, labels=labels))
        found = client.projects.retrieve(there[0].id)
    known = labels_of(found.get_labels())
    missing = _missing(sheet, known)
    if missing:
        raise UsageError(
            f"the project {found.name!r} has no label for boxes called "
            f"{', '.join(map(repr, missing))}: add it in CVAT, or rename classes in the recipe"
        )
    return found


def _missing(sheet: Sheet, known: Mapping[str, Label]) -> list[str]:
    return [name for name in sheet.names if name not in known or not known[name].draws]


def named(api: Any, name: str) -> list[Any]:
    """Tasks or projects of exactly this name."""
    from cvat_sdk.core.helpers import get_paginated_collection

    return [
        one for one in get_paginated_collection(api.list_endpoint, name=name) if one.name == name
    ]


def spec(sheet: Sheet, project: Any, segment_size: int) -> Any:
    """What a task is made with, before it has pictures."""
    from cvat_sdk import models

    more: dict[str, Any] = {"segment_size": segment_size} if segment_size else {}
    if project is None:
        more["labels"] = _labels(sheet)
    else:
        more["project_id"] = project.id
    # overlapping jobs would ask two people for one frame
    return models.TaskWriteRequest(name=sheet.title, overlap=0, **more)


def _labels(sheet: Sheet) -> list[Any]:
    from cvat_sdk import models

    return [
        models.PatchedLabelRequest(
            name=said["name"],
            color=said["color"],
            type=said["type"],
            attributes=[
                models.AttributeRequest(
                    **{**one, "input_type": models.InputTypeEnum(one["input_type"])}
                )
                for one in said["attributes"]
            ],
        )
        for said in constructor(sheet.classes)
    ]


@contextmanager
def whole(task: Any) -> Iterator[None]:
    """Removes a task of which only a part could be made."""
    try:
        yield
    except BaseException as error:
        gone = False
        with suppress(Exception):
            task.remove()
            gone = True
        if gone or not isinstance(error, FrameselError):
            raise
        raise type(error)(f"{error}. Remove the unfinished task {task.id} in CVAT") from error


def upload(task: Any, sheet: Sheet, check: Check | None) -> None:
    """Uploads the pictures in their order.

    CVAT finds pictures of context by their folders, and single files lose theirs: where there are
    folders, all goes in an archive, whose list keeps the order.
    """
    params: dict[str, Any] = {"image_quality": 100, "sorting_method": "predefined"}
    if check is not None:
        params["validation_params"] = _validation(sheet, check)
        if check.mode == "gt_pool":
            # CVAT mixes them into the jobs by a manifest, which it makes only for cached data
            params |= {"sorting_method": "random", "use_cache": True}
    if not any(picture.context_of or "/" in picture.name for picture in sheet.pictures):
        files = [sheet.images / picture.name for picture in to_label(sheet)]
        task.upload_data(files, params=params)
        return
    with tempfile.TemporaryDirectory(prefix="framesel-cvat-") as folder:
        archive = Path(folder) / "pictures.zip"
        _pack(sheet, archive)
        task.upload_data([archive], params=params)


def _pack(sheet: Sheet, archive: Path) -> None:
    write_manifest(archive.parent, with_context(sheet))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for picture in sheet.pictures:
            name = context_name(picture) if picture.context_of else picture.name
            packed.write(sheet.images / picture.name, name)
        packed.write(archive.parent / IMAGES / MANIFEST, MANIFEST)


def _validation(sheet: Sheet, check: Check) -> dict[str, Any]:
    from cvat_sdk import models

    more = {"frames_per_job_count": check.each_job} if check.mode == "gt_pool" else {}
    wanted = models.ValidationParamsRequest(
        mode=models.ValidationMode(check.mode),
        frame_selection_method=models.FrameSelectionMethod("manual"),
        frames=list(spread(sheet, check.count)),
        **more,
    )
    # the upload sends what it is given as JSON, which a model is not
    said = wanted.to_dict()
    return {name: getattr(value, "value", value) for name, value in said.items()}


def annotate(task: Any, sheet: Sheet) -> int:
    """Brings guesses and reasons to the frames that have the pictures' names.

    Returns:
        How many boxes.

    Raises:
        ServerError: The task is not what was asked for.
    """
    from cvat_sdk.core.proxies.annotations import AnnotationUpdateAction

    frames: dict[str, list[int]] = {}
    for number, frame in enumerate(task.get_frames_info()):
        frames.setdefault(frame.name, []).append(number)
    lost = [picture.name for picture in to_label(sheet) if picture.name not in frames]
    if lost:
        raise ServerError(f"CVAT does not know {len(lost)} of the pictures, first {lost[0]!r}")
    known = labels_of(task.get_labels())
    if _missing(sheet, known):
        raise ServerError(f"CVAT did not take the label {_missing(sheet, known)[0]!r}")
    boxes = 0
    for request in batches(sheet, known, frames):
        task.update_annotations(request, action=AnnotationUpdateAction.CREATE)
        boxes += len(request.shapes)
    return boxes
