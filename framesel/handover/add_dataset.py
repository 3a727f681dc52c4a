"""Older datasets count as labelled too: their pictures become stills, their labels an import."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framesel import datasets, exporting
from framesel.annotation.checks import checked_box
from framesel.annotation.opening import AUTO, open_labels
from framesel.annotation.outside.picture_files import size_of
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.catalog import Catalog
from framesel.errors import FrameselError, LabelsError, UsageError
from framesel.handover.class_names import checked_classes, known_classes
from framesel.handover.incoming import MOST_TOLD, How, Taken, take
from framesel.handover.known_frames import Known, KnownFrames
from framesel.handover.matching import Refused, called
from framesel.handover.picture_paths import PicturePaths
from framesel.pipeline import Pipeline
from framesel.runners.runner import RunnerOf
from framesel.sources import plain
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch


@dataclass(frozen=True)
class Dataset:
    """Labels of a dataset and the pictures that they are about.

    Attributes:
        labels: Where they are from.
        returned: What they say.
        images: Folder of the pictures.
        paths: Each name to its file, or to why there is none.
    """

    labels: Path
    returned: Returned
    images: Path
    paths: Mapping[str, Path | Refused]

    @classmethod
    def read(cls, labels: Path, images: Path, format_name: str = AUTO) -> Dataset:
        """Reads labels and finds their pictures.

        Raises:
            UsageError: A path is wrong, or there is no telling the format.
            LabelsError: Anything is wrong with the labels.
        """
        known = PicturePaths(images)

        def size(name: str) -> tuple[int, int] | None:
            path = known.find(name, str(labels))
            return None if path is None else size_of(path)

        returned = open_labels(labels, format_name, size)
        paths = {one.name: _found(one, known, labels) for one in returned.pictures}
        return cls(labels, returned, images, paths)

    @property
    def refused(self) -> list[Refused]:
        """What has no picture, or another one than the labels say."""
        return [one for one in self.paths.values() if isinstance(one, Refused)]


def add_dataset(
    workspace: Workspace,
    dataset: Dataset,
    reviewed: str,
    watch: Watch,
    how: How | None = None,
    runner: RunnerOf | None = None,
) -> Taken:
    """Adds a dataset: scans and embeds its pictures, and keeps its labels. Takes the lock.

    All pictures below the folder become stills of the workspace. Those with labels are never chosen
    and their neighbourhood is avoided; the others are footage like any other. Where the labels turn
    out to be wrong the folder is taken out again.

    Args:
        workspace: With a recipe: something ran in it before.
        dataset: What is added.
        reviewed: Which pictures count; see ``incoming.take``.
        watch: Who is told what happens.
        how: As for ``incoming.take``.
        runner: Makes a runner; None: as the recipe says.

    Raises:
        LabelsError: Labels and pictures do not agree, or a class was not declared.
        UsageError: The folder lies in the workspace, or something of the input is gone.
        WorkspaceError: Nothing ran in it yet, or it is in use.
    """
    chosen = how or How()
    _check(workspace, dataset, chosen)
    with workspace.locked():
        new = datasets.remember(workspace, dataset.images)
    embedded = False
    try:
        _embed(workspace, watch, runner)
        embedded = True
        where = _Where(workspace, dataset)
        source = str(plain(dataset.labels))
        return take(workspace, dataset.returned, source, reviewed, watch, chosen, where.find)
    except FrameselError:
        if new:
            with workspace.locked():
                datasets.drop(workspace, dataset.images)
            if embedded:  # else the next run scans anyway, and what broke would break again
                _embed(workspace, watch, runner)
        raise


class _Where:
    """Says which frame a picture of a dataset is."""

    def __init__(self, workspace: Workspace, dataset: Dataset) -> None:
        catalog = Catalog(workspace)
        self._known = KnownFrames(workspace)
        self._dataset = dataset
        rows = catalog.sources.to_pylist()
        self._video = {str(row["path"]): row["video_no"] for row in rows}
        self._errors = {str(row["path"]): row["error"] for row in rows}

    def find(self, picture: LabelledPicture) -> Known | Refused:
        path = self._dataset.paths[picture.name]
        if isinstance(path, Refused):
            return path
        video_no = self._video.get(str(plain(path)))
        if video_no is None:
            why = self._errors.get(str(plain(path))) or "it is hidden, or not a picture"
            return Refused(picture.name, f"its picture {path} was not taken up: {why}")
        try:
            return self._known.frame(int(video_no), 0)
        except LabelsError as error:
            return Refused(picture.name, str(error))


def _found(picture: LabelledPicture, known: PicturePaths, labels: Path) -> Path | Refused:
    """The file of a picture, looked at, or what is wrong with it."""
    try:
        path = known.find(picture.name, str(labels)) if picture.name else None
        if path is None:
            return Refused(called(picture), f"there is no such picture in {known.folder}")
        width, height = size_of(path)
        for given, true in ((picture.width, width), (picture.height, height)):
            if given is not None and given != true:
                return Refused(
                    picture.name,
                    f"the labels say {picture.width} x {picture.height} pixels, and {path} has "
                    f"{width} x {height}",
                )
        for box in picture.boxes:
            checked_box(box, width, height, picture.name)
    except LabelsError as error:
        return Refused(called(picture), str(error))
    return path


def _check(workspace: Workspace, dataset: Dataset, how: How) -> None:
    """Whatever can be known before pictures are taken up."""
    exporting.last_recipe(workspace)
    if dataset.images.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"--images {dataset.images} lies in the workspace: what is there is known")
    refused = dataset.refused
    if refused and not how.only_known:
        raise LabelsError(_told(dataset, refused))
    boxes = (box.label for one in dataset.returned.pictures for box in one.boxes)
    used = {how.rename.get(label, label) for label in boxes}
    checked_classes(used, known_classes(workspace, ()), accept=how.new_classes)


def _told(dataset: Dataset, refused: Sequence[Refused]) -> str:
    listed = "\n".join(f"  {one}" for one in refused[:MOST_TOLD])
    more = len(refused) - MOST_TOLD
    return (
        f"{dataset.labels}: {len(refused)} of {len(dataset.returned.pictures)} pictures do not "
        f"agree with {dataset.images}:\n{listed}\n"
        f"{f'  and {more} more' + chr(10) if more > 0 else ''}"
        "Nothing was taken. --only-known takes the others."
    )


def _embed(workspace: Workspace, watch: Watch, runner: RunnerOf | None) -> None:
    """Brings catalog, frames and embeddings up to date."""
    recipe = exporting.last_recipe(workspace)
    path = workspace.root / "sources.json"
    sources = json.loads(path.read_text("utf-8")) if path.exists() else []
    stages = list(recipe.stages())
    behind = stages[stages.index("embeddings") + 1]
    with workspace.locked():
        files = datasets.input_files(workspace, sources, sequence=recipe.catalog.sequence)
        Pipeline(workspace, recipe, watch, runner).run(files, before=behind)
