"""A split of a workspace's labelled frames that somebody else made, as a CSV of names."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from framesel.annotation.split_words import split_word
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.labels.labels import Key
from framesel.splitting.labelled import Labelled
from framesel.splitting.split import HOLDOUT
from framesel.stages.export import picture_name
from framesel.workspace import Workspace

RANKED = re.compile(r"^\d{5,}-")
MOST_BYTES = 1 << 28


def named_split(path: Path, workspace: Workspace, labelled: Labelled) -> tuple[list[str], int]:
    """Reads which labelled frame is in which split.

    Columns ``name`` (of an exported picture, with or without folders and ending, or ``VIDEO_NO:
    PTS``) and ``split`` (train, val, test, holdout, and what others call these).

    Returns:
        n names of splits, empty for frames that the file does not name; and how many names of the
        file are of no labelled frame.

    Raises:
        UsageError: It is no such file, names a frame twice, or no labelled frame at all.
    """
    known, row_of = _names(workspace, labelled), {k: at for at, k in enumerate(labelled.keys)}
    split, strangers = [""] * len(labelled), 0
    for line, (name, word) in enumerate(_rows(path), 2):
        found = HOLDOUT if word.strip().lower() == HOLDOUT else split_word(word.strip())
        if not found:
            raise UsageError(f"{path}, line {line}: {word!r} is no split: write train, val or test")
        key = known.get(RANKED.sub("", name)) or known.get(name)
        if key is None:
            strangers += 1
            continue
        if split[row_of[key]] not in ("", found):
            raise UsageError(f"{path}, line {line}: {name!r} is in two splits")
        split[row_of[key]] = found
    if not any(split):
        raise UsageError(
            f"{path}: none of its {strangers:,} names is that of a labelled frame of "
            f"{workspace.root}; write names of exported pictures, or VIDEO_NO:PTS"
        )
    return split, strangers


def _names(workspace: Workspace, labelled: Labelled) -> dict[str, Key]:
    """How each labelled frame may be called."""
    videos, frames = Catalog(workspace).videos, labelled.frames
    found: dict[str, Key] = {}
    for key, t_s in zip(labelled.keys, frames.t_s.tolist(), strict=True):
        name = picture_name(Path(videos[key[0]]["path"]), *key, t_s, "jpg")
        found[name.removesuffix(".jpg")] = found[f"{key[0]}:{key[1]}"] = key
    return found


def _rows(path: Path) -> list[tuple[str, str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MB")
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if missing := {"name", "split"} - set(rows.fieldnames or ()):
                raise UsageError(f"{path} lacks the columns {', '.join(sorted(missing))}")
            return [(_stem(row["name"] or ""), row["split"] or "") for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from None


def _stem(name: str) -> str:
    """Without folders and the ending of a picture."""
    last = name.strip().replace("\\", "/").rpartition("/")[2]
    return re.sub(r"\.(jpe?g|png)$", "", last, flags=re.IGNORECASE)
