"""How others call the parts of a dataset."""

from __future__ import annotations

import re

WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def split_word(text: str) -> str:
    """``train``, ``val`` or ``test`` if a name says so, with a year or not; else empty.

    ``instances_val2017`` and ``valid`` are ``val``; ``default`` is none of them.
    """
    last = re.split(r"[_\-. ]", text.lower())[-1]
    return WORDS.get(re.sub(r"[0-9]+$", "", last), "")
