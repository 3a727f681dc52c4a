"""What to do with an exported folder, in plain text beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framesel.annotation.formats import Format
from framesel.handover.handed import Handed

LABEL = {
    "cvat": (
        "Make a task: paste labels.json into the label constructor's Raw tab, add a zip of what is",
        "in images/ and choose the sorting method 'predefined': manifest.jsonl has the order, the",
        "first tells most. Then Actions > Upload annotations > CVAT 1.1: annotations.xml.",
        "Take it back with Actions > Export task dataset > CVAT for images 1.1.",
    ),
    "cvat-video": (
        "Make a task as for CVAT pictures; the pictures are in the order of time here. Then",
        "Actions > Upload annotations > CVAT 1.1: annotations.xml.",
        "frames.json says which number is which picture: put it beside the annotations.xml that",
        "comes back with Actions > Export task dataset > CVAT for video 1.1.",
    ),
    "label-studio": (
        "Make a project, paste config.xml under Settings > Labeling interface > Code, and import",
        "tasks.json. The server must run with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and",
        "the folder of this file as LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT, and the project needs",
        "the folder label-studio as local storage. `framesel push label-studio` does without.",
        "Take it back with Export > JSON.",
    ),
    "coco": (
        "annotations/instances_default.json lists the pictures of images/ and the guesses as",
        "annotations; guesses.json holds these with their confidence, as a COCO file of results.",
        "Take it back as a COCO file whose file names are the same.",
    ),
    "yolo": (
        "images/ and labels/: a text file holds guesses; a picture without one is not labelled.",
        "scores/ holds a confidence a line. data.yaml names no train and no val on purpose: nobody",
        "can train on unreviewed guesses by accident. Write an empty file where nothing is there.",
        "Take back the folder with its labels/ corrected.",
    ),
    "voc": (
        "JPEGImages/, and Annotations/ with the guesses. Take back the folder: a picture that has",
        "an XML file counts as reviewed, a picture without one does not.",
    ),
    "kitti": (
        "image_2/, and label_2/ with the guesses. Take back the folder: a picture that has a text",
        "file counts as reviewed, a picture without one does not.",
    ),
    "labelbox": (
        "In Python with Labelbox's SDK, in this folder: dataset.create_data_rows with the rows of",
        "data_rows.json uploads the pictures, by rank; MALPredictionImport takes the guesses of",
        "annotations.ndjson; ontology.json has the classes. Take it back as an NDJSON export (v2).",
    ),
    "fiftyone": (
        "data/ and labels.json: in Python, fiftyone.Dataset.from_dir(dataset_dir=this folder,",
        "dataset_type=fiftyone.types.FiftyOneImageDetectionDataset). samples.ndjson has each",
        "picture's rank and reason. Export it the same way.",
    ),
    "csv": (
        "frames.csv lists the frames by rank with the reason for each; boxes.csv the guesses.",
        "Take back a boxes.csv: a frame in which there is nothing has one row with an empty label.",
        "Empty the column source of guesses that you looked at.",
    ),
}
"""Of each format, what to do with it where the pictures are to be labelled."""


def instructions(handed: Handed, formats: Sequence[Format], workspace: Path) -> str:
    """The text of a ``README.txt``.

    Args:
        handed: What was exported.
        formats: That were written.
        workspace: Where labels go back to.
    """
    told = handed.told
    made = told["pictures"] + told["context"] - told["missing"]
    head = [
        told["title"],
        f"Handover {handed.no}: {made} pictures, {told['context']} of them context that is not to "
        "be labelled."
        if told["context"]
        else f"Handover {handed.no}: {made} pictures.",
        "A picture has the same name in every format; the name says which frame it is. Keep it.",
    ]
    if told["hidden"]:
        names = ", ".join(told["hidden"]["classes"])
        head.append(f"Hidden as far as a detector found it: {names}. Look before you pass it on.")
    parts = ["\n".join(head)]
    parts += [_of(one, told["purpose"] == "train") for one in formats]
    if told["purpose"] == "label":
        parts.append(f"When it is labelled:\n  framesel labels import {workspace.name} FILE")
    return "\n\n".join(parts) + "\n"


def _of(one: Format, train: bool) -> str:
    lines = (f"a dataset to train with: {one.says}.",) if train else LABEL[one.name]
    return f"{one.name}/\n" + "\n".join(f"  {line}" for line in lines)
