"""Run in the environment of Label Studio: what its own validator says of tasks.

    validate_label_studio.py FOLDER...

Each folder holds config.xml and tasks.json. Prints a JSON list with an object for each: the
validator's errors, the names of the classes, how many predictions and annotations were looked at.
"""

import json
import sys
from pathlib import Path
from typing import Any

from label_studio_sdk.label_interface import LabelInterface


def looked_at(folder: Path) -> dict[str, Any]:
    interface = LabelInterface((folder / "config.xml").read_text("utf-8"))
    interface.validate()
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    predictions = [one for task in tasks for one in task.get("predictions", [])]
    annotations = [one for task in tasks for one in task.get("annotations", [])]
    errors = []
    for prediction in predictions:
        errors += interface.validate_prediction(prediction, return_errors=True)
    errors += [f"refused: {a}" for a in annotations if not interface.validate_annotation(a)]
    return {
        "errors": errors,
        "labels": list(interface.get_control("label").labels),
        "predictions": len(predictions),
        "annotations": len(annotations),
    }


print(json.dumps([looked_at(Path(name)) for name in sys.argv[1:]]))
