"""Picks as a reviewer left them: what was said is replayed over what a strategy chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framesel import tables
from framesel.rounds.decision import Key
from framesel.rounds.verdicts import Verdicts


@dataclass(frozen=True)
class _Place:
    """A row of the reviewed list."""

    key: Key
    row: int
    """In the table of everything that may be on the list."""
    replacement: bool = False


def reviewed(picks: pa.Table, verdicts: Verdicts) -> pa.Table:
    """Replays what was said over a strategy's picks.

    Rejected picks are out; a rejected pick's replacement stands at its rank, or the replacement's
    replacement if that was rejected too. Pinned frames come first, in the order of pinning.

    Args:
        picks: As ``tables.SELECTION`` says, by rank.
        verdicts: What stands.

    Returns:
        The same columns, ranked anew from 1, and those of ``tables.REVIEWED``.
    """
    enter = [*verdicts.pinned.values(), *verdicts.replacements.values()]
    known = pa.concat_tables([picks, pa.Table.from_pylist(enter, schema=picks.schema)])
    places = _places(_keys(known), picks.num_rows, verdicts)
    found = known.take(pa.array([p.row for p in places], pa.int64()))
    ranks = pa.array(range(1, len(places) + 1), tables.SELECTION.field("rank").type)
    found = found.set_column(found.schema.get_field_index("rank"), "rank", ranks)
    columns = {
        "verdict": [_verdict(p, verdicts) for p in places],
        "tags": [list(verdicts.tags.get(p.key, ())) for p in places],
    }
    for field in tables.REVIEWED:
        found = found.append_column(field, pa.array(columns[field.name], field.type))
    return found.replace_schema_metadata(picks.schema.metadata)


def _keys(table: pa.Table) -> list[Key]:
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))


def _places(known: list[Key], chosen: int, verdicts: Verdicts) -> list[_Place]:
    """The list in order; a frame is on it once.

    Args:
        known: Keys of the picks, then of the pinned frames and the replacements.
        chosen: How many of them are the strategy's picks.
        verdicts: What stands.
    """
    row_of = {key: row for row, key in reversed(list(enumerate(known)))}
    pinned = [_Place(key, row_of[key]) for key in verdicts.pinned]
    stay = [key for key in known[:chosen] if key not in verdicts.rejected]
    used = {*verdicts.pinned, *stay}
    listed = []
    for key in known[:chosen]:
        if key in verdicts.rejected:
            entered = _in_place_of(key, verdicts, used)
            if entered is not None:
                used.add(entered)
                listed.append(_Place(entered, row_of[entered], replacement=True))
        elif key not in verdicts.pinned:
            listed.append(_Place(key, row_of[key]))
    return [*pinned, *listed]


def _in_place_of(key: Key, verdicts: Verdicts, used: set[Key]) -> Key | None:
    """Who takes a rejected frame's place; None: nobody, or one who is on the list already."""
    seen = {key}
    while key in verdicts.rejected:
        row = verdicts.replacements.get(key)
        if row is None:
            return None
        key = (row["video_no"], row["pts"])
        if key in seen:
            return None
        seen.add(key)
    return None if key in used else key


def _verdict(place: _Place, verdicts: Verdicts) -> str:
    if place.key in verdicts.pinned:
        return "pinned"
    if place.key in verdicts.kept:
        return "kept"
    return "replacement" if place.replacement else ""


def unheard(heard: Verdicts, now: Verdicts) -> list[str]:
    """What replaying cannot honour: a selection that has not heard it must be made anew.

    Args:
        heard: What a selection had seen when it was made.
        now: What stands.

    Returns:
        Why, for a person; nothing if replaying honours all.
    """
    unpinned = set(heard.pinned) - set(now.pinned) - now.rejected
    told = {
        "said that {} no duplicate": now.not_duplicates - heard.not_duplicates,
        "took back that {} no duplicate": heard.not_duplicates - now.not_duplicates,
        "took back the rejection of {}": heard.rejected - now.rejected,
        "took back the pin of {}": unpinned,
    }
    return [f"you {_said(text, len(keys))}" for text, keys in told.items() if keys]


def _said(text: str, count: int) -> str:
    if "duplicate" not in text:
        return text.format("a frame" if count == 1 else f"{count} frames")
    many = text.format(f"{count} frames are").replace("no duplicate", "no duplicates")
    return text.format("a frame is") if count == 1 else many


def shaping(verdicts: Verdicts) -> Mapping[str, Any]:
    """What of all that was said shapes a selection, for its digest; empty if nothing does."""
    told: dict[str, Iterable[Key]] = {
        "rejected": sorted(verdicts.rejected),
        "pinned": verdicts.pinned,
        "kept": sorted(verdicts.kept),
        "not_duplicates": sorted(verdicts.not_duplicates),
    }
    return {name: list(keys) for name, keys in told.items() if keys}
