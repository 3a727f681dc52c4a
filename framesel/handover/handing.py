"""Hands frames out: pictures, guesses and context in a numbered folder, written down for good.

A handover is made in a folder of another name, ``partial-IDENTITY``, which is renamed when it is
whole. A killed one is gone on with: pictures that are there are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel import chosen, exporting
from framesel.annotation.sheet import Box, Class
from framesel.catalog import Catalog
from framesel.disk import sweep
from framesel.errors import StageError, UsageError
from framesel.handover import pictures, privacy
from framesel.handover.guesses import Guesser, sheet_classes
from framesel.handover.handed import FORMAT, Handed, handovers
from framesel.handover.listing import Listed, Listing
from framesel.handover.pictures import Work
from framesel.handover.planned import Plan, Planned, shown
from framesel.handover.written import Row, write_tables
from framesel.report.view import View
from framesel.rounds import decisions, state
from framesel.runners.local import LocalRunner
from framesel.workspace import Workspace, sync, write_json

if TYPE_CHECKING:
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf

__all__ = ["Handed", "Wanted", "hand_over", "handovers"]


@dataclass(frozen=True)
class Wanted:
    """How frames are handed out.

    Attributes:
        guesses: Whether the detector's boxes go with frames that come without boxes.
        least: Lowest confidence of a guess.
        context: Sampled frames on each side that go with a frame, not to be labelled.
        blur: Classes of a detector whose objects nobody may see.
        blur_weights: That detector; None for the recipe's.
        ranked_names: Whether names begin with the rank, for tools that sort by name.
    """

    guesses: bool = True
    least: float = 0.25
    context: int = 0
    blur: tuple[str, ...] = ()
    blur_weights: str | None = None
    ranked_names: bool = False


def hand_over(
    workspace: Workspace,
    listing: Listing,
    wanted: Wanted,
    watch: Watch,
    runner: RunnerOf = LocalRunner,
) -> Handed:
    """Makes a handover, or finds the one that is the same. Takes the workspace's lock.

    Its pictures are made here, whatever runner the recipe names.

    Picks of the open round are exported first (``exporting``), so that both show the same.
    A handover that lacks pictures is tried again.

    Raises:
        UsageError: Nothing is listed, or what is wanted makes no sense here.
        StageError: Not one picture could be made.
        WorkspaceError: There was no run yet, or another framesel is working here.
    """
    if not listing.frames:
        raise UsageError(f"{workspace.root} has no frames of that kind to hand over")
    if wanted.context < 0 or not 0 <= wanted.least <= 1:
        raise UsageError("context must not be negative, and a confidence lies between 0 and 1")
    with workspace.locked():
        work = Work(workspace, exporting.last_recipe(workspace), watch, runner)
        if listing.what == "picks" and _is_latest(workspace, listing):
            this = exporting.exported_round(workspace)
            exporting.write(workspace, work.recipe, this, watch, runner)
        return _Handing(work, listing, wanted).handed()


def _is_latest(workspace: Workspace, listing: Listing) -> bool:
    known = [this.number for this in state.rounds(workspace) if this.selection is not None]
    return known[-1:] == [listing.round]


@dataclass(frozen=True)
class _Handing:
    """One handover while it is made."""

    work: Work
    listing: Listing
    wanted: Wanted

    def handed(self) -> Handed:
        old = [one for one in handovers(self.work.workspace) if one.identity == self.identity]
        if old and not old[-1].missing:
            return old[-1]
        partial = self._folder()
        errors = self._pictures(partial)
        made = sum((partial / "images" / one.name).exists() for one in self.planned)
        missing = len(self.planned) - made
        if not made:
            why = f": {errors[0]['path']}: {errors[0]['error']}" if errors else ""
            raise StageError(f"not one picture could be made{why}")
        if old and missing >= old[-1].missing:
            shutil.rmtree(partial)
            return old[-1]
        write_tables(partial, self._rows(), self._boxes)
        write_json(partial / "handover.json", self._told(missing, errors))
        return self._finished(partial)

    @cached_property
    def view(self) -> View | None:
        """The selection whose frames and detections count; None where nothing was chosen yet."""
        workspace = self.work.workspace
        if not chosen.selections(workspace):
            return None
        return View.of(workspace, None if self.listing.round is None else str(self.listing.round))

    @cached_property
    def planned(self) -> list[Planned]:
        """All pictures."""
        workspace, recipe = self.work.workspace, self.work.recipe
        if self.wanted.context and self.view is None:
            raise UsageError("context needs sampled frames: `framesel run` first")
        return Plan(
            Catalog(workspace).videos,
            recipe.export.format,
            decisions.verdicts(decisions.read(workspace)).blurs,
            self.wanted.context,
            self.view.frames if self.wanted.context and self.view is not None else None,
            self.wanted.ranked_names,
        ).of(self.listing.frames)

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """What may be drawn."""
        return sheet_classes(self.work.recipe, self.view, self.listing)

    @cached_property
    def guesser(self) -> Guesser | None:
        """Where the detector's boxes come from, if they are wanted and there are any."""
        if not self.wanted.guesses or self.view is None or not self.view.classes:
            return None
        return Guesser(self.view, self.classes, self.wanted.least)

    @cached_property
    def hiding(self) -> privacy.Hiding | None:
        """What is to be hidden, if anything."""
        return privacy.hiding(self.work.recipe, self.wanted.blur, self.wanted.blur_weights)

    @cached_property
    def identity(self) -> str:
        """A digest of all that shapes the handover."""
        videos = Catalog(self.work.workspace).videos
        guessed = None if self.guesser is None else self.guesser.view.keys["detections"]
        recipe = self.work.recipe.export
        about = {
            "what": [self.listing.what, self.listing.title, self.listing.round],
            "classes": [asdict(one) for one in self.classes],
            "guesses": [guessed, self.wanted.least] if self._guesses else None,
            "hiding": None if self.hiding is None else self.hiding.identity(),
            "encoding": [recipe.format, recipe.jpeg_quality],
            "videos": [videos[no]["digest"] for no in sorted({p.key[0] for p in self.planned})],
        }
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        for one in self.planned:
            told = [one.name, one.rank, one.context_of, one.blurs, asdict(one.frame)]
            digest.update(json.dumps(told, sort_keys=True).encode())
        return digest.hexdigest()[:16]

    @property
    def _guesses(self) -> bool:
        """Whether boxes go with what is to be labelled."""
        given = any(frame.boxes is not None for frame in self.listing.frames)
        return given or self.wanted.guesses

    def _folder(self) -> Path:
        """Where it is made; what killed handovers of other things left is removed."""
        home = self.work.workspace.handovers
        partial = home / f"partial-{self.identity}"
        for other in sorted(home.glob("partial-*")):
            if other != partial:
                shutil.rmtree(other)
        partial.mkdir(parents=True, exist_ok=True)
        return partial

    def _pictures(self, partial: Path) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = []
        plain = list(shown(self.planned, {}))
        if self.hiding is not None:
            hidden, errors = privacy.look(self.work, self.hiding, partial, plain)
            plain = [one for one in shown(self.planned, hidden) if one.plain in hidden]
        errors += pictures.make(self.work, partial / "made", plain)
        pictures.name_all(self.planned, partial / "made" / "images", partial / "images")
        self._blurs.update({one.plain: one.blurs for one in plain})
        return errors

    @cached_property
    def _blurs(self) -> dict[str, tuple[Any, ...]]:
        """What is hidden in the end, by plain name."""
        return {}

    def _rows(self) -> Iterator[Row]:
        catalog = Catalog(self.work.workspace)
        for one in self.planned:
            no = one.key[0]
            blurs = self._blurs.get(one.plain, one.blurs)
            yield Row(one, catalog.videos[no], catalog.short_names[no], blurs)

    def _boxes(self, frame: Listed, width: int, height: int) -> tuple[Box, ...]:
        if frame.boxes is not None:
            return frame.boxes
        return () if self.guesser is None else self.guesser.of(frame, width, height)

    def _told(self, missing: int, errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
        asked = {**asdict(self.wanted), "blur_weights": None}
        return {
            "format": FORMAT,
            "identity": self.identity,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "what": self.listing.what,
            "title": self.listing.title,
            "purpose": self.listing.purpose,
            "round": self.listing.round,
            "classes": [asdict(one) for one in self.classes],
            "guesses": self._guesses,
            "wanted": asked,
            "hidden": None if self.hiding is None else self.hiding.identity(),
            "pictures": sum(1 for one in self.planned if one.rank),
            "context": sum(1 for one in self.planned if not one.rank),
            "missing": missing,
            "errors": [{k: e[k] for k in ("video_no", "path", "error")} for e in errors],
        }

    def _finished(self, partial: Path) -> Handed:
        for rest in ("made", "hidden"):
            shutil.rmtree(partial / rest, ignore_errors=True)
        sweep(partial)
        known = handovers(self.work.workspace)
        number = known[-1].no + 1 if known else 1
        folder = self.work.workspace.handover(number)
        partial.rename(folder)
        sync(folder.parent)
        return Handed(number, folder)
