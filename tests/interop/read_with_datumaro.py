"""Prints what datumaro reads in a folder: subset/name of each picture and its boxes.

Run in the environment of the readers: ``read_with_datumaro.py FORMAT FOLDER [FORMAT FOLDER …]``.
"""

import json
import sys
from typing import Any

from datumaro import AnnotationType, Dataset


def boxes_in(form: str, folder: str) -> dict[str, list[Any]]:
    """The boxes of each picture, by subset and name without extension."""
    data = Dataset.import_from(folder, form)
    names = [label.name for label in data.categories()[AnnotationType.label]]
    found: dict[str, list[Any]] = {}
    for item in data:
        boxes = [
            one
            for one in item.annotations
            if one.type == AnnotationType.bbox and not one.attributes.get("outside")
        ]
        found[f"{item.subset}/{item.id}"] = [[names[b.label], *b.points] for b in boxes]
    return found


if __name__ == "__main__":
    asked = sys.argv[1:]
    print(json.dumps([boxes_in(*pair) for pair in zip(asked[::2], asked[1::2], strict=True)]))
