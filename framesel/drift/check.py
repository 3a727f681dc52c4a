"""`framesel drift`: looks, compares, and takes up what is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framesel import planning
from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.drift.compare import compare
from framesel.drift.drawing import draw
from framesel.drift.drift import Drift
from framesel.drift.footage import Both
from framesel.drift.looking import folder, look
from framesel.drift.newness import new_videos
from framesel.drift.reading import read
from framesel.drift.regions import regions
from framesel.drift.weights import density_ratio
from framesel.errors import UsageError, WorkspaceError
from framesel.exporting import last_recipe
from framesel.pipeline import Watch
from framesel.recipe import Recipe
from framesel.runners.runner import RunnerOf
from framesel.sources import absolute
from framesel.stages.density_file import write_density
from framesel.workspace import Workspace, write_bytes, write_json


@dataclass(frozen=True)
class Asked:
    """How new footage is to be compared.

    Attributes:
        alpha: How often footage that has not changed may be called changed.
        permutations: Arrangements beside the real one.
        seed: Of what is drawn.
    """

    alpha: float = 0.05
    permutations: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"--alpha {self.alpha:g}: give a rate between 0 and 1, such as 0.05")
        if self.permutations * self.alpha < 1 - self.alpha:
            least = int((1 - self.alpha) / self.alpha) + 1
            raise UsageError(
                f"--permutations {self.permutations}: no p-value can reach {self.alpha:g}; "
                f"give {least} or more"
            )


@dataclass(frozen=True, eq=False)
class Checked:
    """A comparison and where it lies.

    Attributes:
        drift: What was found.
        both: The footage.
        folder: With ``report.json`` and ``drift.png``, and ``density.parquet`` once it is accepted.
    """

    drift: Drift
    both: Both
    folder: Path


def check(
    workspace: Workspace,
    sources: Sequence[str],
    asked: Asked,
    watch: Watch,
    runner: RunnerOf | None = None,
) -> Checked:
    """Compares new footage with that of a workspace.

    Videos of the new footage that are in the workspace too are not known to it here: what was
    accepted before can be compared again.

    Args:
        workspace: With a finished run.
        sources: The new footage, as a user names it.
        asked: How.
        watch: Who is told.
        runner: Makes a runner; None: as the recipe says.

    Raises:
        UsageError: The sources name nothing.
        WorkspaceError: Nothing else is known, or tables are not there yet.
        StageError: None of the new footage can be opened.
    """
    recipe = last_recipe(workspace)
    new = look(workspace, recipe, sources, watch, runner)
    catalog = Catalog(workspace)
    held = {str(catalog.videos[v]["digest"]) for v in catalog.live}
    if held <= set(new.digests):
        raise WorkspaceError(
            f"{workspace.root} holds no other video than these: there is nothing to compare with"
        )
    both = Both(read(workspace, recipe, new.digests), new)
    compared = compare(both, asked.alpha, asked.permutations, asked.seed)
    drift = Drift(
        compared,
        (len(both.known.names), len(both.known)),
        (len(new.names), len(new)),
        len(held & set(new.digests)),
        new_videos(both),
        regions(both, compared, asked.seed),
    )
    where = folder(workspace) / _key(workspace, both, recipe, asked)
    write_bytes(where / "drift.png", draw(both, compared, drift.videos))
    write_json(where / "report.json", drift.json())
    return Checked(drift, both, where)


def accept(workspace: Workspace, checked: Checked, sources: Sequence[str]) -> Path | None:
    """Makes new footage part of a workspace, and lets the next picks come from what is new in it.

    The videos are added to the sources. Unless they could not be told apart from what is known,
    a density is written and ``selection.density`` of the workspace's recipe names it.

    Args:
        workspace: Takes them up with its next run.
        checked: What was found.
        sources: As a user named them.

    Returns:
        The density; None where all frames count alike.

    Raises:
        WorkspaceError: It does not remember where its own videos are.
    """
    path = workspace.root / "sources.json"
    if not path.exists():
        raise WorkspaceError(
            f"{path} is missing, and the next run would see the new videos alone: name all of them "
            f"once, `framesel run VIDEOS NEW_VIDEOS --workspace {workspace.root}`"
        )
    before = json.loads(path.read_text("utf-8"))
    added = [str(absolute(source)) for source in sources]
    write_json(path, list(dict.fromkeys([*before, *added])))
    if checked.drift.compared.verdict == "not told apart":
        return None
    both = checked.both
    digests = (*both.known.digests, *both.new.digests)
    density = checked.folder / "density.parquet"
    pts = [*both.known.pts.tolist(), *both.new.pts.tolist()]
    videos = [digests[v] for v in both.video.tolist()]
    write_density(density, videos, pts, density_ratio(both))
    recipe = recipes.load(workspace.recipe)
    selection = recipe.selection.model_copy(update={"density": str(density)})
    changed = recipe.model_copy(update={"selection": selection})
    write_bytes(workspace.recipe, changed.to_yaml(workspace.root).encode("utf-8"))
    return density


def _key(workspace: Workspace, both: Both, recipe: Recipe, asked: Asked) -> str:
    """Eight hex digits that change with the footage, how it is looked at, and how compared."""
    looked = ("frames", "embeddings", "detections")
    text = json.dumps(
        [
            sorted(both.known.digests),
            sorted(both.new.digests),
            [step.key for step in planning.plan(workspace, recipe) if step.name in looked],
            [asked.alpha, asked.permutations, asked.seed],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]
