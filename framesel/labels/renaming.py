"""Labels under the present names of their classes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from framesel.labels.labels import Labels


def renamed(labels: Labels, rename: Mapping[str, str]) -> Labels:
    """The same labels with old names of classes replaced; all at once, so that two may swap.

    Args:
        labels: What was said.
        rename: Old names to present ones; a name that is not in it stays.
    """
    if not rename:
        return labels
    names = [rename.get(name, name) for name in labels.boxes["label"].to_pylist()]
    place = labels.boxes.schema.get_field_index("label")
    boxes = labels.boxes.set_column(place, "label", pa.array(names, pa.string()))
    classes = dict.fromkeys(rename.get(name, name) for name in labels.classes)
    return Labels(labels.frames, boxes, tuple(classes))
